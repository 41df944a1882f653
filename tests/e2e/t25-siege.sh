#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bqd where it is tight: daemons that race for a socket, paths at the limit, few
# descriptors, told to stop under load.
. "$(dirname "$0")/lib.sh"

mkdir "$tmp/docs"
for n in $(seq 50); do
	seq -f "red apple$n of %g" 500 >"$tmp/docs/$n.txt"
done
"$bqindex" build --progress never -o "$tmp/index" "$tmp/docs" >/dev/null 2>&1

# Of three that start at once exactly one serves, and the others say why they do
# not; a socket that nobody listens at does not help any of them.
# One may be late.  The logs of the round before go first: their losers are not
# this round's, and a winner stopped before all have come would be followed by
# another.
for round in $(seq 50); do
	racers=
	rm -f "$tmp"/log?
	for n in 1 2 3; do
		{
			[ "$n" -ne $((round % 12)) ] || sleep 0.2
			exec "$bqd" --socket "$tmp/s" 2>"$tmp/log$n"
		} &
		racers="$racers $!"
		pids=$racers
	done
	losers() { [ "$(cat "$tmp"/log? 2>/dev/null | grep -c "another daemon serves it")" -eq 2 ]; }
	await losers || fail "round $round: not one winner"
	await grep -qs "^bqd: ready" "$tmp/log1" "$tmp/log2" "$tmp/log3" || fail "round $round: nobody serves"
	winner=$(ask 'STATUS\n' | sed -n 's/.*"pid":\([0-9]*\),.*/\1/p')
	case " $racers " in *" $winner "*) ;; *) fail "round $round: $winner answers" ;; esac
	if [ $((round % 5)) -eq 0 ]; then
		kill -9 "$winner"
	else
		kill "$winner"
	fi
	statuses=
	for racer in $racers; do
		status=0
		wait "$racer" || status=$?
		statuses="$statuses $status"
	done
	pids=
	case $(echo "$statuses" | tr ' ' '\n' | sort -n | tr '\n' ' ') in
	" 0 2 2 " | " 2 2 137 ") ;;
	*) fail "round $round: exits$statuses" ;;
	esac
done
rm -f "$tmp"/log? "$tmp/s" "$tmp/s.pid"

# 107 bytes are a path, 108 are too many; no shorter one is served instead.
long=$tmp/$(printf "%0$((106 - ${#tmp}))d" 0)
: >"$tmp/log"
"$bqd" --socket "$long" 2>"$tmp/log" &
pids=$!
await grep -q "^bqd: ready socket=$long gen=" "$tmp/log" || fail "107 bytes are not served"
[ -S "$long" ] || fail "no socket of 107 bytes"
kill "$pids"
wait "$pids" || fail "exit $?"
pids=
status=0
"$bqd" --socket "${long}x" 2>"$tmp/log" || status=$?
[ "$status" -eq 2 ] && grep -q "at most 107 bytes, this one has 108" "$tmp/log" || fail "108 bytes: exit $status"
[ ! -e "$long" ] && [ ! -e "${long}x" ] || fail "a socket for 108 bytes"

# With 40 descriptors some are kept: those over the limit are told so, and a new
# generation still opens.
under="prlimit --nofile=40"
start --index "$tmp/index"
under=
grep -q "connections max=8 wanted=256 descriptors=40" "$tmp/log" || fail "no word about descriptors"
for n in $(seq 12); do
	nc -U "$tmp/s" </dev/null >"$tmp/peer$n" 2>/dev/null &
	pids="$pids $!"
done
full() { [ "$(cat "$tmp"/peer* | grep -c '^\* HELLO')" -eq 8 ] && [ "$(cat "$tmp"/peer* | grep -c '^\* BYE {"code":"unavailable"')" -eq 4 ]; }
await full || fail "not 8 in and 4 out: $(cut -c 1-60 "$tmp"/peer*)"
grep -q '"connections":8,' "$tmp"/peer* || fail "the limit is not announced"
echo plum >"$tmp/docs/plum.txt"
"$bqindex" build --progress never -o "$tmp/index" "$tmp/docs" >/dev/null 2>&1
kill -HUP "$daemon"
await grep -q "loaded gen=2" "$tmp/log" || fail "no new generation"
# shellcheck disable=SC2086
kill $pids 2>/dev/null || true
seen() { case $(ask 'COUNT plum\n') in '#0 END {"total":1,'*) ;; *) false ;; esac; }
await seen || fail "no room after others left"
pids=
stop

# Told to stop under load: who was asked something answers or says BYE.
start --index "$tmp/index"
for n in 1 2 3 4 5 6; do
	while printf '#1 SEARCH @limit=50 red apple*\n#2 COUNT apple1\nSEARCH "of 7"\n' | nc -N -U "$tmp/s" 2>/dev/null; do
		echo "--"
	done >"$tmp/answers$n" &
	pids="$pids $!"
done
loaded() { [ "$(cat "$tmp"/answers* | grep -c '^--')" -gt 20 ]; }
await loaded || fail "no load"
load=$pids
stop
# shellcheck disable=SC2086
wait $load || true
for answers in "$tmp"/answers*; do
	awk '/^\* HELLO/ { if (open) exit 1; open = 1; n = 0 } /^#[^ ]* (END|ERR) / { n++ } /^\* BYE/ { n = 3 }
		/^--/ { if (open && n < 3) exit 1; open = 0 }' "$answers" || fail "unanswered: $(tail -n 5 "$answers" | cut -c 1-100)"
done
