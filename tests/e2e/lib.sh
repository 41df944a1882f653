# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034,SC2154
#
# What the scripts here share; they begin with
#
#   . "$(dirname "$0")/lib.sh"
#
# and have then set -eu, $tmp, a directory of their own that also is HOME and
# goes when they end, and these:
#
#   fail WORDS..           says them, shows $tmp/log*, out and err, ends
#   await CMD..            until it succeeds; gives up after a minute, for a machine with
#                          other things to do is no failure
#   run CODE ARGUMENT..    bqindex, which ends with CODE; $tmp/out, $tmp/err
#   says FILE TEXT         TEXT stands in $tmp/FILE
#   start OPTION..         bqd at $tmp/s, ready, log in $tmp/log; $under: what runs it
#   ask LINES              what the daemon answers, without the banner
#   expect WORDS TEXT      WORDS stand in TEXT
#   gone STATUS            the daemon ends by itself, with STATUS, and leaves no socket
#   stop                   told to, with 0
set -eu
bqd=$BQ_BINARY_DIR/daemon/bqd
bqindex=$BQ_BINARY_DIR/indexer/bqindex
tmp=$(mktemp -d)
daemon= pids= under=
trap 'for p in $daemon $pids; do kill "$p" 2>/dev/null || true; done; rm -rf "$tmp"' EXIT
export HOME="$tmp" XDG_CONFIG_HOME="$tmp/config" XDG_RUNTIME_DIR="$tmp/run" XDG_STATE_HOME="$tmp/state"
unset XDG_DATA_HOME BQ_SOCKET LISTEN_FDS LISTEN_PID NOTIFY_SOCKET || true
mkdir -m 700 "$tmp/run"

fail() {
	echo "$*" >&2
	for f in "$tmp"/log* "$tmp/out" "$tmp/err"; do
		[ ! -f "$f" ] || sed "s/^/${f##*/}: /" "$f" >&2
	done
	exit 1
}

await() {
	give_up=$(($(date +%s) + 60))
	until "$@"; do
		[ "$(date +%s)" -lt $give_up ] || return 1
		sleep 0.02
	done
}

run() {
	want=$1
	shift
	code=0
	"$bqindex" "$@" >"$tmp/out" 2>"$tmp/err" || code=$?
	[ $code = "$want" ] || fail "bqindex $*: exit $code, not $want"
}

says() {
	grep -qF -e "$2" "$tmp/$1" || fail "$1 does not say: $2"
}

start() {
	: >"$tmp/log"
	# shellcheck disable=SC2086 # a command and its options
	$under "$bqd" --socket "$tmp/s" "$@" 2>>"$tmp/log" &
	daemon=$!
	await grep -q "^bqd: ready socket=$tmp/s gen=" "$tmp/log" || fail "not ready: $*"
	[ -S "$tmp/s" ] || fail "ready without a socket"
}

ask() {
	# shellcheck disable=SC2059 # LINES hold \n
	printf "$1" | nc -N -U "$tmp/s" | tail -n +2
}

expect() {
	case $2 in *"$1"*) ;; *) fail "no $1 in: $2" ;; esac
}

has_ended() { ! kill -0 "$daemon" 2>/dev/null; }

gone() {
	await has_ended || fail "the daemon is still there after a minute"
	code=0
	wait "$daemon" || code=$?
	daemon=
	[ $code -eq "$1" ] || fail "exit $code, not $1"
	[ ! -e "$tmp/s" ] && [ ! -e "$tmp/s.pid" ] || fail "the socket is left behind"
}

stop() {
	kill "$daemon"
	gone 0
}
