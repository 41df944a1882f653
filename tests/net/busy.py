#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""busy.py SOCKET CLIENTS REQUESTS < lines

So many clients at once, each with so many of these requests one after the other;
the last line of each answer goes to standard output."""
import socket
import sys
import threading


def ask(path, lines, out):
    link = socket.socket(socket.AF_UNIX)
    link.connect(path)
    with link, link.makefile("rwb") as f:
        f.readline()
        for line in lines:
            f.write(line)
            f.flush()
            for got in f:
                if b" END " in got or b" ERR " in got:
                    out.append(got)
                    break


def main():
    path, clients, requests = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    lines = sys.stdin.buffer.readlines()
    outs = [[] for _ in range(clients)]
    threads = [
        threading.Thread(target=ask, args=(path, [lines[(7 * k + 13 * n) % len(lines)] for k in range(requests)], out))
        for n, out in enumerate(outs)
    ]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for out in outs:
        sys.stdout.buffer.writelines(out)


main()
