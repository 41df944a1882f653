#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""lossy.py PORT HOST:PORT PERCENT

A wire on which packets get lost, as a program sees it: a TCP proxy that holds
back so many of a hundred pieces, and all behind them, for 200 ms, the time after
which Linux sends a packet again; twice that when it is lost again, and so on."""
import random
import socket
import sys
import threading
import time

RETRANSMIT = 0.2


def carry(source, sink, percent):
    try:
        while True:
            got = source.recv(1448)
            if not got:
                break
            wait = RETRANSMIT
            while random.randrange(100) < percent:
                time.sleep(wait)
                wait *= 2
            sink.sendall(got)
    except OSError:
        pass
    for s in source, sink:
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def meet(client, behind, percent):
    try:
        server = socket.create_connection(behind)
    except OSError:
        client.close()
        return
    for s in client, server:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threading.Thread(target=carry, args=(client, server, percent), daemon=True).start()
    carry(server, client, percent)


def main():
    host, port = sys.argv[2].split(":")
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", int(sys.argv[1])))
    listener.listen(64)
    while True:
        args = listener.accept()[0], (host, int(port)), int(sys.argv[3])
        threading.Thread(target=meet, args=args, daemon=True).start()


main()
