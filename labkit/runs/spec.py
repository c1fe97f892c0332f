"""What a run is asked to do."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quixstreams.dataframe import StreamingDataFrame


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
        plain = re.sub(r"[^A-Za-z0-9._-]", "-", ".".join(parts))
        if len(self.reads) == 1 and self.writes and plain.split(".") == parts:
            return plain
        digest = hashlib.sha256(repr((self.name, self.reads, self.writes)).encode()).hexdigest()
        return (
            f"{plain}.{digest[:8]}"  # others may look the same: with dots in a name, or two topics that are both read
        )
