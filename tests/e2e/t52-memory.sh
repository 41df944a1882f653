#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# --memory is kept: more words than fit are spilled and merged, the program never
# takes more than the budget and 15 %, and the bytes are those of a build with room and
# another number of threads.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
bqindex=$BQ_BINARY_DIR/indexer/bqindex

fail() {
	echo "$*" >&2
	exit 1
}

member() {
	sed "s/.*\"$1\":\([0-9]*\).*/\1/" "$2"
}

"$BQ_BINARY_DIR/tests/gen_zipf" -n 40000 -v 200000 >z.jsonl
"$bqindex" build -o roomy --threads 3 --json z.jsonl >roomy.json 2>err || fail "$(cat err)"
"$bqindex" build -o small --threads 2 --memory 64M --json z.jsonl >small.json 2>err || fail "$(cat err)"
[ "$(member runs roomy.json)" = 0 ] || fail "the default budget is too small for this test"
[ "$(member runs small.json)" -ge 2 ] || fail "64M was enough: nothing is tested"
peak=$(member peak_rss_bytes small.json)
[ "$peak" -le $((64 * 1048576 * 115 / 100)) ] || fail "64M: $peak bytes were taken"
[ "$(member peak_rss_bytes roomy.json)" -gt "$peak" ] || fail "a roomy build took less"
for f in roomy/*; do
	[ "$f" = roomy/LOCK ] || cmp "$f" "small/${f#roomy/}" || fail "a small budget or other threads made other bytes"
done
echo ok
