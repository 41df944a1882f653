#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The daemon that a first search starts: exactly one, ours alone, with nothing
# of its parent's, found again, stopped, replaced when it was killed.
set -eu
tmp=$(mktemp -d)
bq=$BQ_BINARY_DIR/client/bq
export HOME="$tmp" XDG_RUNTIME_DIR="$tmp/run"
unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME BQ_SOCKET BQ_AUTOSTART 2>/dev/null || true
mkdir -m 700 "$tmp/run"
cleanup() {
	for s in "$tmp"/run/bq/*.sock "$tmp"/.local/state/bq/*.sock "$tmp"/own/*.sock; do
		[ ! -S "$s" ] || "$bq" --socket "$s" stop >/dev/null 2>&1 || true
	done
	rm -rf "$tmp"
}
trap cleanup EXIT
cd "$tmp"

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

pid_of() { "$bq" "$@" status | sed -n 's/^pid: //p'; }

mkdir docs more
echo "one document about biometric data" >docs/a.txt
echo "another document about weather" >more/b.txt
"$bq" index docs >out 2>&1 || fail "index: $(cat out)"

# ---- twenty first clients, one daemon, all answered
i=0
while [ $i -lt 20 ]; do
	"$bq" biometric >"out.$i" 2>"err.$i" &
	i=$((i + 1))
done
wait
i=0
while [ $i -lt 20 ]; do
	grep -q "^docs/a.txt:1:20:" "out.$i" || fail "client $i: $(cat "out.$i" "err.$i")"
	i=$((i + 1))
done
pid=$(pid_of)
[ -n "$pid" ] || fail "no daemon answers"
n=0
for p in /proc/[0-9]*; do
	if { tr '\0' ' ' <"$p/cmdline"; } 2>/dev/null | grep -q "bqd --socket $tmp/run/bq/bqd.sock"; then n=$((n + 1)); fi
done
[ "$n" -eq 1 ] || fail "$n daemons"

# ---- the daemon has its own session, and no descriptor of ours
[ "$(stat -c %a run/bq)" = 700 ] || fail "the directory of the socket is open to others"
[ "$(stat -c %a run/bq/bqd.sock)" = 600 ] || fail "the socket is open to others"
[ "$(awk '{print $6}' "/proc/$pid/stat")" = "$pid" ] || fail "the daemon is in our session"
"$bq" stop
exec 7>held
"$bq" biometric | cat >out # ends only when the daemon does not hold the pipe
exec 7>&-
pid=$(pid_of)
for fd in "/proc/$pid/fd"/*; do
	case $(readlink "$fd") in
	"$tmp/held" | "$tmp/out" | "$tmp/run/bq/bqd.sock.lock") fail "the daemon holds $(readlink "$fd")" ;;
	esac
done

# ---- a second index: the running daemon learns of it
"$bq" index more >out 2>&1 || fail "index more: $(cat out)"
[ "$(pid_of)" = "$pid" ] || fail "the daemon was replaced, not reloaded"
"$bq" -l document | sort >out
[ "$(tr '\n' ' ' <out)" = "docs/a.txt more/b.txt " ] || fail "two indexes: $(cat out)"
[ "$("$bq" -i more -l document)" = more/b.txt ] || fail "-i more"
[ "$("$bq" -i docs -i more -c document)" = 2 ] || fail "-i docs -i more"
# the same name from elsewhere gets a suffix, the same directory does not
mkdir -p x/docs
echo "a third document" >x/docs/c.txt
"$bq" index x/docs >out 2>&1 || fail "index x/docs: $(cat out)"
grep -q '^\[index\.docs-2\]$' .config/bq/config.ini || fail "no suffix: $(cat .config/bq/config.ini)"
echo "a new document" >docs/d.txt
"$bq" index docs >out 2>&1 || fail "index docs again: $(cat out)"
"$bq" index docs ./docs >out 2>&1 || fail "index docs twice: $(cat out)" # named twice is once
[ "$(grep -c '^\[index' .config/bq/config.ini)" -eq 3 ] || fail "recorded twice: $(cat .config/bq/config.ini)"
[ "$("$bq" -c document)" = 4 ] || fail "update: $("$bq" -l document)"

# ---- a directory has a daemon of its own
"$BQ_BINARY_DIR/indexer/bqindex" build -o alone more >out 2>&1 || fail "bqindex: $(cat out)"
[ "$("$bq" -i ./alone -l document)" = more/b.txt ] || fail "-i ./alone"
[ "$("$bq" -i "$tmp/alone" -c document)" = 1 ] || fail "-i /alone"
[ "$(pid_of -i ./alone)" != "$pid" ] || fail "-i DIR asked the default daemon"
[ "$(ls run/bq/i-*.sock | wc -l)" -eq 1 ] || fail "one directory, several sockets: $(ls run/bq)"
"$bq" -i ./alone stop

# ---- a socket of one's own, with an index and with another
mkdir -m 700 own
[ "$(BQ_SOCKET=$tmp/own/s.sock "$bq" -i ./alone -c document)" = 1 ] || fail "BQ_SOCKET with -i DIR"
got=0
BQ_SOCKET=$tmp/own/s.sock "$bq" -i ./docs document >out 2>err || got=$?
[ $got -eq 2 ] && grep -q "does not serve" err || fail "a daemon that does not serve the index: $got $(cat err)"
BQ_SOCKET=$tmp/own/s.sock "$bq" stop

# ---- killed without a word: the next search starts another
kill -9 "$pid"
# Gone, or waiting for somebody to ask how it ended: not every first process does.
while grep -qs '^State:[[:space:]]*[^ZX]' "/proc/$pid/status"; do sleep 0.05; done
"$bq" biometric >out 2>err || fail "after kill -9: $(cat err)"
[ "$(pid_of)" != "$pid" ] || fail "the dead answer"
"$bq" stop

# ---- told not to
for how in "env BQ_AUTOSTART=0 $bq" "$bq --no-autostart"; do
	got=0
	$how biometric >out 2>err || got=$?
	[ $got -eq 2 ] && grep -q "no daemon" err || fail "$how: $got $(cat err)"
done
[ ! -S run/bq/bqd.sock ] || fail "started all the same"

# ---- a daemon that cannot start says why
mv .local/share/bq/docs/MANIFEST saved
got=0
"$bq" -i ./.local/share/bq/docs biometric >out 2>err || got=$?
[ $got -eq 2 ] && grep -q "MANIFEST" err || fail "a broken index: $got $(cat err)"
mv saved .local/share/bq/docs/MANIFEST

# ---- a runtime directory that others can write to is not used; nor is an open state directory
chmod 777 run
"$bq" biometric >out 2>err || fail "fallback: $(cat err)"
[ -S .local/state/bq/bqd.sock ] || fail "no socket in the state directory"
"$bq" stop
chmod 755 .local/state/bq
got=0
"$bq" biometric >out 2>err || got=$?
[ $got -eq 2 ] && grep -q "chmod 700" err || fail "an open state directory: $got $(cat err)"
