#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bqindex optimize and build --reorder: the same documents in another order, the
# same bytes whatever the threads; an update knows all files again; a signal leaves
# the old generation.
. "$(dirname "$0")/lib.sh"
cd "$tmp"

# The documents that a dump shows, without what depends on their segment.
docs_of() {
	"$bqindex" dump "$1" | grep -v '"dead":true' | sed 's/"doc":"[^"]*",//'
}

# Records of N documents in three topics that come in turn.
records() {
	awk -v n="$1" 'BEGIN {
		for (i = 0; i < n; i++) {
			printf "{\"id\":%d,\"text\":\"", i
			for (w = 0; w < 25; w++) {
				seed = (seed * 1103515245 + 12345) % 2147483648
				printf " %s%d", substr("abc", i % 3 + 1, 1), int(seed / 65536) % 90
			}
			print " common.\"}"
		}
	}'
}

mkdir docs
records 900 >docs/a.jsonl
records 300 >docs/b.jsonl
for i in 1 2 3 4 5 6 7 8 9; do echo "a$i b$i c$i common" >docs/$i.txt; done
touch -d '2025-01-02 03:04:05 UTC' docs/*

# --- a build in a better order ----------------------------------------------
run 0 build --json --threads 1 -o plain docs
run 0 build --json --threads 1 --reorder -o one docs
says out '"reordered":true'
run 0 build --json --threads 3 --reorder -o many docs
cmp one/00000002.seg many/00000002.seg || fail "the bytes depend on threads"
run 0 verify one
docs_of plain >a
docs_of one >b
cmp -s a b && fail "the order is the old one"
sort a >a.sorted
sort b >b.sorted
cmp a.sorted b.sorted || fail "other documents"

# --- optimize does the same to what is there ---------------------------------
run 0 optimize --no-reorder --json plain
says out '"published":false'
run 0 optimize --json --threads 2 --progress always plain
says out '"reordered":true'
says err 'finding an order'
says err 'copying documents'
docs_of plain >a
cmp a b || fail "optimize finds another order than build --reorder"
run 0 verify plain
run 0 optimize --json plain
says out '"published":false'
run 0 optimize --json --no-reorder plain
says out '"published":false'

# --- an update knows the documents again ---------------------------------------
run 0 build --reorder -o single docs/a.jsonl
touch -d '2025-01-02 03:04:06 UTC' docs/a.jsonl
run 0 update --json -o single docs/a.jsonl
says out '"added":0'
says out '"restamped":900'
touch -d '2025-01-02 03:04:05 UTC' docs/a.jsonl
run 0 update --json -o one docs
says out '"published":false'
touch -d '2025-01-03 03:04:05 UTC' docs/a.jsonl docs/1.txt
run 0 update --json -o one docs
says out '"added":0'
says out '"dropped":0'
says out '"restamped":901'
sed -i '100s/common/changed/;500d' docs/a.jsonl
run 0 update --json -o one docs
says out '"rebuilt":false'
run 0 verify one
run 0 optimize --json one
says out '"reordered":true'
run 0 build -o fresh docs
docs_of one | sort >a
docs_of fresh | sort >b
cmp a b || fail "the updated index holds other documents"

# --- pairs of an optimize -----------------------------------------------------
run 0 optimize --json --pairs off one
says out '"published":true'
run 0 optimize --json --pairs off one
says out '"published":false'
run 0 optimize --json --pairs 20 --memory 64M --threads 1 one
says out '"published":true'
run 0 optimize --json --pairs 20 one
says out '"published":false'
run 0 verify one

# --- nothing to put in order: no document, and none that shares a word -------------
mkdir nothing
run 0 build -o empty nothing
run 0 optimize --json --pairs off empty
says out '"published":true'
run 0 optimize --json --pairs off empty
says out '"published":false'
run 0 optimize --json --pairs 20 empty
run 0 verify empty
i=0
while [ $((i += 1)) -le 40 ]; do
	echo "{\"id\":\"$i\",\"text\":\"w${i}a w${i}b\"}"
done >strangers.jsonl
run 0 build -o strangers strangers.jsonl
run 0 optimize strangers
run 0 verify strangers

# --- what does not go together ---------------------------------------------------
run 2 optimize --reorder --no-reorder one
run 2 build --engine xapian --reorder -o x docs
run 2 optimize --k1 1 one
run 0 optimize --memory 1K one
says err 'raised to 64M'

# --- a signal in the middle ------------------------------------------------------
records 30000 >many.jsonl
run 0 build -o large many.jsonl
before=$(cat large/MANIFEST)
"$bqindex" optimize --progress always large 2>err &
pids=$!
await grep -q 'finding an order' err || fail "no order is looked for"
kill -INT "$pids"
code=0
wait "$pids" || code=$?
pids=
[ $code = 2 ] || fail "stopped: exit $code, not 2"
says err 'stopped by a signal'
[ "$before" = "$(cat large/MANIFEST)" ] || fail "MANIFEST has changed"
[ "$(ls large/*.seg | wc -l)" = 1 ] || fail "a stopped run leaves files: $(ls large)"
run 0 verify large
