"""The causes among which a student decides, and the evidence that each needs. Nothing here says which one it is."""

from __future__ import annotations

from typing import NamedTuple

from labkit.errors import LabError
from labkit.spelling import did_you_mean


class Cause(NamedTuple):
    """A cause in one sentence, and what its evidence consists of."""

    sentence: str
    evidence: tuple[str, ...]


CAUSES = {
    "hot key": Cause("One key has so many records that its partition is too much for one process.", ("device",)),
    "fast clock": Cause("A device's clock is ahead, and windows believe it.", ("device", "offset")),
    "poison record": Cause("A record is readable, but the code cannot cope with it.", ("partition", "offset")),
    "stalled member": Cause("A member of a consumer group is alive, but does nothing.", ("member",)),
    "lost replica": Cause("A broker is gone, and with it a copy of every record.", ("broker",)),
    "mistyped threshold": Cause("A number in the code is not the one that was agreed on.", ("run", "value")),
    "another partitioner": Cause("Two programs put the same key into different partitions.", ("device", "partitions")),
    "full dead-letter topic": Cause("Records cannot be parsed, and pile up where nobody looks.", ("topic", "device")),
    "grace too short": Cause("Windows close before all their records have come.", ("run", "device")),
    "schema change": Cause("A field of the readings means something else than before.", ("device", "field")),
    "silent partition": Cause("A partition gets no records: all who write to it are cut off.", ("partition",)),
    "open transaction": Cause("A transaction was begun and never ended.", ("partition", "offset")),
}

# What each part of the evidence is, with an example; offsets are those of the input topic.
EVIDENCE = {
    "device": 'the key of the records that are to blame: device="attic"',
    "offset": "of the first record that is to blame, in the input topic: offset=120",
    "partition": "of the input topic: partition=2",
    "partitions": "in which records of the device are: partitions=[0, 2]",
    "member": "the number of the process, as the run counts them: member=1",
    "broker": "its number: broker=2",
    "run": 'the name of the run: run="alerts"',
    "value": "the number that stands in the code: value=5",
    "topic": 'the name of the topic: topic="incident-1.alert"',
    "field": 'the name of the field: field="humidity"',
}


def named(cause: str) -> str:
    """Returns a cause by its name. Raises LabError, with a similar one, if there is none."""
    name = " ".join(cause.lower().replace("-", " ").split())
    found = {known.replace("-", " "): known for known in CAUSES}
    if name not in found:
        hint = did_you_mean(name, CAUSES) or f"the causes are {', '.join(CAUSES)}."
        raise LabError(f"There is no cause {cause!r}: {hint}")
    return found[name]


def in_words() -> str:
    """Returns all causes with the evidence that each needs."""
    width = max(map(len, CAUSES))
    lines = [f"{name:{width}}  {each.sentence} Evidence: {', '.join(each.evidence)}." for name, each in CAUSES.items()]
    return "\n".join([*lines, "", *(f"{name:10}  {words}" for name, words in EVIDENCE.items())])
