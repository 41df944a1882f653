# SPDX-License-Identifier: GPL-2.0-or-later
"""What stands between a program and a server: impostor.py, lossy.py."""
import socket
import threading


def carry(source, sink, change):
    """Bytes from one socket to the other until one ends or change(bytes) is None; then both are shut."""
    try:
        while True:
            got = source.recv(1448)
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


def both_ways(client, server, there, back):
    """carry() from each to the other, until the server's side ends."""
    threading.Thread(target=carry, args=(client, server, there), daemon=True).start()
    carry(server, client, back)


def listen(port, meet):
    """meet(connection), in a thread of its own, for each that comes to this port of this machine."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(64)
    while True:
        threading.Thread(target=meet, args=(listener.accept()[0],), daemon=True).start()
