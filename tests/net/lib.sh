# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2154
#
# What e2e/t47-remote.sh and cluster.sh share: documents, queries, and the two
# ways of answering them.  Needs $tmp, $bqd, $bqindex, $BQ_BINARY_DIR and fail().

# make_documents N: $tmp/docs.jsonl, and $tmp/three (3 shards), $tmp/one of them.
make_documents() {
	"$BQ_BINARY_DIR/tests/gen_zipf" -n "$1" -v 3000 -l 60 >"$tmp/docs.jsonl"
	for shards in 1 3; do
		"$bqindex" build --progress never --engine=xapian --shards $shards -o "$tmp/of-$shards" "$tmp/docs.jsonl" \
			2>"$tmp/err" || fail "build of $shards"
	done
}

# make_queries N: $tmp/queries, words and phrases that documents have: all the
# words, any of them, a phrase, in turn.
make_queries() {
	sed 's/.*"text":"\([^"]*\)".*/\1/; s/\\n/ /g' "$tmp/docs.jsonl" | tr 'A-Z' 'a-z' | tr -cs 'a-z\n' ' ' | awk -v want="$1" '
		NF > 12 {
			at = 1 + (NR * 7) % (NF - 8)
			if (n % 3 == 0) print $at, $(at + 5)
			if (n % 3 == 1) print $at " OR " $(at + 3) " OR " $(at + 6)
			if (n % 3 == 2) print "\"" $at " " $(at + 1) (n % 2 ? "" : " " $(at + 2)) "\""
			if (++n == want) exit
		}' >"$tmp/queries"
	[ "$(wc -l <"$tmp/queries")" = "$1" ] || fail "too few queries"
}

# rank_local FILE: the first 100 ids of each query, by Xapian alone from one database.
rank_local() {
	"$BQ_BINARY_DIR/tests/rank" "$tmp/of-1" 0.9 0.4 100 <"$tmp/queries" >"$1" || fail "rank"
}

# rank_shards FILE BQD..: the same by that daemon; what is not whole says PARTIAL.
# Lines wait behind one another, and that counts: hence the time.
rank_shards() {
	file=$1
	shift
	sed 's/^/SEARCH @limit=100 @match=all @snippets=none @timeout=600000 /' "$tmp/queries" | "$@" 2>"$tmp/log" |
		awk '
		/^#0 HIT / {
			id = $0
			sub(/.*"id":"/, "", id)
			sub(/".*/, "", id)
			ids = ids " " id
		}
		/^#0 (END|ERR) / {
			print ids ($0 ~ /"partial"|ERR/ ? " PARTIAL " $0 : "")
			ids = ""
		}' >"$file"
}
