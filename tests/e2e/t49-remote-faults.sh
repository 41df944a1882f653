#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Shards with too much to do are not called down; most of them frozen are waited
# for at once; a wire that loses packets costs time; documents that are not ours
# cost themselves, not the answer.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/../net/servers.sh"

make_documents 900
make_queries 60
"$bqindex" build --progress never --engine=xapian --shards 4 -o "$tmp/of-4" "$tmp/docs.jsonl" 2>"$tmp/err" ||
	fail "build of 4"
lossy() {
	setsid python3 -B "$BQ_SOURCE_DIR/tests/net/lossy.py" "$1" "127.0.0.1:$2" "$3" 2>>"$tmp/log.srv" &
	started "$1"
}
serve_four() {
	serve "$base" "$tmp/of-4/1/shard-0" && zero=$group && serve $((base + 1)) "$tmp/of-4/1/shard-1" && one=$group &&
		serve $((base + 2)) "$tmp/of-4/1/shard-2" && two=$group && serve $((base + 3)) "$tmp/of-4/1/shard-3" &&
		lossy $((base + 4)) $((base + 3)) 10
}
at_free_ports serve_four
shards=xapian+tcp://127.0.0.1:$base,127.0.0.1:$((base + 1)),127.0.0.1:$((base + 2)),127.0.0.1:$((base + 3))
word=$(tr 'A-Z' 'a-z' <"$tmp/docs.jsonl" | sed 's/.*"text":"//' | tr -cs 'a-z' '\n' | sort | uniq -c | sort -rn | awk 'length($2) > 3 {print $2; exit}')


# ---- 8 clients, none of whom has connections yet, and programs that want the processors, too ----
for hog in 1 2 3 4; do
	(while :; do :; done) &
	pids="$pids $!"
done
for round in 1 2 3; do
	start --index "i=$shards" --workers 8
	sed 's/^/SEARCH @limit=10 @timeout=2000 /' "$tmp/queries" |
		python3 -B "$BQ_SOURCE_DIR/tests/net/busy.py" "$tmp/s" 8 15 >>"$tmp/busy"
	stop
done
for hog in $pids; do kill "$hog"; done
pids=
[ "$(wc -l <"$tmp/busy")" = 360 ] || fail "not 360 answers: $(wc -l <"$tmp/busy")"
! grep -q '"partial"\|ERR' "$tmp/busy" || fail "healthy shards are left out: $(grep '"partial"\|ERR' "$tmp/busy" | sort | uniq -c | tail -n 3)"

# ---- three of four are frozen ----
start --index "i=$shards" --workers 2
await whole "$word" || fail "not whole: $answer"
for g in $zero $one $two; do kill -STOP "-$g"; done
answer=$(ask "SEARCH @limit=3 @timeout=4000 $word\n")
expect '"shards":{"all":4,"answered":1,"failed":[{"shard":"127.0.0.1:'"$base"'","why":"no answer within' "$answer"
[ "$(echo "$answer" | grep -o 'no answer within' | wc -l)" = 3 ] || fail "not all were waited for at once: $answer"
took=$(echo "$answer" | sed -n 's/.*"took_us":\([0-9]*\).*/\1/p')
[ "$took" -lt 4000000 ] || fail "three frozen shards: answered after $took us"
[ "$(echo "$answer" | grep -c ' HIT ')" -ge 1 ] || fail "no hits of the one that is left: $answer"
for g in $zero $one $two; do kill -CONT "-$g"; done
await whole "$word" || fail "three shards do not come back: $answer"

# ---- one behind a wire that loses a tenth of all packets ----
hits() { ask "SEARCH @limit=100 @timeout=60000 @index=$1 $word\n" | sed -n 's/.* HIT .*"id":"\([^"]*\)".*/\1/p'; }
stop
start --index "i=$shards" --index "lossy=${shards%:*}:$((base + 4))" --workers 2
hits i >"$tmp/want"
begun=$(date +%s%N)
tries=60
while [ $((($(date +%s%N) - begun) / 1000000)) -lt 500 ]; do # something was lost
	tries=$((tries - 1))
	[ $tries -gt 0 ] || fail "nothing is lost"
	hits lossy >"$tmp/got"
	cmp -s "$tmp/want" "$tmp/got" || fail "other hits over a wire with losses: $(ask "SEARCH @limit=1 @index=lossy $word\n")"
done

# ---- a shard whose documents nobody can read ----
kill -KILL "-$one"
"$BQ_BINARY_DIR/tests/spoil" "$tmp/of-4/1/shard-1" || fail "spoil"
serve $((base + 1)) "$tmp/of-4/1/shard-1"
is_spoilt() {
	answered=$(ask "SEARCH @index=i @limit=1000 @timeout=10000 $word\n")
	case $answered in *'is not what bqindex wrote'*) ;; *) return 1 ;; esac
}
await is_spoilt || fail "the shard is not knocked at again, or does not say why: $answered"
expect '"partial":true,"why":"shards","shards":{"all":4,"answered":3,"failed":[{"shard":"127.0.0.1:'$((base + 1))'"' "$answered"
[ "$(echo "$answered" | grep -c ' HIT ')" -ge 10 ] || fail "the hits of other shards are lost: $answered"
count=$(echo "$answered" | sed -n 's/.* END {"hits":\([0-9]*\).*/\1/p')
[ "$(echo "$answered" | grep -c ' HIT ')" = "$count" ] || fail "says $count hits"
stop
echo "t49-remote-faults: ok"
