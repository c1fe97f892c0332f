"""Where everything in the lab listens: only on this machine, on free ports."""

import contextlib
import itertools
import random
import socket
from collections.abc import Iterable, Iterator

HOST = "127.0.0.1"

# Linux and macOS hand out higher ones by themselves: one of those may be gone before Kafka takes it, or takes it again.
PORTS = range(20_000, 32_768)


def free_ports(count: int) -> list[int]:
    """Ports that are free now; another program may take one before it is used."""
    sockets = list(itertools.islice(_listening(), count))
    try:
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def in_any_order() -> Iterable[int]:
    """All PORTS in an order of chance, which `random.seed` in a notebook does not change."""
    return random.SystemRandom().sample(PORTS, len(PORTS))


def _listening() -> Iterator[socket.socket]:
    for port in in_any_order():
        with contextlib.suppress(OSError):
            yield socket.create_server((HOST, port))
