#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bqindex alone: build from directories, JSON lines and standard input; exit
# codes, reports, refusals, the lock; the same input gives the same bytes.
. "$(dirname "$0")/lib.sh"
cd "$tmp"

mkdir -p docs/sub docs/.git
printf '# Biometric data sharing\n\nThe caf\303\251 shares data.\n' >docs/a.md
printf 'Second file\nwith data\n' >docs/sub/b.txt
printf '{"id":1,"title":"One","text":"alpha","lang":"x"}\n{"id":"two","text":"beta"}\n' >docs/r.jsonl
printf 'x' >docs/.git/config.txt
printf 'x' >docs/c.pdf
find docs -exec touch -d '2025-01-02 03:04:05 UTC' {} +

# --- build, and what it reports -------------------------------------------
run 0 build -o index docs
[ ! -s out ] || fail "a report without --json belongs on standard error"
says err '4 documents'
says err "skipped $tmp/docs/.git: hidden"
says err "skipped $tmp/docs/c.pdf: unsupported type"
[ "$(stat -c %a index)" = 700 ] || fail "INDEX is not 0700"
[ "$(stat -c %a index/* | sort -u)" = 600 ] || fail "files are not 0600"
run 0 verify index

# --- one is not many -------------------------------------------------------
printf '{"id":1,"text":"lonely"}\n' >one.jsonl
run 0 build --lang none -o one one.jsonl
says err ' 1 document, 1 word (1 term), '
run 0 export one --to jsonl -o one.out
grep -q ': 1 document$' err || fail "export says: $(cat err)"
run 0 info one
grep -q ' 1 document, 0 dead, 1 term$' out || fail "info says: $(cat out)"

# --- the same input, the same bytes ---------------------------------------
run 0 build -o again docs
diff -r index again || fail "two builds differ"
run 0 build --memory 1 -o small docs
says err '--memory 1 is raised to 64M'
run 0 info small --json
says out '"documents":4'
diff -r index small || fail "little memory made other bytes"
run 0 verify small

