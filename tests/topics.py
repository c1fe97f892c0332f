"""The topics of a lab, for tests that look closer at them than a student may."""

import functools
import os

from labkit import Lab
from labkit.kafka.topics import Topics


def topics_of(lab: Lab) -> Topics:
    """A `Topics` of the same topics as the lab's own."""
    return _topics(lab.broker.address, os.environ.get("LAB_NAMESPACE", ""))


@functools.lru_cache(maxsize=1)
def _topics(address: str, namespace: str) -> Topics:
    return Topics(address, namespace)
