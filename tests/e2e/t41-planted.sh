#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# gen_zipf gives the same bytes on every machine and says how many documents
# hold the phrases it plants; random phrases are compared with a scan of the
# text, places and marks included.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

sum=$("$BQ_BINARY_DIR/tests/gen_zipf" -n 300 | cksum)
[ "$sum" = "2750497377 377723" ] || {
	echo "gen_zipf -n 300: cksum $sum" >&2
	exit 1
}
"$BQ_BINARY_DIR/tests/gen_zipf" -n 1500 -l 120 -p 'biometric data sharing=100' -a 'biometric data sharing=400' \
	-p 'statement of intent=7' >"$tmp/z.jsonl"
"$BQ_BINARY_DIR/indexer/bqindex" build -o "$tmp/index" "$tmp/z.jsonl" 2>"$tmp/log" || {
	cat "$tmp/log" >&2
	exit 1
}
printf '%s\t%s\n' '"biometric data sharing"' 100 '"statement of intent"' 7 '"data biometric"' 0 >"$tmp/counts"
cd "$BQ_SOURCE_DIR/tests/quality"
export PYTHONDONTWRITEBYTECODE=1
python3 check_counts.py "$BQ_BINARY_DIR" "$tmp/index" "$tmp/counts" --socket
python3 check_phrases.py "$BQ_BINARY_DIR" "$tmp/z.jsonl" --lang en --index "$tmp/index" --n 300
