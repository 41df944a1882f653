#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What calls itself a shard and is none: it closes, talks nonsense, greets by
# half, claims a message without end, says nothing, or breaks off in the middle.
# bqd answers in time from the others and names it; threads and descriptors do
# not grow; a frozen shard does not hold who stops.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/../net/servers.sh"

# impostor PORT BEHIND: as the server BEHIND while $tmp/mode says "honest".
impostor() {
	setsid python3 - "$1" "$2" "$tmp/mode" 2>>"$tmp/log.srv" <<'EOF' &
import os, socket, sys, threading, time

kept = []

def mode():
    with open(sys.argv[3]) as f:
        return f.read().strip()

def pump(source, sink, change):
    try:
        while True:
            got = source.recv(65536)
            got = change(got) if got else None
            if not got:
                break
            sink.sendall(got)
    except OSError:
        pass
    for s in source, sink:
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

def meet(client):
    how = mode()
    if how == "nonsense":
        client.sendall(os.urandom(1000) + b"HTTP/1.1 400 Bad Request\r\n\r\n")
    if how == "endless":
        client.sendall(b"\0\xff" + b"\xff" * 7 + b"\x7f" + b"x" * 100000)
    if how == "silent":
        kept.append(client)
    if how in ("close", "nonsense", "endless", "silent"):
        return None if how == "silent" else client.close()
    server = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
    if how == "half":
        client.sendall(server.recv(65536)[:20])
        kept.append(client)
        return server.close()
    seen = [0]

    def change(got):
        seen[0] += 1
        if mode() != how:
            return None
        if how == "breaks" and seen[0] > 2:
            return got[:2] + b"\xff" * (len(got) - 2)
        return got

    threading.Thread(target=pump, args=(client, server, lambda got: got), daemon=True).start()
    pump(server, client, change)

def main():
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", int(sys.argv[1])))
    listener.listen(64)
    while True:
        threading.Thread(target=meet, args=(listener.accept()[0],), daemon=True).start()

main()
EOF
	started "$1"
}

make_documents 300
w1=$(sed 's/.*"text":"\([a-zA-Z]*\).*/\1/' "$tmp/docs.jsonl" | sed -n 1p)
echo honest >"$tmp/mode"
serve_three() {
	serve "$base" "$tmp/of-3/1/shard-0" && serve $((base + 1)) "$tmp/of-3/1/shard-1" && one=$group &&
		serve $((base + 2)) "$tmp/of-3/1/shard-2" && impostor $((base + 3)) $((base + 2))
}
at_free_ports serve_three
shards=xapian+tcp://127.0.0.1:$base,127.0.0.1:$((base + 1)),127.0.0.1:$((base + 3))
named='"partial":true,"why":"shards","shards":{"all":3,"answered":2,"failed":[{"shard":"127.0.0.1:'

whole() {
	case $(ask "SEARCH @limit=3 $w1\n") in *'"partial"'* | *ERR*) return 1 ;; *' END '*) return 0 ;; esac
	return 1
}
count_threads() { ls "/proc/$daemon/task" | wc -l; }
count_fds() { ls "/proc/$daemon/fd" | wc -l; }

# ---- impostors ----
start --index "i=$shards" --workers 2
whole || fail "not whole: $(ask "SEARCH @limit=3 $w1\n")"
for mode in close nonsense half endless silent breaks; do
	echo $mode >"$tmp/mode"
	for i in 1 2; do
		answer=$(ask "SEARCH @limit=3 @timeout=1500 $w1\n")
		expect "$named$((base + 3))\"" "$answer"
		[ "$(echo "$answer" | grep -c ' HIT ')" -ge 2 ] || fail "$mode: no hits: $answer"
	done
	expect '"msg":"not all shards can be counted; 127.0.0.1:'$((base + 3)) "$(ask "COUNT @timeout=1500 $w1\n")"
done
echo honest >"$tmp/mode"
await 5 whole || fail "an honest shard is not taken in again: $(ask "SEARCH @limit=3 $w1\n")"

# ---- 300 requests while one is frozen ----
kill -STOP "-$one"
expect "$named$((base + 1))\"" "$(ask "SEARCH @limit=3 @timeout=1500 $w1\n")"
threads=$(count_threads) fds=$(count_fds)
i=0
while [ $i -lt 300 ]; do
	i=$((i + 1))
	echo "SEARCH @limit=1 @timeout=5000 @snippets=none $w1"
done | nc -N -U "$tmp/s" | tail -n +2 >"$tmp/many"
[ "$(grep -c ' END .*"partial":true' "$tmp/many")" = 300 ] || fail "not 300 answers: $(grep -v HIT "$tmp/many" | tail -n 2)"
[ "$(count_threads)" -le $((threads + 1)) ] || fail "threads grow from $threads to $(count_threads)"
[ "$(count_fds)" -le $((fds + 4)) ] || fail "descriptors grow from $fds to $(count_fds)"
kill -CONT "-$one"
await 5 whole || fail "shard 1 does not come back"

# ---- nobody: the second request on the same lane is told so, too ----
for g in $groups; do kill -STOP "-$g"; done
for i in 1 2 3; do
	expect ' ERR {"code":"unavailable"' "$(ask "SEARCH @timeout=1500 $w1\n")"
done
for g in $groups; do kill -CONT "-$g"; done
await 5 whole || fail "shards do not come back"

# ---- told to stop while a shard is frozen, and waited for by a minute's request that left ----
kill -STOP "-$one"
(printf 'SEARCH @timeout=60000 %s\n' "$w1"; sleep 0.5) | timeout 0.5 nc -U "$tmp/s" >"$tmp/out" || true
begun=$(date +%s%N)
stop
[ $((($(date +%s%N) - begun) / 1000000)) -lt 4000 ] || fail "a frozen shard holds who stops"
echo "t48-shards: ok"
