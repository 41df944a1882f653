#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bqd as its users meet it: options, readiness, nc, signals, standard input,
# passed sockets, few descriptors.
. "$(dirname "$0")/lib.sh"

# refuses WORDS OPTION..: exit 2 and a reason with these words.
refuses() {
	words=$1
	shift
	status=0
	"$bqd" "$@" >"$tmp/out" 2>&1 </dev/null || status=$?
	[ "$status" -eq 2 ] && grep -qF -- "$words" "$tmp/out" || fail "bqd $*: exit $status, $(cat "$tmp/out")"
}

mkdir "$tmp/docs"
echo "red apples" >"$tmp/docs/a.txt"
printf '{"text":"%s"}\n' pears "pears and two more" "pears and many more words here" >"$tmp/docs/r.jsonl"
printf '{"text":"%s"}\n' "pears here" "pears and three more words" >"$tmp/docs/s.jsonl"
"$bqindex" build --progress never -o "$tmp/index" "$tmp/docs" >/dev/null 2>&1

# What it does not take, it says.
refuses "--colour" --colour red
refuses "search" search
refuses "--http is not in this version" --http 127.0.0.1:80
refuses "--listen needs --auth-file" --listen 127.0.0.1:0
refuses "a number from 1 to 256" --workers 0
refuses "needs a value" --workers
refuses "octal" --socket-mode 999
refuses "shards are given as host:port" --socket "$tmp/s" --index xapian+tcp://127.0.0.1
refuses "/nonexistent" --socket "$tmp/s" --index xapian:/nonexistent
refuses "/nonexistent" --socket "$tmp/s" --index /nonexistent
refuses "sockets must be passed" --systemd
refuses "no such group" --socket "$tmp/s" --index "$tmp/index" --socket-group no-such-group-here
[ ! -e "$tmp/s" ] && [ ! -e "$tmp/s.pid" ] || fail "a start that failed left something"
"$bqd" --help | grep -q -- --idle-exit || fail "--help"
"$bqd" --version | grep -q BQP/1 || fail "--version"

# Ready, answering, one of its kind, told to stop.
start --index "$tmp/index"
grep -q "gen=1$" "$tmp/log" || fail "no generation"
expect '#0 HIT {"r":1,' "$(ask 'SEARCH apples\n')"
expect "\"path\":\"$tmp/docs/a.txt\"" "$(ask 'SEARCH apples\n')"
expect '"code":"unknown_verb"' "$(ask 'FROB\n')"
[ "$(ask '#1 PING\n#2 PING\n#3 COUNT red\nQUIT\nPING\n' | wc -l)" -eq 4 ] || fail "one line each, none after QUIT"
head -c 70000 /dev/zero | tr '\0' x >"$tmp/long"
printf '\nPING\n' >>"$tmp/long"
expect '"code":"line_too_long"' "$(nc -N -U "$tmp/s" <"$tmp/long")"
expect '* BYE {"code":"bad_request"' "$(ask 'GET / HTTP/1.1\r\n\r\n')"
cp -r "$tmp/index" "$tmp/broken"
for seg in "$tmp"/broken/*.seg; do echo x >>"$seg"; done
refuses "$tmp/broken: 0" --socket "$tmp/s2" --index "$tmp/broken"
refuses "another daemon serves it" --socket "$tmp/s" --index "$tmp/index"
expect '#0 OK {}' "$(ask 'PING\n')"
[ "$(stat -c %a "$tmp/s")" = 600 ] || fail "mode $(stat -c %a "$tmp/s")"

# A file that changed or went is told of.
echo "red apples, more" >"$tmp/docs/a.txt"
expect '"stale":true' "$(ask 'SEARCH apples\n')"
mv "$tmp/docs/a.txt" "$tmp/docs/b.txt"
expect '"gone":true' "$(ask 'SEARCH apples\n')"

# Also of files whose records come one after the other, or by turns.
told() { ask 'SEARCH pears\n' | grep HIT | sed -E 's/.*docs.(.).jsonl"(,"([a-z]+)":true)?.*/\1\3/' | tr '\n' ' '; }
[ "$(told)" = "r s r s r " ] || fail "records: $(told)"
echo >>"$tmp/docs/r.jsonl"
[ "$(told)" = "rstale s rstale s rstale " ] || fail "one file changed: $(told)"
rm "$tmp/docs/s.jsonl"
[ "$(told)" = "rstale sgone rstale sgone rstale " ] || fail "one file gone: $(told)"

