#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Documents from one engine to the other and back: bqindex export --to xapian,
# bqindex build --from xapian:DIR; whole or not at all, byte for byte where
# nothing stands against it; databases of others as far as they tell.
. "$(dirname "$0")/lib.sh"
cd "$tmp"

# What an index answers, without what depends on where its documents lay.
answers() {
	start --index "$1"
	for q in data 'data number7' '"shares data"' '+data -word3' 'title:seven' shared caf\\303\\251 zzz '"data at"~5'; do
		ask "COUNT $q\n"
		ask "SEARCH @limit=50 $q\n"
	done | sed -E 's/"(doc|gen|index|took_us|next)":("[^"]*"|[0-9a-z.]+),?//g'
	stop
}

same_bytes() {
	[ "$(ls "$1")" = "$(ls "$2")" ] || fail "$1 and $2: other files"
	for f in "$1"/*; do
		cmp "$f" "$2/${f##*/}" || fail "$1 and $2 differ"
	done
}

awk 'BEGIN { for (i = 0; i < 400; i++)
	printf "{\"id\":\"n%d\",\"title\":\"%s\\u0009\\\"%d\\\"\",\"text\":\"who\\nshares data number%d at caf\\u00e9 %d\\u0000 word%d \\\\ \\ud83d\\ude00\",\"k\":[%d,1.5,{\"a\":null}]}\n",
		i, i % 7 ? "other" : "seven", i, i % 20, i, i % 5, i }' >r.jsonl
printf '{"text":"neither id nor title shares data"}\n{"id":7,"title":"mine","text":"","path":"/of/mine","mtime":"then"}\n' >>r.jsonl

# --- records: jsonl -> native -> xapian -> native -> jsonl -----------------------
run 0 build -o native --stopwords none --k1 1.5 --b 0.5 r.jsonl
run 0 export native --to xapian -o xap
says err 'native: 402 documents'
[ "$(stat -c %a xap)" = 700 ] || fail "mode of the databases"
xapian-check xap/1/shard-0 >out 2>&1 || fail "xapian-check"
run 0 build -o again --from xapian:xap
same_bytes native again
run 0 export again --to jsonl -o again.jsonl
run 0 export native --to jsonl -o native.jsonl
cmp native.jsonl again.jsonl || fail "other documents"
run 0 export xapian:xap --to jsonl
cmp native.jsonl out || fail "other documents in Xapian"
answers native >want
[ "$(grep -c HIT want)" -gt 100 ] || fail "too few hits to compare"
answers xapian:xap >got
cmp want got || fail "Xapian answers something else: $(diff want got | head -6)"
answers again >got
cmp want got || fail "built again it answers something else"

# of several databases, by their own engine, in place
run 0 export native --to xapian --shards 3 -o three
[ -d three/1/shard-2 ] || fail "no third shard: $(ls three/1)"
run 0 build -o again3 --from xapian:three
same_bytes native again3
run 0 build --engine=xapian --shards 2 -o three --from xapian:three
[ -d three/2/shard-1 ] && [ ! -e three/2/shard-2 ] || fail "in place: $(ls three/2)"
run 0 build -o again2 --from xapian:three
same_bytes native again2
run 0 build --engine=xapian -o direct --stopwords none --k1 1.5 --b 0.5 r.jsonl
run 0 build -o again1 --from xapian:direct
same_bytes native again1

# the command line is stronger than what the databases have
run 0 build -o german --lang de --k1 0.75 --from xapian:xap
run 0 info german --json
says out '"lang":"de"'
says out '"k1":0.75,'
says out '"b":0.5'

# --- files: titles in texts, deleted documents, several segments -------------------
mkdir docs
for i in 1 2 3 4 5 6; do printf '# Heading %s\n\nshares data %s\n' $i $i >docs/$i.md; done
printf 'not UTF-8: \377 data\n' >docs/7.txt
printf '\357\273\277\n   *** a title ***\r\nmore data\n' >docs/9.txt
python3 -c 'print("long " * 300 + "title\n\nand text")' >docs/long.txt
run 0 build -o files docs
rm docs/2.md
echo 'changed data' >docs/3.md
echo 'new data' >docs/8.txt
touch -d '2025-01-02 03:04:05 UTC' docs/8.txt
run 0 update -o files docs
run 0 export files --to xapian --shards 2 -o xfiles
run 0 build -o files2 --from xapian:xfiles
run 0 export files --to jsonl -o a
run 0 export files2 --to jsonl -o b
cmp a b || fail "other documents"
heads() { "$bqindex" dump "$1" | grep -v '"dead"' | sed 's/"doc":"[^"]*",//' | sort; }
heads files >a
heads files2 >b
[ "$(wc -l <b)" = 9 ] || fail "$(wc -l <b) documents, not 9"
cmp a b || fail "other heads: $(diff a b)"
run 0 update -o files2 docs
says err 'nothing has changed'

# --- databases of others --------------------------------------------------------------
printf '%s\n' 'Biometric data-sharing' 'a treaty on fishing' 'data shared among states' |
	"$BQ_BINARY_DIR/indexer/xapian/examples/index" notes >/dev/null
run 0 build -o told --from xapian:notes
run 0 export told --to jsonl
says out '{"id":"1","text":"Biometric data-sharing"}'
mv out told.jsonl
run 0 export xapian:notes --to jsonl
cmp told.jsonl out || fail "other documents of others"
run 0 export xapian:notes --to xapian -o ours
run 0 export xapian:ours --to jsonl
cmp told.jsonl out || fail "other documents of others in Xapian"
start --index told
expect '"total":2,' "$(ask 'COUNT sharing\n')"
expect '"total":1,' "$(ask 'COUNT "data sharing"\n')"
expect '"line":1,"col":3' "$(ask 'SEARCH treaty\n')"
stop

