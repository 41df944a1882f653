#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Ctrl-C, and what a service manager sends: a build or an update by two threads,
# with runs on disk, while it reads and while it writes.  It ends with 2 and says why,
# the old generation stays as it was, and nothing is left beside it.
. "$(dirname "$0")/lib.sh"
cd "$tmp"

mkdir docs
for i in 1 2 3; do echo "document $i of the old generation" >docs/$i.txt; done
run 0 build -o index docs

# All but the time of LOCK, which each writer takes.
state() { ls index; ls -l index/*.seg; cat index/MANIFEST; }

before=$(state)
"$BQ_BINARY_DIR/tests/gen_zipf" -n 40000 -v 200000 >z.jsonl
mkfifo pipe

has_run() { grep -qF '.seg (deleted)' "/proc/$pid/maps"; }
is_writing() { grep -qF 'writing the index' err; }

# stopped VERB SIGNAL reading|writing
stopped() {
	"$bqindex" "$1" --threads 2 --memory 64M --progress always -o index docs - <pipe >out 2>err &
	pid=$!
	pids=$pid
	exec 3>pipe
	cat z.jsonl >&3
	await has_run || fail "$*: no run was written"
	if [ "$3" = writing ]; then
		exec 3>&-
		await is_writing || fail "$*: nothing is written"
	fi
	kill -s "$2" $pid
	code=0
	wait $pid || code=$?
	exec 3>&-
	pids=
	[ $code = 2 ] || fail "$*: exit $code"
	says err 'stopped by a signal'
	[ "$before" = "$(state)" ] || fail "$*: the index has changed: $(ls -l index)"
	run 0 update -o index docs
	says err 'nothing has changed: generation 1 stays'
	[ "$before" = "$(state)" ] || fail "$*: the next run has changed it: $(ls -l index)"
}

stopped build INT reading
stopped build TERM writing
stopped update TERM reading
stopped update INT writing
run 0 verify index
echo ok