# What bqindex has published, the next request sees; a rebuilt index, too.
for n in 1 2 3 4 5; do
	echo "pear$n" >"$tmp/docs/p$n.txt"
	"$bqindex" build --progress never -o "$tmp/index" "$tmp/docs" >/dev/null 2>&1
	expect '"total":1,' "$(ask "COUNT pear$n\n")"
done
rm -r "$tmp/index"
expect '"total":1,' "$(ask 'COUNT pear1\n')"
"$bqindex" build --progress never -o "$tmp/index" "$tmp/docs" >/dev/null 2>&1
expect '"gen":1' "$(ask 'COUNT pear1\n')"
kill -HUP "$daemon"
expect '#0 OK {}' "$(ask 'PING\n')"
stop

# Told twice, it does not wait for those who do not read.
start --index "$tmp/index"
mkfifo "$tmp/open"
nc -U "$tmp/s" <"$tmp/open" >"$tmp/idle" 2>/dev/null &
idle=$!
exec 3>"$tmp/open"
await grep -q HELLO "$tmp/idle" || fail "no connection"
kill "$daemon"
kill "$daemon" 2>/dev/null || true
status=0
wait "$daemon" || status=$?
daemon=
exec 3>&-
kill "$idle" 2>/dev/null || true
[ "$status" -le 1 ] || fail "told twice: exit $status"

# Killed, it leaves a socket; the next one takes it over.
start --index "$tmp/index"
kill -9 "$daemon"
wait "$daemon" 2>/dev/null || true
[ -S "$tmp/s" ] || fail "the socket should be there still"
start --index "$tmp/index" --socket-mode 660
[ "$(stat -c %a "$tmp/s")" = 660 ] || fail "mode $(stat -c %a "$tmp/s")"
expect '#0 OK {}' "$(ask 'SHUTDOWN\n')"
gone 0

# Standard input and output are a connection: files, pipes, half-close.
printf 'COUNT red\nSEARCH pear1\n' >"$tmp/in"
"$bqd" --stdio --index "$tmp/index" <"$tmp/in" >"$tmp/out" 2>"$tmp/log" || fail "--stdio: exit $?"
grep -q '^\* HELLO' "$tmp/out" && grep -q '^#0 END {"total":1' "$tmp/out" && grep -q '^#0 HIT' "$tmp/out" ||
	fail "--stdio: $(cat "$tmp/out")"
grep -q "ready socket=- gen=1" "$tmp/log" || fail "--stdio: not ready"

# The default socket, its directory, and the config file's indexes.
mkdir -p "$tmp/config/bq"
printf '[index.fruit]\npath = %s\n' "$tmp/index" >"$tmp/config/bq/config.ini"
: >"$tmp/log"
"$bqd" 2>>"$tmp/log" &
daemon=$!
await grep -q "ready socket=$tmp/run/bq/bqd.sock gen=1" "$tmp/log" || fail "no default socket"
[ "$(stat -c %a "$tmp/run/bq")" = 700 ] || fail "its directory is too open"
expect '"index":"fruit"' "$(printf 'SEARCH pear1\n' | nc -N -U "$tmp/run/bq/bqd.sock")"
kill "$daemon"
wait "$daemon" || fail "told to stop: $?"
"$bqd" --idle-exit 1 2>>"$tmp/log" || fail "idle exit: $?" # by itself
daemon=
[ ! -e "$tmp/run/bq/bqd.sock" ] || fail "idle exit leaves the socket"

# Few descriptors: it goes on, and does not spin.
start --index "$tmp/index"
prlimit --pid "$daemon" --nofile=24
began=$(date +%s)
pids=
for n in $(seq 40); do
	nc -U "$tmp/s" </dev/zero >/dev/null 2>&1 &
	pids="$pids $!"
done
await grep -q "resting_ms=100" "$tmp/log" || fail "not out of descriptors"
# shellcheck disable=SC2086
kill $pids 2>/dev/null || true # some may have been closed by now
pids=
expect '"total":1,' "$(ask 'COUNT pear1\n')"
[ "$(grep -c resting_ms "$tmp/log")" -le $((10 * ($(date +%s) - began + 2))) ] || fail "it spins"
stop