# --- a second generation --------------------------------------------------
run 0 build --json -o index docs
says out '"gen":2'
says out '"documents":4'
says out '"reason":"hidden","broken":false'
python3 -c '
import json, os, sys
r = json.load(sys.stdin)
f, s = r["floor"], r["seconds"]
assert f["words"] == r["tokens"] and f["stored_bytes"] >= r["text_bytes"] and f["written_bytes"] == r["index_bytes"], f
assert f["read_bytes"] >= r["text_bytes"] and f["seconds"] > 0 and f["ratio"] > 0, f
assert s["terms"] + s["pairs"] <= s["write"] <= s["total"], s
' <out || fail "the report does not say what it should"
[ "$(ls index)" = "00000002.seg
LOCK
MANIFEST" ] || fail "old files stay: $(ls index)"
run 0 update -o fresh docs
says err '4 added, 0 dropped, 0 kept'
says err 'built anew: there was no index'

# --- standard input and broken documents ----------------------------------
printf '{"id":"s","text":"gamma delta"}\nbroken\n{"text":"ok"}\n' >lines
run 1 build -o piped - <lines
says err 'skipped -:2: bad JSON'
says err '2 documents'
run 0 dump piped --doc s
says out '"text":"gamma delta"'
says out '"path":"-"'

# --- a file named on the command line -------------------------------------
printf 'plain words' >notes.unknown
run 0 build -o named notes.unknown
says err ' 1 document,'
printf 'zzz' >docs.jsonl.gz
run 1 build -o named docs.jsonl.gz
says err 'compressed'

# --- more files than descriptors ------------------------------------------
mkdir many
for i in $(seq 100); do echo "file $i" >many/$i.txt; done
(
	ulimit -n 32
	run 0 build -o crowd many/*.txt
)
run 0 info crowd --json
says out '"documents":100,'
says out "\"sources\":[\"$tmp/many\"]"

# --- pairs ------------------------------------------------------------------
awk 'BEGIN { for (i = 0; i < 5000; i++) printf "{\"text\":\"the who play%s number %d\"}\n", i % 100 ? "" : " the who", i }' >who.jsonl
run 0 build -o who --lang none who.jsonl
run 0 info who
says out 'pairs      of words that weigh 1024 or more: 4 words, 5 pairs, '
# a long document weighs as much as many: 1 + 39,999 div 32 (the), 1 + 9,999 div 32 (end)
awk 'BEGIN { printf "{\"text\":\""; for (i = 0; i < 40000; i++) printf "the who %s", i % 4 ? "" : "end "; print "\"}" }' >book.jsonl
run 0 build -o book --lang none book.jsonl
run 0 info book
says out 'pairs      of words that weigh 1024 or more: 2 words, 2 pairs, '
run 0 verify book
run 0 info who --json
says out '"pairs":{"t":1024,"words":4,"pairs":5,"bytes":'
run 0 dump who --pair 'the who'
[ "$(wc -l <out)" = 5000 ] || fail "$(wc -l <out) documents with the pair"
says out '{"kind":"pair","doc":"1.4900","tf":2}'
run 2 dump who --pair 'who the'
says err 'no pair who the'
run 2 dump who --pair 'number 7'
says err 'too rare'
run 0 verify who
run 0 update -o who --lang none who.jsonl
says err 'nothing has changed'
run 0 update -o who --lang none --pairs off who.jsonl
says err 'built anew: another part of the index for pairs'
run 0 info who
says out 'pairs      off'

# --- what is refused ------------------------------------------------------
run 2 build -o docs lines
says err 'bqindex: docs: not empty and no index'
run 2 build -o index nowhere
says err 'nowhere'
run 2 build -o index
says err 'SOURCE'
run 2 build docs
says err 'wants'
run 2 build -o index --colour docs
says err 'unknown option --colour'
for bad in 0 1001 -5 5% some ''; do
	run 2 build -o index "--pairs=$bad" docs
	says err 'auto|off|PERCENT'
done
run 2 build -o index --lang xx docs
says err 'xx'
run 2 build -o index --memory 1X docs
run 2 build -o index --b 2 docs
run 2 build -o index - -
run 2 build -o index --stopwords nowhere docs
run 0 optimize index
says err 'one segment already'
run 2 info nowhere
run 2 dump index --doc nowhere
run 2 frobnicate
run 2
run 0 info index
says out 'generation 2'
[ -f docs/a.md ] || fail "the refused directory was touched"

# --- an index is no source ------------------------------------------------
mkdir own
cp docs/a.md own/
run 0 build -o own/index own
says err ' 1 document,'
run 0 build -o own/index own
says err "$tmp/own/index: a bq index"
says err ' 1 document,'
run 0 build -o own/other own
says err "$tmp/own/index: a bq index"
says err ' 1 document,'

# --- options --------------------------------------------------------------
run 0 build -o opts --include '*.md' --exclude sub --stopwords none --lang none --no-store --k1=1.2 --threads 4 docs
run 0 info opts --json
says out '"documents":1,'
says out '"lang":"none"'
says out '"stopwords":""'
says out '"k1":1.20000005'
run 0 dump opts --terms
grep -q '"stem"' out && fail "--lang none made stems"
printf 'data\n the\n' >stop
run 0 build -o opts --stopwords stop docs
run 0 info opts --json
says out '"stopwords":"data the"'
run 0 build -o opts --progress always docs

# --- dump -----------------------------------------------------------------
run 0 dump index --postings data
says out '{"kind":"word","doc":"2.0","tf":2,"positions":[1,6]}'
says out '"kind":"title"'
run 0 dump index --terms
says out '"kind":"stem","word":"share","df":1,"ttf":2,"forms":["shares","sharing"]'
says out '"kind":"marked"'
run 0 dump index
[ "$(wc -l <out)" = 4 ] || fail "not 4 documents"
run 0 dump index --doc 1
says out '"fields":{"lang":"x"}'
run 0 dump index --doc sub/b.txt
says out '"title":"Second file"'
run 0 --help
says out '--stopwords'
run 0 --version

# --- the lock, and signals ------------------------------------------------
mkfifo hold
"$bqindex" build -o index - <hold 2>held &
pid=$!
exec 3>hold
until [ -s index/LOCK ]; do kill -0 $pid || fail "the writer died"; sleep 0.05; done
run 2 build -o index docs
says err "locked by $pid"
printf '{"text":"lost"}\n' >&3
kill -TERM $pid
code=0
wait $pid || code=$?
exec 3>&-
[ $code = 2 ] || fail "a stopped build ended with $code"
run 0 info index
says out 'generation 2'
"$bqindex" build -o index - <hold 2>held &
pid=$!
exec 3>hold
until [ -s index/LOCK ]; do kill -0 $pid || fail "the writer died"; sleep 0.05; done
kill -KILL $pid
wait $pid 2>/dev/null || true
exec 3>&-
run 0 build -o index docs
run 0 info index
says out 'generation 3'

# --- damage ---------------------------------------------------------------
seg=$(ls index/*.seg)
printf 'X' | dd of="$seg" bs=1 seek=300 conv=notrunc 2>/dev/null
run 1 verify index
says err "$(basename "$seg")"
printf 'X' | dd of=again/MANIFEST bs=1 seek=30 conv=notrunc 2>/dev/null
run 1 verify again
says err 'MANIFEST'
