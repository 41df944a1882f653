#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A cluster of network namespaces on one machine, as root: three shards, each
# behind a wire of its own, and what may happen to them.
#
#     here (bqd)         bqt-PID-i (xapian-tcpsrv)
#     10.213.i.1 ------- 10.213.i.2:7000          i = 0, 1, 2
#
#   sh tests/net/cluster.sh BUILD-DIRECTORY [QUERIES, 1000]
#
# Proves: the ranks of one database on so many queries; a shard that is killed,
# frozen, cut off, or of another generation is named within the deadline, and the
# hits of the others are right; while packets of a wire get lost, every answer is
# whole, or is without that shard and says so.  Exit 77 where there can be no namespaces.
BQ_BINARY_DIR=$1 BQ_SOURCE_DIR=$(cd "$(dirname "$0")/../.." && pwd)
export BQ_BINARY_DIR BQ_SOURCE_DIR
queries=${2:-1000}
. "$(dirname "$0")/../e2e/lib.sh"
. "$(dirname "$0")/lib.sh"

skip() {
	echo "cluster.sh: skipped: $*"
	exit 77
}
command -v xapian-tcpsrv >/dev/null || skip "no xapian-tcpsrv (package xapian-tools)"
command -v ip >/dev/null || skip "no ip (package iproute2)"
name=bqt-$$
ip netns add "$name-0" 2>/dev/null || skip "no namespaces here: ip netns add is refused"

clean() {
	[ -z "$daemon" ] || kill "$daemon" 2>/dev/null || true
	! command -v nft >/dev/null || nft delete table netdev "bqt-$$" 2>/dev/null || true
	for i in 0 1 2; do
		for p in $(ip netns pids "$name-$i" 2>/dev/null); do kill -KILL "$p" 2>/dev/null || true; done
		ip netns del "$name-$i" 2>/dev/null || true
		ip link del "bqt$i-$$" 2>/dev/null || true
	done
	rm -rf "$tmp"
}
trap clean EXIT
trap 'exit 1' HUP INT TERM

for i in 0 1 2; do
	[ $i = 0 ] || ip netns add "$name-$i"
	ip link add "bqt$i-$$" type veth peer name eth0 netns "$name-$i" || skip "no veth here"
	ip addr add 10.213.$i.1/30 dev "bqt$i-$$"
	ip link set "bqt$i-$$" up
	ip netns exec "$name-$i" ip addr add 10.213.$i.2/30 dev eth0
	ip netns exec "$name-$i" ip link set eth0 up
	ip netns exec "$name-$i" ip link set lo up
done

# serve I DIRECTORY: in namespace I.
serve() {
	ip netns exec "$name-$1" setsid xapian-tcpsrv --interface 10.213.$1.2 --port 7000 --quiet "$2" 2>>"$tmp/log.srv" &
	await nc -z 10.213.$1.2 7000 || fail "shard $1 does not listen"
}

# signal I SIGNAL: to all that runs there.
signal() {
	for p in $(ip netns pids "$name-$1"); do kill "-$2" "$p"; done
}

now_ms() { echo $(($(date +%s%N) / 1000000)); }

make_documents 3000
make_queries "$queries"
for i in 0 1 2; do serve $i "$tmp/of-3/1/shard-$i"; done
shards=xapian+tcp://10.213.0.2:7000,10.213.1.2:7000,10.213.2.2:7000

begun=$(now_ms)
rank_local "$tmp/want"
local_ms=$(($(now_ms) - begun))
begun=$(now_ms)
rank_shards "$tmp/got" "$bqd" --stdio --index "$shards"
cmp -s "$tmp/want" "$tmp/got" || fail "ranks differ: $(grep -o "PARTIAL.*" "$tmp/got" | head -n 3) $(diff "$tmp/want" "$tmp/got" | head -n 4 | cut -c 1-300)"
echo "$queries queries, top 100: equal to one database ($local_ms ms there, $(($(now_ms) - begun)) ms over three shards)"

# The truth without shard 1: what one database says, without the documents dealt to it.
start --index "$shards" --workers 2
word=$(sed -n 2p "$tmp/queries" | cut -d ' ' -f 1)
ids() { sed -n 's/.* HIT .*"id":"\([^"]*\)".*/\1/p'; }
all() { ask "SEARCH @limit=1000 @snippets=none $word\n" | ids | sort; }
whole() { case $(ask "SEARCH @limit=3 $word\n") in *partial* | *ERR*) return 1 ;; esac; }
whole || fail "not whole"
# document z0000001 was dealt to shard 0, z0000002 to shard 1, ..
all >"$tmp/with"
awk '(substr($1, 2) - 1) % 3 != 1' "$tmp/with" >"$tmp/without"

# named WHY: partial within the deadline, shard 1 named, no hit that is not right.
named() {
	begun=$(now_ms)
	ask "SEARCH @limit=1000 @snippets=none @timeout=2000 $word\n" >"$tmp/answer"
	took=$(($(now_ms) - begun))
	expect '"partial":true' "$(tail -n 1 "$tmp/answer")"
	expect '"failed":[{"shard":"10.213.1.2:7000"' "$(tail -n 1 "$tmp/answer")"
	ids <"$tmp/answer" | sort | cmp -s - "$tmp/without" || fail "$1: wrong hits"
	[ $took -lt 2200 ] || fail "$1: answered after $took ms"
	echo "$1: answered after $took ms: $(sed -n 's/.*\("failed":.*\)}}$/\1/p' "$tmp/answer")"
}

