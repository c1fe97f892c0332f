"""What a run is asked to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkit.kafka.names import FORBIDDEN, digest

if TYPE_CHECKING:
    from quixstreams.dataframe import StreamingDataFrame

LONGEST = 100  # characters: the group's name becomes part of the names of topics, and of directories


@dataclass(frozen=True)
class Spec:
    """A pipeline with the topics that it reads and the one that it writes; see `Lab.run` for the rest."""

    name: str
    pipeline: Callable[..., StreamingDataFrame]
    reads: tuple[str, ...]
    writes: str | None
    raw: bool = False
    exactly_once: bool = False

    @property
    def stem(self) -> str:
        """The prefix of the names of its consumer groups, which no spec with another name or other topics has."""
        parts = [*filter(None, [self.name, *self.reads, self.writes])]
        plain = FORBIDDEN.sub("-", ".".join(parts))
        if len(self.reads) == 1 and self.writes and plain.split(".") == parts and len(plain) <= LONGEST:
            return plain
        # Others may look the same: with dots in a name, or two topics that are both read.
        return f"{plain[:LONGEST]}.{digest(self.name, self.reads, self.writes)}"
