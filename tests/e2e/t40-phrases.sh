#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Phrases in this repository's own corpus: which files, and where in them.  The
# expected answers were found by reading.
. "$(dirname "$0")/lib.sh"
export BQ_SOCKET="$tmp/s"

search() {
	"$BQ_BINARY_DIR/client/bq" --no-autostart -i "$tmp/index" "$@"
}

# holds QUERY NAME..: exactly these files hold it; an article is named by its date.
holds() {
	query=$1
	shift
	printf '%s\n' "$@" | sort >"$tmp/want"
	search -l -e "$query" | sed 's,.*/,,; s/^\(2025-..-..\).*/\1/' | sort >"$tmp/got" || true
	diff "$tmp/want" "$tmp/got" >"$tmp/diff" || fail "$query: $(cat "$tmp/diff")"
}

# expect_at QUERY PATH:LINE:COLUMN..: places among those found.
expect_at() {
	query=$1
	shift
	search --vimgrep -e "$query" >"$tmp/got" || fail "$query: nothing found"
	for place; do
		grep -qF "$place:" "$tmp/got" || fail "$query: not at $place but: $(cat "$tmp/got")"
	done
}

cd "$BQ_SOURCE_DIR/corpus"
"$bqindex" build -o "$tmp/index" news tiny 2>"$tmp/log" || [ $? -eq 1 ] || fail "bqindex build"
start --index "$tmp/index"

holds '"biometric data sharing"' plain.md lineend.txt hyphen.md heading.md crlf.txt \
	2025-03-28 2025-03-31 2025-03-31 2025-04-08 2025-04-10 2025-04-11
holds '"memorandum of understanding"' 2025-03-28 2025-03-29 2025-04-02 2025-04-05 2025-04-08 2025-04-15 2025-04-16
holds '"statement of intent"' plain.md lineend.txt hyphen.md 2025-03-27 2025-03-28 2025-03-29 2025-03-29 2025-04-02 \
	2025-04-05 2025-04-08 2025-04-10 2025-04-11 2025-04-14 2025-04-15 2025-04-16
holds '"to be or not to be"' be.txt
holds '"knock knock who is there"' knock.txt
holds '"cafe noir"' cafe.txt
holds '"san francisco s naive files"' cafe.txt
holds '"京都"' cjk.txt
holds '"정보 공유"' cjk.txt

expect_at '"biometric data sharing"' tiny/plain.md:3:22 tiny/lineend.txt:3:17 tiny/hyphen.md:3:1 tiny/heading.md:1:3 \
	tiny/crlf.txt:3:11
expect_at '"not to be"' tiny/be.txt:1:11
expect_at '"knock knock who is there"' tiny/knock.txt:3:1
expect_at '"cafe noir"' tiny/cafe.txt:1:4
expect_at '"京都"' tiny/cjk.txt:1:4
expect_at '"last words"' tiny/crlf.txt:5:1

search -l '"sharing biometric"' >"$tmp/got" && fail "found what is nowhere: $(cat "$tmp/got")"
exit 0
