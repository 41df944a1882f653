#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The other engine as its users meet it: bqindex writes Xapian databases, bqd
# answers from them line for line what it answers from its own index, sees new
# generations, serves databases of others, and says what it cannot.
. "$(dirname "$0")/lib.sh"

news=$BQ_SOURCE_DIR/corpus/news
run 0 build --progress never -o "$tmp/native" "$news"
run 0 build --progress never --engine=xapian --shards 1 -o "$tmp/one" "$news"
run 0 build --progress never --engine=xapian --shards=3 --json -o "$tmp/three" "$news"
says out '"documents":21'
[ "$(stat -c %a "$tmp/three")" = 700 ] || fail "mode of the index"
[ "$(xapian-delve "$tmp/three" | grep -c '^number of documents = 21$')" = 1 ] || fail "xapian-delve"
for i in 0 1 2; do
	xapian-check "$tmp/three/1/shard-$i" >"$tmp/out" 2>&1 || fail "xapian-check of shard $i"
done

# What differs by nature: tokens of documents and pages, times.
plain() {
	sed 's/"doc":"[^"]*",*//g; s/"next":"[^"]*"//; s/"took_us":[0-9]*,*//; s/"gen":[0-9]*//; s/"index":"[^"]*"//'
}

answers() {
	printf '#1 SEARCH @limit=50 @ctx=1 @hits=3 %s\n' "$2" | "$bqd" --stdio --index "i=$1" 2>"$tmp/log" | tail -n +2 | plain
}

while read -r query; do
	answers "$tmp/native" "$query" >"$tmp/want"
	grep -q ' END ' "$tmp/want" || fail "$query: $(cat "$tmp/want")"
	answers "xapian:$tmp/one" "$query" >"$tmp/got"
	cmp -s "$tmp/want" "$tmp/got" || fail "$query: $(diff "$tmp/want" "$tmp/got")"
	# documents of one score may change places between shards
	sed 's/"r":[0-9]*,*//' "$tmp/want" | sort >"$tmp/want.sorted"
	answers "xapian:$tmp/three" "$query" | sed 's/"r":[0-9]*,*//' | sort >"$tmp/got"
	cmp -s "$tmp/want.sorted" "$tmp/got" || fail "3 shards, $query: $(diff "$tmp/want.sorted" "$tmp/got")"
done <<'EOF'
biometric
"biometric data sharing"
biometric data sharing
fingerprint OR colombia
bogota
colombia -petro
+noem agreement
title:agreement
"data sharing" OR "statement of intent"
nonesuch
"sharing data"
EOF

# The verbs that look at an index, of ours and of others.
# Xapian 1.4 frees what it checks by its base class's size, which ASan minds.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}new_delete_type_mismatch=0"
for name in three notes; do
	[ $name = three ] || printf '%s\n' 'shared data' 'a treaty' | "$BQ_BINARY_DIR/indexer/xapian/examples/index" "$tmp/notes" >/dev/null
	run 0 verify "xapian:$tmp/$name"
	says out "sound"
	run 0 info "xapian:$tmp/$name"
	says out "database   1: "
	run 0 info --json "xapian:$tmp/$name"
	python3 -c 'import json, sys; json.load(sys.stdin)["databases"][0]["documents"]' <"$tmp/out" || fail "info --json"
	run 0 dump "xapian:$tmp/$name" --terms
	says out '"kind":"stem","word":"share",'
	says out '"forms":["share'
	run 0 dump "xapian:$tmp/$name" --postings data
	says out '"positions":['
	run 2 dump "xapian:$tmp/$name" --pair "data sharing"
	says err "no pair data sharing"
done
run 0 dump "xapian:$tmp/three" --doc 1.0
says out '"text":'
rm -r "$tmp/notes"
cp -r "$tmp/one" "$tmp/hurt"
printf 'XXXXXXXX' | dd of="$tmp/hurt/1/shard-0/position.glass" bs=1 seek=3000 conv=notrunc 2>/dev/null
run 1 verify "xapian:$tmp/hurt"
says err "shard-0: "
truncate -s 0 "$tmp/hurt/1/shard-0/docdata.glass"
code=0
"$bqindex" verify "xapian:$tmp/hurt" >"$tmp/out" 2>"$tmp/err" || code=$?
[ $code != 0 ] || fail "no documents, and sound"

