"""What a run is asked to do."""

from __future__ import annotations

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
        """The prefix of the names of its consumer groups."""
        return re.sub(r"[^A-Za-z0-9._-]", "-", ".".join(filter(None, [self.name, *self.reads, self.writes])))
