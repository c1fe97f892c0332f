"""What a run is asked to do."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labkit.errors import LabError
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

    @classmethod
    def of(
        cls,
        pipeline: Callable[..., Any],
        reads: str | Sequence[str],
        writes: str | None,
        name: str | None,
        raw: bool,
        exactly_once: bool = False,
    ) -> Spec:
        """Returns what a user asks for. Raises LabError if a run cannot do that."""
        if inspect.isclass(pipeline):
            raise LabError(f"{pipeline.__name__} is a class, and a pipeline is a function or can be called like one.")
        names = (reads,) if isinstance(reads, str) else tuple(reads) if isinstance(reads, list | tuple) else ()
        if not names or not all(isinstance(each, str) for each in names):
            raise LabError(
                f'reads is {reads!r}, and must be the name of a topic, or a list of names, as in reads="sensor".'
            )
        if twice := [each for each, times in Counter(names).items() if times > 1]:
            raise LabError(
                f"{twice[0]} is named twice in reads: name it once, and use its stream as often as you need."
            )
        if writes in names:
            raise LabError(f"This pipeline would read its own output from {writes} forever: write to another topic.")
        name = name or getattr(pipeline, "__name__", "pipeline").strip("<>")
        return cls(name, pipeline, names, writes, raw, exactly_once)

    @property
    def stem(self) -> str:
        """The prefix of the names of its consumer groups, which no spec with another name or other topics has."""
        parts = [*filter(None, [self.name, *self.reads, self.writes])]
        plain = FORBIDDEN.sub("-", ".".join(parts))
        if len(self.reads) == 1 and self.writes and plain.split(".") == parts and len(plain) <= LONGEST:
            return plain
        # Others may look the same: with dots in a name, or two topics that are both read.
        return f"{plain[:LONGEST]}.{digest(self.name, self.reads, self.writes)}"
