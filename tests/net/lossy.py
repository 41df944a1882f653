#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""lossy.py PORT HOST:PORT PERCENT

A wire on which packets get lost, as a program sees it: a TCP proxy that holds
back so many of a hundred pieces, and all behind them, for 200 ms, the time after
which Linux sends a packet again; twice that when it is lost again, and so on."""
import random
import socket
import sys
import time

import relay

RETRANSMIT = 0.2


def hold_back(piece, percent):
    wait = RETRANSMIT
    while random.randrange(100) < percent:
        time.sleep(wait)
        wait *= 2
    return piece


def meet(client, behind, percent):
    try:
        server = socket.create_connection(behind)
    except OSError:
        client.close()
        return
    for s in client, server:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def change(piece):
        return hold_back(piece, percent)

    relay.both_ways(client, server, change, change)


def main():
    host, port = sys.argv[2].split(":")
    relay.listen(int(sys.argv[1]), lambda client: meet(client, (host, int(port)), int(sys.argv[3])))


main()
