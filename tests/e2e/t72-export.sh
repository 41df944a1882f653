#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bqindex export: an index as JSON lines, built again, answers as before; without
# what was deleted, of every segment; a file is written whole or not at all.
. "$(dirname "$0")/lib.sh"
cd "$tmp"

# No temporary file stays beside FILE.
nothing_left() {
	[ -z "$(find . -maxdepth 1 -name "$1.*")" ] || fail "left behind: $(ls)"
}

# What an index answers, without what depends on where its documents lay.
answers() {
	start --index "$1"
	for q in data 'data number7' '"shares data"' '+data -word3' 'title:seven' shared caf\\303\\251 zzz '"data at"~5'; do
		ask "COUNT $q\n"
		ask "SEARCH @limit=50 $q\n"
	done | sed -E 's/"(doc|path|mtime|file_line|gen|index|gone|stale|took_us|next)":("[^"]*"|[0-9a-z.]+),?//g'
	stop
}

awk 'BEGIN { for (i = 0; i < 400; i++)
	printf "{\"id\":\"n%d\",\"title\":\"%s\\u0009\\\"%d\\\"\",\"text\":\"who\\nshares data number%d at caf\\u00e9 %d\\u0000 word%d \\\\ \\ud83d\\ude00\",\"k\":[%d,1.5,{\"a\":null}]}\n",
		i, i % 7 ? "other" : "seven", i, i % 20, i, i % 5, i }' >r.jsonl
printf '{"text":"neither id nor title shares data"}\n{"id":7,"title":"mine","text":"","path":"/of/mine","mtime":"then"}\n' >>r.jsonl

# --- records: hits, scores and places are the same --------------------------
run 0 build -o index r.jsonl
run 0 export index --to jsonl
says err 'index: 402 documents'
cp out whole
run 0 export index --to=jsonl -o a.jsonl
cmp whole a.jsonl || fail "-o writes something else"
[ ! -s out ] || fail "-o and standard output"
nothing_left a.jsonl
run 0 build -o again a.jsonl
run 0 verify again
answers index >want
answers again >got
[ "$(grep -c HIT want)" -gt 100 ] || fail "too few hits to compare"
grep -q '"score":' want || fail "no scores to compare"
cmp want got || fail "built again it answers something else: $(diff want got | head -6)"
run 0 export again --to jsonl
cmp whole out || fail "exported again it is something else"
says out '"text":"","path":"/of/mine","mtime":"then"}'
says out '{"text":"neither id nor title shares data","mtime":'
python3 - r.jsonl whole <<'END' || fail "not the documents that were put in"
import json, sys
put, got = ([json.loads(line) for line in open(name)] for name in sys.argv[1:])
assert len(put) == len(got)
for p, g in zip(put, got):
    if "id" in p:
        p["id"] = str(p["id"])
    if "mtime" not in p:
        assert isinstance(g.pop("mtime"), int)
    assert p == g, (p, g)
END

# --- from standard input, and out of Xapian ---------------------------------
"$bqindex" export index --to jsonl 2>/dev/null | "$bqindex" build -o piped - 2>/dev/null
answers piped >got
cmp want got || fail "through a pipe it answers something else"
run 0 build --engine xapian -o xap r.jsonl
run 0 export xapian:xap --to jsonl
cmp whole out || fail "out of Xapian it is something else"

