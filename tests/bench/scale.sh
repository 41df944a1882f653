#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# How building and answering grow with the collection: gen_zipf's documents,
# ten times more each time.  The same queries at every size, made of the first
# 10,000 documents; those do not depend on how many follow.
#
#   sh tests/bench/scale.sh [-l WORDS] [-r RUNS] [-b DIR] DOCUMENTS..
#
#   -l WORDS   words of a document on average (50)
#   -r RUNS    the median of so many (5)
#   -b DIR     where all it makes is kept (build/scale): scale.tsv, scale.svg; the
#              indexes go again
#
#   sh tests/bench/scale.sh 10000 100000 1000000 5000000
#
# Times are CPU times; memory is the most that bqindex had.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
here=$top/tests/bench
words=50 runs=5 work=$top/build/scale build=${BQ_BINARY_DIR:-$top/build}
while getopts l:r:b: option; do
	case $option in
	l) words=$OPTARG ;;
	r) runs=$OPTARG ;;
	b) work=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -ge 1 ] || {
	sed -n '/^#   sh/,/^# Times/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}
cmake --build "$build" --target bqindex bqbench gen_zipf >/dev/null
mkdir -p "$work"
cd "$work"
"$build/tests/gen_zipf" -n 10000 -l "$words" >first.jsonl
python3 -B "$here/make_queries.py" first.jsonl 60 1 >queries
rm -f first.jsonl

rows=
for n; do
	echo "$n documents" >&2
	rm -rf index
	"$build/tests/gen_zipf" -n "$n" -l "$words" |
		python3 -B "$here/spent.py" "$build/indexer/bqindex" build --json --progress never --lang none -o index - >"$n.build"
	"$build/tests/bench/bqbench" engine index --commands TOP_10,COUNT --runs "$runs" --cpu --json <queries >"$n.times"
	rows="$rows $n"
done
rm -rf index
# shellcheck disable=SC2086 # a list of numbers
python3 -B "$here/scale.py" $rows >scale.svg
cat scale.tsv
