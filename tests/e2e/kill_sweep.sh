#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
#   sh tests/e2e/kill_sweep.sh [STEP [SECONDS]]      of the build in $BQ_BINARY_DIR (build)
#
# Runs `bqindex build`, `update` and `optimize` over a small index again and again,
# and each time ends one file-system call of it, by name and count, in one of
# three ways: the process is killed there, the disk is full, or the call fails.
# Whatever happened, the index is sound afterwards and answers as before or as
# after the run, a run that failed says why in a line and exits 2, and the next
# run succeeds.
#
# Every STEP-th call of each name is taken, every one by default (about 3
# minutes); SECONDS ends the sweep early, and says so.  Needs strace and the
# right to use it; exit 77 without.
set -eu
step=${1:-1}
limit=${2:-100000}
bqindex=$(cd "${BQ_BINARY_DIR:-build}" && pwd)/indexer/bqindex
kill_calls="openat write pwrite64 fsync rename renameat unlinkat mkdirat ftruncate close lseek mmap flock fstat pread64"
fail_calls="openat write pwrite64 fsync rename renameat ftruncate lseek mmap"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
strace -f -qq -o log -e trace=openat -e inject=openat:signal=KILL:when=1000 true 2>/dev/null || {
	echo "SKIP: strace is not installed or not permitted here"
	exit 77
}

fail() {
	echo "kill_sweep: $verb, $how $call $n: $*" >&2
	[ ! -s err ] || sed 's/^/err: /' err >&2
	exit 1
}

# What the index in $1 answers, without the numbers of its segments.
answer() {
	{ "$bqindex" dump "$1" && "$bqindex" dump "$1" --terms && "$bqindex" dump "$1" --postings data; } |
		sed 's/"doc":"[0-9.]*"//g; s/"segment":[0-9]*//g'
}

arguments() {
	case $verb in
	optimize) echo optimize index ;;
	*) echo "$verb" -o index docs ;;
	esac
}

# shellcheck disable=SC2046 # words
run() {
	"$bqindex" $(arguments) >out 2>err
}

reset() {
	rm -rf index
	cp -a before index
}

# The counts of $call, every $step-th, between the first that is about the index
# and the last; with a second argument only those about the index.
counts() {
	awk -v call="$call" -v step="$step" -v all="$1" '
		$2 ~ "^" call "\\(" { n++; about = /\/index/; if (about) seen = 1
			if (all ? seen : about) { if (i++ % step == 0) print n } }' calls
}

check_index() {
	"$bqindex" verify index >verdict 2>&1 || fail "not sound: $(cat verdict)"
	answer index >is
	cmp -s is after && return
	cmp -s is before.answer || fail "neither the old answer nor the new one"
	[ "$1" != 0 ] || fail "exit 0 without the new answer"
}

# try INJECTION CODES: one run with it; its exit code is one of CODES.
try() {
	reset
	code=0
	# shellcheck disable=SC2046
	strace -f -qq -o /dev/null -e "trace=$call" -e "inject=$call:$1:when=$n" "$bqindex" $(arguments) \
		>out 2>err || code=$?
	case " $2 " in
	*" $code "*) ;;
	*) fail "exit $code" ;;
	esac
	[ $code != 2 ] || [ "$(grep -c '^bqindex: ' err)" = 1 ] || fail "no reason in one line"
	check_index $code
	[ $code = 0 ] || ended=$((ended + 1))
	# only the very last step may fail behind the rename
	[ $code != 2 ] || [ "$call" = fsync ] || cmp -s is before.answer || fail "failed, but published"
	[ $code = 0 ] && return
	run || fail "the next run fails"
	answer index | cmp -s - after || fail "the next run gives another answer"
	"$bqindex" verify index >/dev/null || fail "not sound after the next run"
}

# sweep HOW INJECTION CODES ALL CALLS
sweep() {
	how=$1
	for call in $5; do
		for n in $(counts "$4"); do
			[ "$(($(date +%s) - begun))" -lt "$limit" ] || { is_cut=" (ended after $limit s)"; return 0; }
			try "$2" "$3"
			tried=$((tried + 1))
		done
	done
}

# --- documents before and after ---------------------------------------------
mkdir docs
i=0
while [ $i -lt 12 ]; do
	printf '# Title %s\n\nold data of file %s is shared\n' $i $i >docs/$i.md
	i=$((i + 1))
done
"$bqindex" build -o before docs >/dev/null 2>&1
answer before >before.answer
rm docs/3.md
printf 'new data\n' >docs/4.md
touch -d '2001-02-03 04:05:06 UTC' docs/5.md
printf 'a new file with data\n' >docs/new.txt

begun=$(date +%s)
tried=0
ended=0
is_cut=
for verb in build update optimize; do
	how=none call=none n=0
	reset
	if [ $verb = optimize ]; then
		"$bqindex" update -o before docs >/dev/null 2>&1
		answer before >before.answer
		reset
	fi
	# shellcheck disable=SC2046
	strace -f -qq -y -o calls -e "trace=$(echo $kill_calls | tr ' ' ,)" "$bqindex" $(arguments) >out 2>err ||
		fail "without any failure: exit $?"
	answer index >after
	! cmp -s before.answer after || fail "answers as before"
	sweep KILL signal=KILL "137 0" 1 "$kill_calls"
	sweep ENOSPC error=ENOSPC "2 0" "" "$fail_calls"
	sweep EIO error=EIO "2 0" "" "$fail_calls"
done
[ $((2 * ended)) -gt $tried ] || { echo "kill_sweep: only $ended of $tried runs ended early" >&2; exit 1; }
echo "kill_sweep: $ended of $tried runs ended early, each left the old generation or the new one$is_cut"
