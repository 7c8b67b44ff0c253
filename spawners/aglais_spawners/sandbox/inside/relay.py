"""Relays connections of a listening socket, inherited, to a Unix socket.

A program of its own for the sandbox's server user (Debian 12's socat cannot accept on a socket
that it did not open). Arguments: the descriptor, the path, how many connections at once.
"""

from __future__ import annotations

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
            hub.connect(path)
            back = threading.Thread(target=_copy, args=(hub, client), daemon=True)
            back.start()
            _copy(client, hub)
            back.join()
    except OSError as error:
        sys.stderr.write(f"the hub's gateway at {path}: {error}\n")
    finally:
        free.release()


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
