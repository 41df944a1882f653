#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Phrases in this repository's own corpus: which files, and where in them.  The
# expected answers were found by reading.
set -eu
tmp=$(mktemp -d)
daemon=
trap '[ -z "$daemon" ] || kill "$daemon"; rm -rf "$tmp"' EXIT
export HOME="$tmp" XDG_CONFIG_HOME="$tmp/config" XDG_DATA_HOME="$tmp/share" XDG_STATE_HOME="$tmp/state" BQ_SOCKET="$tmp/s"
cd "$BQ_SOURCE_DIR/corpus"

fail() {
	echo "$*" >&2
	[ ! -f "$tmp/log" ] || cat "$tmp/log" >&2
	exit 1
}

search() {
	"$BQ_BINARY_DIR/client/bq" --no-autostart -i "$tmp/index" "$@"
}

# expect QUERY NAME..: exactly these files hold it; an article is named by its date.
expect() {
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

"$BQ_BINARY_DIR/indexer/bqindex" build -o "$tmp/index" news tiny 2>"$tmp/log" || [ $? -eq 1 ] || fail "bqindex build"
"$BQ_BINARY_DIR/daemon/bqd" --index "$tmp/index" --socket "$tmp/s" 2>"$tmp/log" &
daemon=$!
tries=0
until [ -S "$tmp/s" ]; do
	tries=$((tries + 1))
	[ $tries -lt 100 ] || fail "bqd: no socket after 10 s"
	sleep 0.1
done

expect '"biometric data sharing"' plain.md lineend.txt hyphen.md heading.md crlf.txt \
	2025-03-28 2025-03-31 2025-03-31 2025-04-08 2025-04-10 2025-04-11
expect '"memorandum of understanding"' 2025-03-28 2025-03-29 2025-04-02 2025-04-05 2025-04-08 2025-04-15 2025-04-16
expect '"statement of intent"' plain.md lineend.txt hyphen.md 2025-03-27 2025-03-28 2025-03-29 2025-03-29 2025-04-02 \
	2025-04-05 2025-04-08 2025-04-10 2025-04-11 2025-04-14 2025-04-15 2025-04-16
expect '"to be or not to be"' be.txt
expect '"knock knock who is there"' knock.txt
expect '"cafe noir"' cafe.txt
expect '"san francisco s naive files"' cafe.txt
expect '"京都"' cjk.txt
expect '"정보 공유"' cjk.txt

expect_at '"biometric data sharing"' tiny/plain.md:3:22 tiny/lineend.txt:3:17 tiny/hyphen.md:3:1 tiny/heading.md:1:3 \
	tiny/crlf.txt:3:11
expect_at '"not to be"' tiny/be.txt:1:11
expect_at '"knock knock who is there"' tiny/knock.txt:3:1
expect_at '"cafe noir"' tiny/cafe.txt:1:4
expect_at '"京都"' tiny/cjk.txt:1:4
expect_at '"last words"' tiny/crlf.txt:5:1

search -l '"sharing biometric"' >"$tmp/got" && fail "found what is nowhere: $(cat "$tmp/got")"
exit 0