# lose PERCENT: of the packets of shard 1's wire, at random, where each arrives.
# Table and chain are of that device alone, and end with it.
lose() {
	rule="add rule netdev bqt-$$ in numgen random mod 100 < $1 counter drop"
	for at in "bqt1-$$" eth0; do
		[ $at = eth0 ] && run="ip netns exec $name-1 nft" || run=nft
		$run add table netdev "bqt-$$" 2>"$tmp/refused" &&
			$run "add chain netdev bqt-$$ in { type filter hook ingress device $at priority 0; policy accept; }" \
				2>>"$tmp/refused" && $run "$rule" 2>>"$tmp/refused" || return 1
	done
}
lose_none() {
	nft delete table netdev "bqt-$$"
	ip netns exec "$name-1" nft delete table netdev "bqt-$$"
}
lost() { # how many the rules dropped
	{
		nft list table netdev "bqt-$$"
		ip netns exec "$name-1" nft list table netdev "bqt-$$"
	} | awk '/counter packets/ { for (i = 1; i < NF; i++) if ($i == "packets") n += $(i + 1) } END { print n + 0 }'
}

# in_time WHAT N: N answers while WHAT goes on, one after the other.  Each comes within the
# deadline; it is whole, or it names shard 1, has all of the others' hits and none that is
# not right.
in_time() {
	partial=0 slowest=0 n=0
	while [ $n -lt "$2" ]; do
		n=$((n + 1))
		begun=$(now_ms)
		ask "SEARCH @limit=1000 @snippets=none @timeout=2000 $word\n" >"$tmp/answer"
		took=$(($(now_ms) - begun))
		[ $took -le $slowest ] || slowest=$took
		[ $took -lt 2200 ] || fail "$1: answered after $took ms"
		end=$(tail -n 1 "$tmp/answer")
		ids <"$tmp/answer" | sort >"$tmp/has"
		case $end in
		*'"partial":true'*)
			partial=$((partial + 1))
			case $end in *'"failed":[{"shard":"'"$lossy"'"'*) ;; *) fail "$1: it names another: $end" ;; esac
			[ -z "$(comm -23 "$tmp/without" "$tmp/has")" ] || fail "$1: hits of the others are missing"
			[ -z "$(comm -23 "$tmp/has" "$tmp/with")" ] || fail "$1: wrong hits"
			;;
		*' END '*) cmp -s "$tmp/has" "$tmp/with" || fail "$1: wrong hits" ;;
		*) fail "$1: $end" ;;
		esac
	done
	echo "$1: $n answers within the deadline, the slowest after $slowest ms, $((n - partial)) whole, $partial without the shard"
}

back() { await whole || fail "$1: shard 1 does not come back"; }

signal 1 KILL
named "SIGKILL"
serve 1 "$tmp/of-3/1/shard-1"
back "SIGKILL"
signal 1 STOP
named "SIGSTOP"
signal 1 CONT
back "SIGSTOP"
ip link set "bqt1-$$" down
named "all packets lost"
ip link set "bqt1-$$" up
back "all packets lost"
lossy=10.213.1.2:7000
if command -v nft >/dev/null && lose 5; then
	lose_none
	for percent in 5 20 50; do
		lose $percent
		in_time "$percent % of packets lost each way" 20
		echo "  $(lost) packets dropped"
		begun=$(now_ms)
		lose_none
		back "$percent % lost"
		echo "  whole again $(($(now_ms) - begun)) ms later"
	done
else
	echo "packets are not dropped here: $(if command -v nft >/dev/null; then head -n 1 "$tmp/refused"; else echo "no nft (package nftables)"; fi)"
	# bqd by way of a proxy that holds pieces back as long as TCP would
	stop
	python3 -B "$BQ_SOURCE_DIR/tests/net/lossy.py" 17017 10.213.1.2:7000 30 &
	proxy=$!
	await nc -z 127.0.0.1 17017 || fail "no proxy"
	lossy=127.0.0.1:17017
	start --index "xapian+tcp://10.213.0.2:7000,$lossy,10.213.2.2:7000" --workers 2
	in_time "30 % of pieces held back by a proxy" 20
	stop
	kill "$proxy"
	start --index "$shards" --workers 2
fi
sed 's/"text":"/"text":"newword /' "$tmp/docs.jsonl" >"$tmp/new.jsonl"
"$bqindex" build --progress never --engine=xapian --shards 3 -o "$tmp/of-3" "$tmp/new.jsonl" 2>"$tmp/err" || fail "build"
signal 1 KILL
serve 1 "$tmp/of-3/2/shard-1"
named "generation skew"
signal 0 KILL
signal 2 KILL
for i in 0 2; do serve $i "$tmp/of-3/2/shard-$i"; done
back "generation skew"
stop
echo "cluster: ok"