# --- files, several segments, deleted documents ------------------------------
mkdir docs
for i in 1 2 3 4 5 6; do printf '# Heading %s\n\nshares data %s\n' $i $i >docs/$i.md; done
printf 'not UTF-8: \377 data\n' >docs/7.txt
run 0 build -o files docs
rm docs/2.md
echo 'changed data' >docs/3.md
echo 'new data' >docs/8.txt
touch -d '2025-01-02 03:04:05 UTC' docs/8.txt
run 0 update -o files docs
run 0 export files --to jsonl -o files.jsonl
[ "$(wc -l <files.jsonl)" = 7 ] || fail "$(wc -l <files.jsonl) documents, not 7"
grep -qF '"path":"2.md"' files.jsonl && fail "a deleted document is exported"
grep -qF 'shares data 3' files.jsonl && fail "a replaced document is exported"
grep -qF '{"title":"new data","text":"new data\n","path":"8.txt","mtime":1735787045000000}' files.jsonl || fail "8.txt: $(cat files.jsonl)"
grep -qF '"text":"not UTF-8: � data\n"' files.jsonl || fail "7.txt: $(cat files.jsonl)"
run 0 build -o files2 files.jsonl
titles() { "$bqindex" dump "$1" | grep -v '"dead"' | grep -o '"title":"[^"]*"' | sort; }
titles files | grep -v UTF-8 >a
titles files2 | grep -v UTF-8 >b
cmp a b || fail "other titles"

# --- what the index does not have --------------------------------------------
run 0 build -o bare --no-store r.jsonl
echo before >kept
run 2 export bare --to jsonl -o kept
says err 'document 1.0 (n0): its text is not stored'
[ "$(cat kept)" = before ] || fail "a failed export touched the file"
nothing_left kept
python3 -c 'print("{\"title\":\"" + "long " * 300 + "\",\"text\":\"x\"}")' >long.jsonl
run 0 build -o long long.jsonl
run 1 export long --to jsonl
says err 'of 1 titles the index has the first 1,024 bytes only'

# --- what cannot be written ---------------------------------------------------
(
	ulimit -f 16
	run 2 export index --to jsonl -o kept
	says err 'kept: File too large'
)
[ "$(cat kept)" = before ] || fail "half a file"
nothing_left kept
[ ! -w /dev/full ] || {
	code=0
	"$bqindex" export index --to jsonl >/dev/full 2>err || code=$?
	[ $code = 2 ] || fail "a full disk: exit $code"
	says err 'cannot write'
}
{ code=0; "$bqindex" export index --to jsonl 2>err || code=$?; echo $code >code; } | head -c 1 >/dev/null
[ "$(cat code)" = 2 ] || fail "a closed pipe: exit $(cat code)"
says err 'cannot write'
run 0 export index --to jsonl -o kept
cmp whole kept || fail "the file is not replaced"

# --- a signal -------------------------------------------------------------------
i=0
while [ $i -lt 20 ]; do cat r.jsonl; i=$((i + 1)); done >many.jsonl
run 0 build -o many many.jsonl
mkfifo hold
"$bqindex" export many --to jsonl >hold 2>err &
pid=$!
pids=$pid
exec 3<hold
head -c 1 <&3 >/dev/null
sleep 0.2
kill -TERM $pid
code=0
wait $pid || code=$?
pids=
exec 3<&-
[ $code = 2 ] || fail "stopped: exit $code"
says err 'many: stopped'

# --- what is refused --------------------------------------------------------------
run 2 export index
says err 'wants --to jsonl'
run 2 export index --to csv
says err '--to is one of jsonl'
run 2 export --to jsonl
run 2 export nowhere --to jsonl
says err 'nowhere'
run 2 export index --to jsonl -o docs
says err 'no regular file'
run 2 export index --to jsonl -o nowhere/x
says err 'nowhere/x: No such file'
run 2 export index --to jsonl --lang en
says err 'unknown option --lang'
ln -s kept link
run 2 export index --to jsonl -o link
says err 'no regular file'
run 0 --help
says out '--to jsonl'
says out '-o FILE'
says out '-o INDEX'
seg=$(ls index/*.seg)
for at in 1000 3000 5000 7000 9000 11000; do printf 'XXXXXXXX' | dd of="$seg" bs=1 seek=$at conv=notrunc 2>/dev/null; done
code=0
"$bqindex" export index --to jsonl -o hurt >out 2>err || code=$?
case $code in 0) [ -s hurt ] ;; 1) [ -s hurt ] ;; 2) [ ! -e hurt ] && [ -s err ] ;; *) false ;; esac || fail "damage: exit $code"
nothing_left hurt
