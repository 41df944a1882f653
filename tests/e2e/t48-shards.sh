#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What calls itself a shard and is none: it closes, talks nonsense, greets by
# half, claims a message without end, says nothing, or breaks off in the middle.
# bqd answers in time from the others and names it; threads and descriptors do
# not grow; a frozen shard does not hold who stops.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/../net/servers.sh"

# impostor PORT BEHIND: as the server BEHIND while $tmp/mode says "honest".
impostor() {
	setsid python3 -B "$BQ_SOURCE_DIR/tests/net/impostor.py" "$1" "$2" "$tmp/mode" 2>>"$tmp/log.srv" &
	started "$1"
}

make_documents 300
w1=$(sed 's/.*"text":"\([a-zA-Z]*\).*/\1/' "$tmp/docs.jsonl" | sed -n 1p)
echo honest >"$tmp/mode"
serve_three() {
	serve "$base" "$tmp/of-3/1/shard-0" && serve $((base + 1)) "$tmp/of-3/1/shard-1" && one=$group &&
		serve $((base + 2)) "$tmp/of-3/1/shard-2" && impostor $((base + 3)) $((base + 2))
}
at_free_ports serve_three
shards=xapian+tcp://127.0.0.1:$base,127.0.0.1:$((base + 1)),127.0.0.1:$((base + 3))
# is_without PORT: an answer in time without that shard, which it names.
is_without() {
	answer=$(ask "SEARCH @limit=3 @timeout=1500 $w1\n")
	case $answer in *'"partial":true,"why":"shards","shards":{"all":3,"answered":2,"failed":[{"shard":"127.0.0.1:'"$1"'"'*) ;; *) return 1 ;; esac
	[ "$(echo "$answer" | grep -c ' HIT ')" -ge 2 ]
}
is_uncounted() {
	answer=$(ask "COUNT @timeout=1500 $w1\n")
	case $answer in *'"msg":"not all shards can be counted; 127.0.0.1:'"$1"*) ;; *) return 1 ;; esac
}

count_threads() { ls "/proc/$daemon/task" | wc -l; }
count_fds() { ls "/proc/$daemon/fd" | wc -l; }

# ---- impostors ----
start --index "i=$shards" --workers 2
await whole "$w1" || fail "not whole: $answer"
for mode in close nonsense half endless silent breaks; do
	echo $mode >"$tmp/mode"
	for i in 1 2; do
		often_enough is_without $((base + 3)) || fail "$mode: $answer"
	done
	often_enough is_uncounted $((base + 3)) || fail "$mode: $answer"
done
echo honest >"$tmp/mode"
await whole "$w1" || fail "an honest shard is not taken in again: $answer"

# ---- 300 requests while one is frozen ----
kill -STOP "-$one"
often_enough is_without $((base + 1)) || fail "frozen: $answer"
is_named_by_bq() {
	"$BQ_BINARY_DIR/client/bq" --socket "$tmp/s" --no-config --timeout 1500 "$w1" >"$tmp/out" 2>"$tmp/err" && return 1
	[ -s "$tmp/out" ] && grep -q "only part of the answer: 1 of 3 shards missing: 127.0.0.1:$((base + 1)) (" "$tmp/err"
}
often_enough is_named_by_bq || fail "bq says: $(cat "$tmp/err")"
threads=$(count_threads) fds=$(count_fds)
i=0
while [ $i -lt 300 ]; do
	i=$((i + 1))
	echo "SEARCH @limit=1 @timeout=60000 @snippets=none $w1"
done | nc -N -U "$tmp/s" | tail -n +2 >"$tmp/many"
[ "$(grep -c ' END .*"partial":true' "$tmp/many")" = 300 ] || fail "not 300 answers: $(grep -v HIT "$tmp/many" | tail -n 2)"
[ "$(count_threads)" -le $((threads + 1)) ] || fail "threads grow from $threads to $(count_threads)"
[ "$(count_fds)" -le $((fds + 4)) ] || fail "descriptors grow from $fds to $(count_fds)"
kill -CONT "-$one"
await whole "$w1" || fail "shard 1 does not come back"

# ---- nobody: the second request on the same lane is told so, too ----
for g in $groups; do kill -STOP "-$g"; done
for i in 1 2 3; do
	expect ' ERR {"code":"unavailable"' "$(ask "SEARCH @timeout=1500 $w1\n")"
done
for g in $groups; do kill -CONT "-$g"; done
await whole "$w1" || fail "shards do not come back"

# ---- told to stop while a shard is frozen, and waited for by a minute's request that left ----
kill -STOP "-$one"
(printf 'SEARCH @timeout=60000 %s\n' "$w1"; sleep 0.5) | timeout 0.5 nc -U "$tmp/s" >"$tmp/out" || true
stop # with 0: without that it would wait 5 s and end with 1
echo "t48-shards: ok"