# bq searches a directory of databases by its own daemon.
for name in one three; do
	"$BQ_BINARY_DIR/client/bq" -i "xapian:$tmp/$name" -l biometric >"$tmp/out" 2>"$tmp/err" || fail "bq -i xapian:$name"
	"$BQ_BINARY_DIR/client/bq" -i "xapian:$tmp/$name" stop >"$tmp/out2" 2>&1 || fail "bq stop: $(cat "$tmp/out2")"
	[ $name = one ] && sort "$tmp/out" >"$tmp/want" && continue
	sort "$tmp/out" | cmp - "$tmp/want" || fail "other hits"
done
mkdir -p "$XDG_CONFIG_HOME/bq"
code=0
"$BQ_BINARY_DIR/client/bq" -i "$tmp/one" biometric >"$tmp/out" 2>"$tmp/err" || code=$?
[ $code = 2 ] || fail "bq -i of a Xapian directory: exit $code"
says err "call them xapian:$tmp/one"
"$BQ_BINARY_DIR/client/bq" -i "xapian:$tmp/one" doctor >"$tmp/out" || fail "doctor"

# A new generation is served after it was published, and the one before is kept.
mkdir "$tmp/docs"
echo "red apples" >"$tmp/docs/a.txt"
run 0 build --progress never --engine=xapian -o "$tmp/x" "$tmp/docs"
start --index "xapian:$tmp/x"
expect '"total":1,' "$(ask 'COUNT apples\n')"
echo "green apples" >"$tmp/docs/b.md"
run 0 build --progress never --engine=xapian --shards 2 -o "$tmp/x" "$tmp/docs"
expect '"total":2,' "$(ask 'COUNT apples\n')"
run 0 build --progress never --engine=xapian -o "$tmp/x" "$tmp/docs"
[ ! -e "$tmp/x/1" ] && [ -d "$tmp/x/2" ] && [ -d "$tmp/x/3" ] || fail "generations: $(ls "$tmp/x")"
expect '"line":1,"col":7' "$(ask 'SEARCH apples\n')"
rm "$tmp/x/XAPIANDB"
expect '"total":2,' "$(ask 'COUNT apples\n')" # what was served stays
stop

# Databases of others: our example writes what Xapian's tools would.
printf '%s\n' 'biometric data sharing' 'a treaty on fishing' 'data shared among states' |
	"$BQ_BINARY_DIR/indexer/xapian/examples/index" "$tmp/notes" >/dev/null
start --index "xapian:$tmp/notes"
expect '"total":2,' "$(ask 'COUNT sharing\n')"
expect '"total":1,' "$(ask 'COUNT "data sharing"\n')"
expect '"id":"3"' "$(ask 'SEARCH states\n')"
printf 'data sharing\ndata sharing\n' | "$BQ_BINARY_DIR/indexer/xapian/examples/index" "$tmp/notes" >/dev/null
expect '"total":2,' "$(ask 'COUNT "data sharing"\n')"
stop

# What it does not take, it says.
run 2 build --progress never --shards 2 -o "$tmp/y" "$tmp/docs"
says err "--shards is of --engine=xapian"
run 2 build --progress never --engine=xapian --shards 65 -o "$tmp/y" "$tmp/docs"
says err "1 to 64 shards"
run 2 build --progress never --engine=xapian -o "$tmp/native" "$tmp/docs"
says err "an index of the native engine"
run 2 build --progress never -o "$tmp/three" "$tmp/docs"
says err "not empty and no index"
run 2 update --progress never --engine=xapian -o "$tmp/three" "$tmp/docs"
says err "built, not updated"
run 2 info "$tmp/three"
says err "Xapian databases: call them xapian:$tmp/three"
for name in "$tmp/three" "xapian:$tmp/three"; do
	run 2 optimize "$name"
	says err "Xapian databases are not optimized"
done
for verb in build update; do
	run 2 $verb --progress never -o "xapian:$tmp/three" "$tmp/docs"
	says err "-o takes a directory"
done
run 2 build --progress never -o "$tmp/nested" "$tmp/three"
says err "a bq index"
if [ -x "$BQ_BINARY_DIR/tests/bench/bqbench" ]; then # a build with benchmarks
	code=0
	echo biometric | "$BQ_BINARY_DIR/tests/bench/bqbench" engine "xapian:$tmp/one" >"$tmp/out" 2>&1 || code=$?
	[ $code = 2 ] || fail "bqbench: exit $code"
	says out "only indexes of the native engine"
fi
code=0
"$bqd" --stdio --index "xapian:$tmp/docs" >"$tmp/out" 2>&1 </dev/null || code=$?
says out "no Xapian database"
echo "t46-xapian: ok"
