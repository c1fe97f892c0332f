"""What a step has left on a Kafka that outlives it, because its process was killed: later steps remove it."""

import contextlib
import re
import time
import uuid
from collections import defaultdict

from labkit.errors import LabError
from labkit.kafka.groups import Groups
from labkit.kafka.offsets import INTERNAL
from labkit.kafka.topics import Topics

GROUP = "step"
NAMESPACE = re.compile(r"step-([0-9a-f]{8})-[0-9a-f]{8}-")
OLD = 24 * 3600  # seconds


def new_namespace() -> str:
    """Returns a namespace for the topics of a step, which tells when it began."""
    return f"step-{int(time.time()):08x}-{uuid.uuid4().hex[:8]}-"


def remove(topics: Topics) -> None:
    """Delete the topics and groups of steps that began long ago and are at work no more, if Kafka allows it."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for full in topics.requests.metadata():
        plain = full.removeprefix(next((each for each in INTERNAL if full.startswith(each)), ""))
        match = NAMESPACE.match(plain.removeprefix(topics.namespace)) if plain.startswith(topics.namespace) else None
        if match and int(match[1], 16) < time.time() - OLD:
            found[topics.namespace + match[0]].append(full)
    for namespace, names in found.items():
        with contextlib.suppress(LabError):  # it is for somebody with permission
            _remove(topics, namespace, names)


def _remove(topics: Topics, namespace: str, names: list[str]) -> None:
    groups = Groups(Topics(topics.address, namespace, topics.check))
    try:
        if not groups.assigned(GROUP):
            topics.delete(names)
            groups.forget(GROUP)
    finally:
        groups.close()
        groups.topics.counts.close()