# --- what the databases do not have ------------------------------------------------------
run 0 build --engine=xapian --no-store -o bare r.jsonl
run 2 build -o kept --from xapian:bare
says err 'document 1.0 (n0): its text is not stored'
[ ! -e kept/MANIFEST ] || fail "a failed build made an index"
run 2 export xapian:bare --to jsonl
says err 'its text is not stored'
run 0 build -o nbare --no-store r.jsonl
run 2 export nbare --to xapian -o xbare
says err 'its text is not stored'
[ ! -e xbare/XAPIANDB ] && [ ! -e xbare/1 ] || fail "half a database: $(ls xbare)"
python3 -c 'print("{\"title\":\"" + "long " * 300 + "\",\"text\":\"x\"}")' >long.jsonl
run 0 build -o long long.jsonl
run 1 export long --to xapian -o xlong
says err 'of 1 titles the index has the first 1,024 bytes only'

# --- what is there stays ---------------------------------------------------------------------
run 0 build -o kept docs/8.txt
cp kept/MANIFEST before
run 2 build -o kept --from xapian:nonesuch
run 2 build -o kept --from xapian:docs
says err 'no Xapian database'
run 2 build -o kept --from xapian:native
says err 'no Xapian database'
run 2 build -o kept --from xapian:bare
cmp kept/MANIFEST before || fail "a failed build touched the index"
ls kept/*.seg >out
[ "$(wc -l <out)" = 1 ] || fail "left behind: $(cat out)"
cp xap/XAPIANDB before
run 2 export nbare --to xapian -o xap
cmp xap/XAPIANDB before || fail "a failed export touched the databases"
[ "$(ls xap)" = "1
LOCK
XAPIANDB" ] || fail "left behind: $(ls xap)"
run 2 export native --to xapian -o docs
says err 'not empty and no index'
run 2 export native --to xapian -o again
says err 'of the native engine'
run 2 export native --to xapian -o r.jsonl/x
for f in 2 3; do # a damaged database
	cp -r xap "hurt$f"
	table=hurt$f/1/shard-0/$([ $f = 2 ] && echo docdata.glass || echo termlist.glass)
	size=$(stat -c %s "$table")
	LC_ALL=C awk 'BEGIN { for (i = 0; i < 2000; i++) printf "%c", i * i * 167 % 251 + 1 }' |
		dd of="$table" bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null
	code=0
	"$bqindex" build -o kept --from "xapian:hurt$f" >out 2>err || code=$?
	case $code in 0 | 1 | 2) ;; *) fail "damage: exit $code" ;; esac
done

# --- signals: first order, then none ----------------------------------------------------------
i=0
while [ $i -lt 40 ]; do cat r.jsonl; i=$((i + 1)); done >many.jsonl
run 0 build -o many many.jsonl
run 0 build --engine=xapian -o xmany many.jsonl

make_targets() {
	run 0 build -o target docs/8.txt
	run 0 export target --to xapian -o xtarget
	cp target/MANIFEST before
	cp xtarget/XAPIANDB xbefore
}

# stopped SIGNAL ARGUMENT..: bqindex, before it is done; on a machine that is quicker, sooner.
stopped() {
	by=$1
	shift
	for seconds in 0.05 0.02 0.01; do
		timeout -s "$by" $seconds "$bqindex" "$@" >out 2>err || return 0
		make_targets
	done
	fail "$*: not stopped by $by, too quick"
}

make_targets
for signal in TERM INT KILL; do
	for what in "build -o target --from xapian:xmany" "export many --to xapian -o xtarget"; do
		# shellcheck disable=SC2086 # words
		stopped $signal $what
		cmp target/MANIFEST before || fail "$signal: another index"
		cmp xtarget/XAPIANDB xbefore || fail "$signal: other databases"
	done
	run 0 verify target
	run 0 export xapian:xtarget --to jsonl
	says out 'new data'
done
run 0 build -o target --from xapian:xmany
run 0 verify target
run 0 export many --to xapian -o xtarget
run 0 export many --to jsonl -o a
run 0 export target --to jsonl -o b
cmp a b || fail "other documents after the signals"
run 0 export xapian:xtarget --to jsonl -o b
cmp a b || fail "other documents after the signals in Xapian"

# --- what is refused --------------------------------------------------------------------------
run 2 update -o kept --from xapian:xap
says err '--from is of build'
run 2 build -o new --from xap
says err '--from takes xapian:DIR'
run 2 build -o new --from xapian:xap docs
says err '--from takes no SOURCE'
run 2 build -o new --from xapian:xap --include '*.md'
says err '--from takes no SOURCE'
run 2 build -o xapian:new docs
says err '-o takes a directory'
[ ! -e new ] || fail "something was made"
run 2 export native --to xapian
says err '--to xapian wants -o DIR'
run 2 export native --to csv
says err '--to is one of jsonl|xapian'
run 2 export native --to jsonl --shards 2
says err '--shards is of --to xapian'
run 2 export native --to xapian --shards 65 -o new
says err '1 to 64 shards'
run 2 export xapian:nowhere --to xapian -o new
run 0 --help
says out '--from xapian:DIR'
says out '--to xapian -o DIR'
echo "t73-import: ok"
