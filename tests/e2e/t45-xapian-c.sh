#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# xapian-c as other programs get it: installed, found by pkg-config, compiled
# and linked by a plain cc; its examples index and search, also through
# xapian-tcpsrv.
set -eu

dir=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -KILL "$server"; rm -rf "$dir"' EXIT

fail() {
	echo "t45-xapian-c: $*" >&2
	exit 1
}

printf '%s\n' 'biometric data sharing' 'a treaty on fishing' 'data sharing among states' 'shared biometric samples' \
	>"$dir/notes.txt"

check_examples() {
	[ "$("$1/index" "$dir/notes.db" <"$dir/notes.txt")" = "4 documents" ] || fail "$1/index"
	"$1/search" "$dir/notes.db" -- 'biometric "data sharing"' >"$dir/out" || fail "$1/search"
	cat >"$dir/expected" <<-'EOF'
		1: 1.722 [biometric] [data sharing]
		1 matches
	EOF
	sed 's/: [0-9.]* /: WEIGHT /' "$dir/out" >"$dir/got"
	sed 's/: [0-9.]* /: WEIGHT /' "$dir/expected" | cmp -s - "$dir/got" || fail "$1/search said: $(cat "$dir/out")"
	[ "$("$1/search" "$dir/notes.db" -- 'shar*' | tail -n 1)" = "3 matches" ] || fail "$1/search shar*"
	! "$1/search" "$dir/nonesuch" -- x 2>"$dir/err" || fail "$1/search of nothing succeeded"
	grep -q 'DatabaseNotFoundError' "$dir/err" || fail "$1/search of nothing said: $(cat "$dir/err")"
}

check_examples "$BQ_BINARY_DIR/indexer/xapian/examples"

# Installed: as another program would use it.  Libraries with sanitizers need a
# compiler with sanitizers.
if ! grep -q '^BQ_SANITIZE:STRING=.' "$BQ_BINARY_DIR/CMakeCache.txt"; then
	cmake --install "$BQ_BINARY_DIR" --prefix "$dir/usr" --component xapian-c >"$dir/log" || fail "$(cat "$dir/log")"
	PKG_CONFIG_PATH=$(dirname "$(find "$dir/usr" -name xapian-c.pc)")
	export PKG_CONFIG_PATH
	mkdir "$dir/bin"
	for example in index search; do
		# shellcheck disable=SC2046 # many words
		cc -std=gnu11 -Wall -Wextra -Werror -o "$dir/bin/$example" \
			"$BQ_SOURCE_DIR/indexer/xapian/examples/$example.c" \
			$(pkg-config --define-variable=prefix="$dir/usr" --cflags --libs xapian-c) || fail "cc $example.c"
	done
	check_examples "$dir/bin"

	# The header alone, read by the strictest: C99 and C++11 without extensions.
	printf '%s\n' '#include <xapian-c.h>' 'int main(void) { return xapian_c_version()[0] == 0; }' >"$dir/strict.c"
	for how in 'cc -std=c99' 'c++ -std=c++11 -x c++'; do
		# shellcheck disable=SC2046,SC2086 # many words
		$how -pedantic-errors -Wall -Wextra -Wconversion -Wshadow -Werror \
			$(pkg-config --define-variable=prefix="$dir/usr" --cflags xapian-c) "$dir/strict.c" -x none \
			-o "$dir/strict" $(pkg-config --define-variable=prefix="$dir/usr" --libs xapian-c) || fail "$how"
		"$dir/strict" || fail "$how: no version"
	done
fi

# Two databases as one, one of them over TCP.
search=$BQ_BINARY_DIR/indexer/xapian/examples/search
port=
for try in 1 2 3 4 5; do
	port=$((20000 + ($$ * 7 + try * 997) % 12000)) # below those the system gives out
	setsid xapian-tcpsrv --interface 127.0.0.1 --port "$port" --quiet "$dir/notes.db" &
	server=$!
	for wait in $(seq 600); do
		if "$search" "127.0.0.1:$port" -- fishing >"$dir/out" 2>&1; then
			break 2
		fi
		kill -0 "$server" 2>/dev/null || break
		sleep 0.1
	done
	kill -KILL "$server" 2>/dev/null || :
	server=
done
[ -n "$server" ] || fail "no xapian-tcpsrv: $(cat "$dir/out")"
[ "$("$search" "127.0.0.1:$port" "$dir/notes.db" -- fishing | tail -n 1)" = "2 matches" ] || fail "local and remote"
echo "t45-xapian-c: ok"
