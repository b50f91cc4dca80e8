"""Ports for servers of tests: asked of the machine, because a fixed one may be taken."""

import random
import socket

OUR_OWN = range(20_000, 32_000)  # below those that the machine gives to connections going out (32768 and up)


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Return a port of 127.0.0.1 that nobody listens on now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_pair() -> int:
    """Return a port of 127.0.0.1 on which nobody listens, nor on the next: for a site with a door for hits."""
    for port in random.sample(OUR_OWN, 100):
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind(("127.0.0.1", port))
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise AssertionError("no two free ports beside each other among a hundred")
