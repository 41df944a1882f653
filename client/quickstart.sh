#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# From a fresh clone to ranked hits:
#
#   sh client/quickstart.sh "biometric data sharing"
#
# Installs what is missing, builds, indexes corpus/news, searches it through a
# daemon.  Safe to run again.  All it makes is under build/; where that path is
# too long for a socket, the socket is in a directory that is named.
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=client/packages.sh
. client/packages.sh

[ $# -gt 0 ] || set -- "biometric data sharing"
here=$PWD
made=$here/build/quickstart
bq=$here/build/client/bq

say() { printf '== %s\n' "$*" >&2; }

# Whether a directory is ours and closed to others.
is_private() { [ -n "$(find "$1" -prune -type d -user "$(id -u)" -perm 700 2>/dev/null)" ]; }

# Where the daemon's socket goes: a socket's path has at most 107 bytes.
choose_socket() {
	socket=$made/bqd.sock
	if [ "$(printf %s "$socket.lock" | wc -c)" -le 107 ]; then
		return
	fi
	dir=$(cat "$made/socket-dir" 2>/dev/null) || dir=
	if [ -z "$dir" ] || ! is_private "$dir"; then
		dir=$(mktemp -d "${XDG_RUNTIME_DIR:-/tmp}/bq.XXXXXX")
		printf '%s\n' "$dir" >"$made/socket-dir"
	fi
	say "the path of build/ is too long for a socket; it is in $dir"
	socket=$dir/bqd.sock
}

mkdir -p "$made"
chmod 700 "$made"
choose_socket
XDG_STATE_HOME=$made/state
export XDG_STATE_HOME

say "packages"
# shellcheck disable=SC2086 # one argument a package
bq_install_packages $BQ_PACKAGES

if [ -S "$socket" ] && [ -x "$bq" ]; then
	say "stopping the daemon of an earlier run"
	"$bq" --socket "$socket" stop || true
fi

say "building (log: build/quickstart/build.log)"
if [ ! -f build/CMakeCache.txt ] && command -v ninja >/dev/null 2>&1; then
	generator="-G Ninja"
else
	generator=
fi
# shellcheck disable=SC2086 # two words or none
if ! { cmake -S . -B build $generator -DBQ_TESTS=ON -DBQ_BENCH=ON &&
	cmake --build build -j "$(nproc)" --target bq bqd bqindex; } >"$made/build.log" 2>&1; then
	tail -n 40 "$made/build.log" >&2
	say "the build failed"
	exit 2
fi

say "indexing corpus/news"
rc=0
build/indexer/bqindex update -o "$made/news" corpus/news || rc=$?
[ "$rc" -le 1 ] || exit 2

# The words as a shell wants them: what has a blank is one argument.
words=
for word; do
	case $word in
	*\"*) words="$words '$word'" ;;
	*[[:space:]]*) words="$words \"$word\"" ;;
	*) words="$words $word" ;;
	esac
done
say "searching: bq --socket $socket -i $made/news$words"
rc=0
export BQ_PAGER=
"$bq" --socket "$socket" -i "$made/news" -- "$@" || rc=$?

say "the daemon serves on for 30 idle minutes; to stop it: $bq --socket $socket stop"
exit "$rc"
