#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Databases that xapian-tcpsrv serves, asked as one: the ranks of one database of
# all documents; a shard that is killed, frozen or of another generation is named
# and left out, within the deadline, and comes back by itself.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/../net/servers.sh"

end() {
	kill -KILL "-$1"
	wait "$1" 2>/dev/null || true
}

make_documents 1500
make_queries 200

serve_three() {
	serve "$base" "$tmp/of-3/1/shard-0" && zero=$group && serve $((base + 1)) "$tmp/of-3/1/shard-1" && one=$group &&
		serve $((base + 2)) "$tmp/of-3/1/shard-2" && two=$group
}
at_free_ports serve_three
shards=xapian+tcp://127.0.0.1:$base,127.0.0.1:$((base + 1)),127.0.0.1:$((base + 2))

# ---- the same ranks ----
rank_local "$tmp/want"
rank_shards "$tmp/got" "$bqd" --stdio --index "$shards"
cmp -s "$tmp/want" "$tmp/got" || fail "ranks differ: $(diff "$tmp/want" "$tmp/got" | head -n 4 | cut -c 1-300)"
[ "$(grep -c ' ' "$tmp/want")" -gt 190 ] || fail "queries without hits prove nothing"

# ---- the same matches and places as from an index of our own ----
run 0 build --progress never -o "$tmp/native" "$tmp/docs.jsonl"
places() {
	printf '%s\n' "$2" | sed 's/^/SEARCH @limit=1000 @timeout=10000 @total=exact /' |
		"$bqd" --stdio --index "i=$1" 2>"$tmp/log" | tail -n +2 |
		sed 's/"doc":"[^"]*",*//; s/"score":[0-9.e-]*,*//; s/"r":[0-9]*,*//; s/"took_us":[0-9]*,*//; s/,"next":"[^"]*"//; s/,"hint":{[^}]*}//' |
		sort
}
w1=$(sed -n 1p "$tmp/queries" | cut -d ' ' -f 1)
w2=$(sed -n 1p "$tmp/queries" | cut -d ' ' -f 2)
pair=$(grep '^"' "$tmp/queries" | awk 'NF == 2' | head -n 1 | tr -d '"')
p1=${pair% *}
p2=${pair#* }
while read -r query; do
	places "$tmp/native" "$query" >"$tmp/want"
	grep -q ' END ' "$tmp/want" || fail "$query: $(cat "$tmp/want")"
	places "$shards" "$query" >"$tmp/got"
	cmp -s "$tmp/want" "$tmp/got" || fail "$query: $(diff "$tmp/want" "$tmp/got" | head -n 4 | cut -c 1-600)"
done <<EOF2
$w1
$w1 $w2
+$w1 $w2
$w1 -$w2
"$pair"
"$pair" OR $w1
"$pair $w1"
"$p2 $p1"
"$p1 $w1"~3
"$p1 $p2 $w1"~5
$w1 NEAR/4 $p1
$w1 ADJ/4 $p2
$p1 -"$p1 $p2"
$w1 $p1 -"$p1 $p2 $w1"~9
"$p1 $(echo "$p2" | cut -c 1-3)"*
$(echo "$w1" | cut -c 1-4)*
title:$w1
nonesuchword
EOF2

# ---- a shard that is killed, and comes back ----
start --index "i=$shards" --workers 2
# is_without PORT-OFFSET WHY MICROSECONDS: an answer without that shard, which it names.
is_without() {
	answer=$(ask "SEARCH @limit=3 @timeout=1500 $w1\n")
	case $answer in *'"partial":true,"why":"shards","shards":{"all":3,"answered":2,"failed":[{"shard":"127.0.0.1:'$((base + $1))'"'*) ;; *) return 1 ;; esac
	case $answer in *"$2"*) ;; *) return 1 ;; esac
	[ "$(echo "$answer" | sed -n 's/.*"took_us":\([0-9]*\).*/\1/p')" -lt "$3" ] &&
		[ "$(echo "$answer" | grep -c ' HIT ')" = 3 ]
}
# broken PORT-OFFSET WHY: within the deadline.
broken() { often_enough is_without "$1" "$2" 1500000 || fail "not named, no hits, or late: $answer"; }
await whole "$w1" || fail "not whole: $answer"
expect '"up":true' "$(ask 'STATUS\n')"
end "$one"
broken 1 "Connection refused"
broken 1 "Connection refused"
expect '"why":"Connection refused"' "$(ask 'STATUS\n')"
expect ' ERR {"code":"unavailable"' "$(ask "COUNT $w1\n")"
serve $((base + 1)) "$tmp/of-3/1/shard-1"
one=$group
await whole "$w1" || fail "shard 1 does not come back"

# ---- one that is frozen ----
kill -STOP "-$two"
broken 2 "no answer within"
often_enough is_without 2 "no" 400000 || fail "every request waits for the frozen shard: $answer"
kill -CONT "-$two"
await whole "$w1" || fail "shard 2 does not come back"

# ---- connections closed for idleness ----
end "$zero"
serve "$base" "$tmp/of-3/1/shard-0" --idle-timeout 300
zero=$group
await whole "$w1" || fail "shard 0 does not come back"
sleep 0.6
whole "$w1" || fail "an idle connection is not opened again: $answer"

# ---- documents by token, from the generation that gave it ----
token=$(ask "SEARCH @limit=1 $w1\n" | sed -n 's/.* HIT .*"doc":"\([^"]*\)".*/\1/p')
expect ' TEXT {"line":1' "$(ask "GET @doc=$token @lines=1\n")"
expect ' SNIP {' "$(ask "SNIPPET @doc=$token $w1\n")"

# ---- generation skew: shard 1 has the next generation already ----
sed 's/"text":"/"text":"newword /' "$tmp/docs.jsonl" >"$tmp/new.jsonl"
run 0 build --progress never --engine=xapian --shards 3 -o "$tmp/of-3" "$tmp/new.jsonl"
end "$one"
serve $((base + 1)) "$tmp/of-3/2/shard-1"
one=$group
answer=$(ask "SEARCH @limit=3 newword\n")
expect '"hits":0' "$answer"
expect '{"shard":"127.0.0.1:'$((base + 1))'"' "$answer"
# from then on the newest counts, and the others are named
answer=$(ask "SEARCH @limit=3 newword\n")
expect '"answered":1' "$answer"
expect '"why":"serves generation 1, others 2"' "$answer"
[ "$(echo "$answer" | grep -c ' HIT ')" = 3 ] || fail "no hits of the new generation: $answer"
for i in 0 2; do
	[ $i = 0 ] && end "$zero" || end "$two"
	serve $((base + i)) "$tmp/of-3/2/shard-$i"
done
await whole "$w1" || fail "generation 2 is not whole: $(ask "SEARCH @limit=1 newword\n")"
expect '"total":1500,"exact":true' "$(ask "SEARCH @limit=1 @total=exact newword\n")"
expect ' ERR {"code":"gen_gone"' "$(ask "GET @doc=$token @lines=1\n")"

# ---- nobody there ----
kill_groups
expect ' ERR {"code":"unavailable"' "$(ask "SEARCH $w1\n")"
stop
echo "t47-remote: ok"
