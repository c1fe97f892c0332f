"""A lab on the Kafka that the environment names."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from labkit.errors import LabError
from labkit.kafka import properties
from labkit.lab import Lab


@contextlib.contextmanager
def lab() -> Iterator[Lab]:
    """Yields a lab. Raises LabError if the environment names no Kafka."""
    if not properties.address():
        raise LabError(
            "LAB_BROKER is not set: run `lab broker` in another terminal, and copy the line it prints. In a class, set "
            "LAB_KAFKA_CONFIG to the file that you were given."
        )
    with Lab() as connected:
        yield connected
