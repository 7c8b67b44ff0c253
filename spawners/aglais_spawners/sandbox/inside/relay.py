"""Relays connections of a listening socket, inherited, to a Unix socket.

A program of its own for the sandbox's server user (Debian 12's socat cannot accept on a socket
that it did not open). Who is not this user is hung up on: a notebook has no business with the hub,
and must not ask it for anything. Arguments: the descriptor, the path, how many connections at once.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from contextlib import suppress


def main() -> None:
    """Accept for ever; wait while as many as allowed are open."""
    listening = socket.socket(fileno=int(sys.argv[1]))
    free = threading.BoundedSemaphore(int(sys.argv[3]))
    while True:
        free.acquire()
        client, _ = listening.accept()
        threading.Thread(target=_serve, args=(client, sys.argv[2], free), daemon=True).start()


def _serve(client: socket.socket, path: str, free: threading.BoundedSemaphore) -> None:
    try:
        with client, socket.socket(socket.AF_UNIX) as hub:
            if _uid_of(client.getpeername()) != os.getuid():
                return
            hub.connect(path)
            back = threading.Thread(target=_copy, args=(hub, client), daemon=True)
            back.start()
            _copy(client, hub)
            back.join()
    except OSError as error:
        sys.stderr.write(f"the hub's gateway at {path}: {error}\n")
    finally:
        free.release()


def _uid_of(address: tuple[str, int]) -> int | None:
    """Return the user whose connection comes from an address of this network namespace."""
    host = int.from_bytes(socket.inet_aton(address[0]), sys.byteorder)
    wanted = f"{host:08X}:{address[1]:04X}"
    with open("/proc/net/tcp", encoding="ascii") as table:  # noqa: PTH123 (starts quickly)
        rows = (line.split() for line in table)
        return next((int(row[7]) for row in rows if row[1] == wanted), None)


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while chunk := source.recv(65536):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        # One side has gone: whoever waits for the other is woken.
        for each in (source, target):
            _shut(each)


def _shut(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)


if __name__ == "__main__":
    main()
