#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""impostor.py PORT BEHIND FILE

What calls itself a shard and is none, as the word in FILE says: it closes, talks
nonsense, claims a message without end, says nothing, greets by half, breaks off in
the middle; or honest: as the server at port BEHIND."""
import os
import socket
import sys

import relay

kept = []


def mode():
    with open(sys.argv[3]) as f:
        return f.read().strip()


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
    seen = 0

    def change(got):
        nonlocal seen
        seen += 1
        if mode() != how:
            return None
        if how == "breaks" and seen > 2:
            return got[:2] + b"\xff" * (len(got) - 2)
        return got

    return relay.both_ways(client, server, lambda got: got, change)


relay.listen(int(sys.argv[1]), meet)
