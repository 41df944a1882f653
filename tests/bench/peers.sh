#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bq beside the engines Debian offers: Xapian, SQLite's FTS5, Lucene.  The same
# words in all, the same queries, one thread, warm, no query caches.
#
#   sh tests/bench/peers.sh [-p] [-r RUNS] [-b DIR] COLLECTION.jsonl QUERIES..
#
#   -p        each line of text is a document, not each article
#   -r RUNS   the median of so many (10)
#   -b DIR    where all it makes is kept (build/peers); the peers' indexes are used again
#
# QUERIES are files of the public benchmark's forms (see queries.h), also JSON
# lines.  Counts are compared first; the table, Markdown, leaves out the queries
# on which an engine differs, and names them.  Times are CPU times.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
here=$top/tests/bench/peers
. "$top/client/packages.sh"
unit=documents runs=10 work=$top/build/peers build=${BQ_BINARY_DIR:-$top/build}
while getopts pr:b: option; do
	case $option in
	p) unit=paragraphs ;;
	r) runs=$OPTARG ;;
	b) work=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -ge 2 ] || {
	sed -n '/^#   sh/,/^# lines/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}
collection=$(realpath "$1")
shift
for file; do # said from another directory below
	set -- "$@" "$(realpath "$file")"
	shift
done

# shellcheck disable=SC2086 # a list of words
bq_install_packages $BQ_PACKAGES libsqlite3-dev liblucene8-java default-jdk-headless python3 time >&2
[ -f "$build/CMakeCache.txt" ] || cmake -S "$top" -B "$build" -G Ninja -DBQ_BENCH=ON >/dev/null
cmake --build "$build" --target bqindex bqbench peer_words >/dev/null
mkdir -p "$work/$unit"
cd "$work"
lucene=$(echo /usr/share/java/lucene-core-8*.jar):$(echo /usr/share/java/lucene-analyzers-common-8*.jar)
java="taskset -c 0 java -Xmx3g -XX:+UseSerialGC -cp $lucene:$work"
g++ -O2 -o peer_xapian "$here/xapian.cc" -lxapian
gcc -O2 -o peer_fts5 "$here/fts5.c" -lsqlite3
javac -cp "$lucene" -d . "$here/Lucene.java"

cd "$unit"
rm -f bq.cost bq-nopairs.cost # bq may be another one now
stamp=$(stat -c '%n %s %Y' "$collection")
[ "$stamp" = "$(cat collection 2>/dev/null)" ] || rm -rf ./*
echo "$stamp" >collection
[ -s words ] || { "$build/tests/bench/peer_words" $unit <"$collection" >words.new && mv words.new words; }
cat "$@" | "$build/tests/bench/peer_words" queries | awk '!seen[$0]++' >queries

# index NAME COMMAND..: WORDS on standard input become $NAME, unless they have
# before; NAME.cost: CPU seconds of the user and the system, KiB at most.
index() {
	name=$1
	shift
	[ ! -s "$name.cost" ] || return 0
	echo "indexing: $name" >&2
	rm -rf "$name" "$name.loose"
	/usr/bin/time -o "$name.time" -f '%U %S %M' "$@" >"$name.log" 2>&1 || {
		cat "$name.log" >&2
		exit 1
	}
	rm -rf "$name.loose"
	mv "$name.time" "$name.cost"
}

# Words need no escapes in JSON: they are letters, marks and digits.
bqindex="$build/indexer/bqindex build --lang none --no-store --progress never"
as_json() { awk '{ print "{\"id\":\"" NR "\",\"text\":\"" $0 "\"}" }' words; }

as_json | index bq $bqindex -o bq -
as_json | index bq-nopairs $bqindex --pairs off -o bq-nopairs -
index xapian env XAPIAN_FLUSH_THRESHOLD=100000 ../peer_xapian index xapian <words
index fts5 ../peer_fts5 index fts5 <words
# shellcheck disable=SC2086
index lucene $java Lucene index lucene <words

# ask NAME COMMAND..: the queries on standard input, NAME.times.
ask() {
	name=$1
	shift
	echo "asking: $name" >&2
	"$@" <queries >"$name.times"
}

for name in bq bq-nopairs; do
	ask $name "$build/tests/bench/bqbench" engine $name --commands TOP_10,COUNT --runs "$runs" --cpu --json
done
ask xapian ../peer_xapian run xapian "$runs"
ask fts5 ../peer_fts5 run fts5 "$runs"
# shellcheck disable=SC2086
ask lucene $java Lucene run lucene "$runs"
python3 -B "$here/join.py" bq bq-nopairs xapian fts5 lucene
