"""A job, which the grader writes for the runner: one line of JSON."""

import json
from dataclasses import asdict, dataclass, field
from typing import NamedTuple

MB = 2**20


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Sizes in bytes, times in seconds."""

    cell_seconds: int = 60
    seconds: int = 300
    around: int = 60  # additional seconds, to start the sandbox and to hand out the records
    memory: int = 2048 * MB  # of one process
    all_memory: int = 4096 * MB  # of all processes together, with files and sockets
    disk: int = 512 * MB
    file_size: int = 128 * MB
    descriptors: int = 1024  # open files and sockets of one process
    processes: int = 100  # more than that ends the cell
    threads: int = 700  # of all processes: Kafka and a kernel have some 150
    record_size: int = 100_000
    topic_size: int = 2 * MB
    records: int = 10_000  # none are handed out from a topic with more
    output: int = 16 * MB
    shown: int = 4000  # characters of a cell's output in the executed notebook
    again: int = 6  # how often a notebook is run again without the cell that killed its kernel


class Reading(NamedTuple):
    """An input record, and its topic; the value is in base64."""

    topic: str
    key: str | None
    value: str
    timestamp: int


@dataclass(frozen=True)
class ExerciseTopics:
    """The topics of an exercise, and the readings in its input topics, which have so many partitions."""

    inputs: list[str]
    outputs: list[str]
    readings: list[Reading]
    partitions: int = 1


@dataclass(frozen=True)
class Job:
    """A notebook, the readings of its exercises, limits, and the files that it finds in its folder, in base64. Each
    message of the runner begins with the nonce.

    It is `isolated` if it runs in the sandbox, where the runner may end whatever else it finds.
    """

    nonce: str
    cells: list[str]
    exercises: list[ExerciseTopics]
    isolated: bool = True
    limits: Limits = field(default_factory=Limits)
    files: dict[str, str] = field(default_factory=dict)

    def dumps(self) -> str:
        """Returns the job as one line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def loads(cls, line: str) -> "Job":
        """Returns the job that was written as this line."""
        said = json.loads(line)
        exercises = [
            ExerciseTopics(**each | {"readings": [Reading(*record) for record in each["readings"]]})
            for each in said["exercises"]
        ]
        return cls(said["nonce"], said["cells"], exercises, said["isolated"], Limits(**said["limits"]), said["files"])
