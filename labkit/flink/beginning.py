"""Where a Flink job begins: at the start of its topic, or at the newest checkpoint in its folder."""

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from labkit.errors import LabError
from labkit.flink.results import Results
from labkit.flink.spec import JobSpec
from labkit.kafka.offsets import Partitions
from labkit.kafka.topics import Topics


class Beginning(NamedTuple):
    """The job's consumer group, the offsets at which its topic began, and the checkpoint to resume from, if any."""

    group: str = ""
    starts: Partitions = {}  # noqa: RUF012 - never changed
    checkpoint: Path | None = None


def check(spec: JobSpec, topics: Topics, results: Results) -> None:
    """Raise LabError if there is no such topic, or if the folder holds an earlier job that conflicts."""
    if spec.resume and spec.bounded:
        raise LabError("A bounded job cannot be resumed: leave out bounded or resume.")
    if not topics.partitions(spec.topic):
        raise LabError(
            f"There is no topic {spec.topic!r} yet: `lab produce --writes {spec.topic}` or "
            f'`lab.produce(writes="{spec.topic}")` creates and fills it.'
        )
    known = results.description()
    if spec.resume:
        _check_resumable(spec, topics, known)
    elif known and not results.is_empty():
        raise LabError(f"{spec.folder} holds the results of an earlier job: resume that, or name another folder.")


def _check_resumable(spec: JobSpec, topics: Topics, known: Mapping[str, Any]) -> None:
    """Raise LabError if the job `known` in the folder is a different one, or cannot be resumed."""
    if not known:
        raise LabError(f"There is no job to resume in {spec.folder}: start it without resume.")
    if known["bounded"]:
        raise LabError(f"The job in {spec.folder} was bounded and cannot be resumed: name another folder.")
    if differs := [what for what, value in _identity(spec, topics).items() if known.get(what) != value]:
        raise LabError(
            f"The checkpoint in {spec.folder} is from another job, with a different {' and '.join(differs)}: "
            "name another folder to start a new one."
        )


def find(spec: JobSpec, topics: Topics, results: Results) -> Beginning:
    """Returns where a job begins; for a new one its folder is prepared.

    A job that was killed before its first checkpoint has committed nothing, and is resumed at the start of its topic.
    """
    if spec.resume:
        known = results.description()
        starts = {int(partition): offset for partition, offset in known["starts"].items()}
        return Beginning(known["group"], starts, results.newest_checkpoint())
    new = Beginning(f"{spec.name}-{uuid.uuid4().hex[:8]}", topics.beginning_offsets(spec.topic))
    results.describe(_identity(spec, topics) | {"group": new.group, "starts": new.starts, "bounded": spec.bounded})
    return new


def _identity(spec: JobSpec, topics: Topics) -> dict[str, Any]:
    """Identifies what a checkpoint belongs to. A topic that was deleted and recreated is a different one."""
    return {"topic": topics.identity(spec.topic), "SQL": spec.digest}
