# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2154
#
# Servers of shards on this machine, for e2e/t47-remote.sh .. t49, behind
# e2e/lib.sh and lib.sh.  Each is a process group of its own: $group is the last,
# $groups all; they are killed when the script ends.

command -v xapian-tcpsrv >/dev/null || fail "xapian-tcpsrv is missing: package xapian-tools"
groups=

kill_groups() {
	for g in $groups; do kill -KILL "-$g" 2>/dev/null || true; done
}
trap 'kill_groups; for p in $daemon $pids; do kill "$p" 2>/dev/null || true; done; rm -rf "$tmp"' EXIT

listens() { nc -z 127.0.0.1 "$1"; }

# started PORT: the group in the background listens there, or has ended because
# somebody else does.
started() {
	group=$!
	groups="$groups $group"
	listens_or_ended() { listens "$1" || ! kill -0 "$group" 2>/dev/null; }
	await listens_or_ended "$1" && kill -0 "$group" 2>/dev/null && listens "$1"
}

# serve PORT DATABASE OPTION..
serve() {
	port=$1
	database=$2
	shift 2
	setsid xapian-tcpsrv --interface 127.0.0.1 --port "$port" --quiet "$@" "$database" 2>>"$tmp/log.srv" &
	started "$port"
}

# whole WORD: the answer, $answer, is of all shards.
whole() {
	answer=$(ask "SEARCH @limit=3 @timeout=20000 $1\n")
	case $answer in *'"partial"'* | *ERR*) return 1 ;; *' END '*) return 0 ;; esac
	return 1
}

# often_enough CMD..: it succeeds in one of five attempts, for what depends on time may
# fail on a machine with other things to do.
often_enough() {
	for attempt in 1 2 3 4; do
		"$@" && return
	done
	"$@"
}

# at_free_ports CMD: with $base, the first of some ports in a row; elsewhere where
# it fails, for another process may have one.
at_free_ports() {
	for try in 1 2 3 4 5; do
		base=$((20000 + ($$ * 7 + try * 997) % 12000)) # below those the system gives out
		groups=
		"$@" && return
		kill_groups
	done
	fail "no ports"
}
