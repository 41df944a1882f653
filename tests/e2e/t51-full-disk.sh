#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A build and an update on disks of growing size, from one that
# holds nothing more to one with room for all: each publishes, or says that the
# disk is full, exits 2 and leaves what was there.  Mounts a tmpfs: needs root.
set -eu
tmp=$(mktemp -d)
disk=$tmp/disk
trap 'umount "$disk" 2>/dev/null || :; rm -rf "$tmp"' EXIT
bqindex=$BQ_BINARY_DIR/indexer/bqindex

mkdir "$disk"
mount -t tmpfs -o size=64m bq-test "$disk" 2>/dev/null || {
	echo "SKIP: only root may mount a disk to fill"
	exit 0
}
cd "$tmp"

fail() {
	echo "$verb with $room KiB left: $*" >&2
	sed 's/^/err: /' err >&2
	exit 1
}

answer() {
	{ "$bqindex" dump "$1" && "$bqindex" dump "$1" --terms; } | sed 's/"doc":"[0-9.]*"//g; s/"segment":[0-9]*//g'
}

mkdir docs
i=0
while [ $i -lt 60 ]; do
	seq -f "word%.0f of old file $i" 1 40 >docs/$i.txt
	i=$((i + 1))
done
"$bqindex" build -o "$disk/before" docs >/dev/null 2>&1
answer "$disk/before" >before
rm docs/3.txt
seq -f "new%.0f" 1 4000 >docs/4.txt
full=0 done=0

# try ROOM: the disk has this many KiB left.
try() {
	room=$1
	rm -rf "$disk/index"
	cp -a "$disk/before" "$disk/index"
	left=$(df -k --output=avail "$disk" | tail -1)
	head -c $(((left - room) * 1024)) /dev/zero >"$disk/ballast"
	code=0
	"$bqindex" $verb -o "$disk/index" docs >out 2>err || code=$?
	rm "$disk/ballast"
	"$bqindex" verify "$disk/index" >verdict 2>&1 || fail "not sound: $(cat verdict)"
	answer "$disk/index" >is
	if [ $code = 0 ]; then
		cmp -s is after || fail "exit 0 without the new answer"
		done=$((done + 1))
	else
		[ $code = 2 ] || fail "exit $code"
		grep -q 'No space left' err || fail "does not say why"
		cmp -s is before || fail "failed, and the old answer is gone"
		full=$((full + 1))
	fi
}

for verb in build update; do
	room=all
	cp -a "$disk/before" "$disk/index"
	"$bqindex" $verb -o "$disk/index" docs >out 2>err || fail "exit $?"
	answer "$disk/index" >after
	for k in 0 4 8 12 16 24 32 40 48 56 64 72 80 88 96 104 112 120 128 144 160 200 400; do
		try $k
	done
	rm -rf "$disk/index"
done
[ $full -gt 4 ] && [ $done -gt 4 ] || { echo "only $full full disks, $done with room" >&2; exit 1; }
echo "$full full disks left the old generation, $done had room for the new one"
