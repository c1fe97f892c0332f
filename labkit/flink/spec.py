"""What a Flink job is asked to do."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from labkit.flink.submission import SQL
from labkit.kafka.topics import DEAD_LETTER


@dataclass(frozen=True)
class JobSpec:
    """A job that reads a topic and writes files to a folder.

    A `bounded` one stops at the topic's present end; with `resume` it continues from the newest checkpoint in the
    folder. `kafka` is Kafka's address as Flink sees it, if that differs from the lab's.
    """

    name: str
    topic: str
    folder: Path
    sql: str = SQL
    bounded: bool = False
    resume: bool = False
    kafka: str | None = None

    @property
    def letters(self) -> str:
        """The topic that gets the records that cannot be read."""
        return f"{self.topic}{DEAD_LETTER}"

    @property
    def digest(self) -> str:
        """Identifies the SQL: a checkpoint fits no other."""
        return hashlib.sha256(self.sql.encode()).hexdigest()
