#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# xapian-c as other programs get it: installed, found by pkg-config, compiled
# and linked by a plain cc, with the shared and with the static library; what
# the shared one exports; its examples index and search, also through
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
	libs=$(dirname "$PKG_CONFIG_PATH")
	flags=$(pkg-config --define-variable=prefix="$dir/usr" --cflags xapian-c)

	# Examples from the installed libraries alone, shared and static.
	build_examples() {
		mkdir "$dir/$1"
		for example in index search; do
			# shellcheck disable=SC2086 # many words
			cc -std=gnu11 -Wall -Wextra -Werror -o "$dir/$1/$example" \
				"$BQ_SOURCE_DIR/indexer/xapian/examples/$example.c" $flags $2 || fail "cc $example.c: $1"
		done
	}
	needs_library() { readelf -d "$1/search" | grep -q 'NEEDED.*\[libxapian-c\.so\.0\]'; }

	build_examples shared "$(pkg-config --define-variable=prefix="$dir/usr" --libs xapian-c)"
	needs_library "$dir/shared" || fail "not linked with the shared library"
	(
		LD_LIBRARY_PATH=$libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
		export LD_LIBRARY_PATH
		check_examples "$dir/shared"
	) || exit 1
	build_examples static "$(pkg-config --define-variable=prefix="$dir/usr" --static --libs xapian-c |
		sed 's/-lxapian-c\>/-l:libxapian-c.a/')"
	! needs_library "$dir/static" || fail "not linked with the static library"
	check_examples "$dir/static"

	# The shared library gives what the header declares, no more and no less, and
	# asks for nothing that is in no other library.
	# shellcheck disable=SC2086 # many words
	echo '#include <xapian-c.h>' | cc -E -P $flags -x c - | grep -o '\<xapian_c_[a-z0-9_]*(' | tr -d '(' |
		grep -vx 'xapian_c_str' | sort -u >"$dir/declared"
	[ "$(wc -l <"$dir/declared")" -gt 100 ] || fail "$(wc -l <"$dir/declared") functions declared"
	nm -D --defined-only "$libs/libxapian-c.so" | grep -v ' A XAPIAN_C_0$' >"$dir/exported"
	sed 's/^[0-9a-f]* T \(.*\)@@XAPIAN_C_0$/\1/' "$dir/exported" | sort | diff - "$dir/declared" >"$dir/diff" ||
		fail "exported (<) and declared (>): $(cat "$dir/diff")"
	[ "$(readelf -d "$libs/libxapian-c.so" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')" = libxapian-c.so.0 ] || fail "no soname"
	python3 - "$libs/libxapian-c.so.0" <<-'EOF' || fail "not to be loaded by a running program"
		import ctypes, sys
		library = ctypes.CDLL(sys.argv[1])
		library.xapian_c_version.restype = ctypes.c_char_p
		sys.exit(not library.xapian_c_version().startswith(b"1."))
	EOF

	# The header alone, read by the strictest: C99 and C++11 without extensions.
	printf '%s\n' '#include <xapian-c.h>' 'int main(void) { return xapian_c_version()[0] == 0; }' >"$dir/strict.c"
	for how in 'cc -std=c99' 'c++ -std=c++11 -x c++'; do
		# shellcheck disable=SC2046,SC2086 # many words
		$how -pedantic-errors -Wall -Wextra -Wconversion -Wshadow -Werror \
			$flags "$dir/strict.c" -x none -o "$dir/strict" \
			$(pkg-config --define-variable=prefix="$dir/usr" --libs xapian-c) || fail "$how"
		LD_LIBRARY_PATH=$libs "$dir/strict" || fail "$how: no version"
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
