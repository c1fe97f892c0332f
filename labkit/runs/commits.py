"""When a pipeline commits: at once when it has caught up, seldom while it is behind.

To wait until a run has caught up is to wait for a commit, so commits must come soon. But each commit writes all changed
windows to their changelog, and 1,000 devices change 10,000 windows a second: at ten commits a second, a pipeline that
is behind would spend a third of its CPU time on commits. In a fast stream a record is always waiting: a pipeline that
needs less than SOON for those that wait is not behind.
"""

import time
from collections.abc import Collection

from quixstreams.internal_consumer import InternalConsumer
from quixstreams.processing import ProcessingContext

SOON = 0.1  # seconds between two commits of a pipeline that has caught up
SELDOM = 5.0  # seconds between two commits of one that is behind, as in Quix Streams itself
CHECK = 0.02  # seconds between two checks whether it is still behind


class Commits:
    """Decides when a pipeline commits; `commit` replaces its context's `commit_checkpoint`."""

    def __init__(self, context: ProcessingContext, consumer: InternalConsumer, topics: Collection[str]) -> None:
        """`topics` are those that the pipeline reads, without its changelogs; more may be added until it runs."""
        self._context, self._consumer, self._topics = context, consumer, topics
        self._commit = context.commit_checkpoint
        self._committed = self._due = time.monotonic()
        self._read = 0  # the sum of all offsets at the last commit
        context.commit_checkpoint = self.commit  # type: ignore[method-assign]

    def commit(self, force: bool = False, revoking: bool = False) -> None:
        """Commit if it is time to. Quix Streams calls this after every record and after every empty poll."""
        now = time.monotonic()
        if not force and (now < self._due or self._may_wait(now)):
            return
        self._commit(force=True, revoking=revoking)
        self._committed, self._due = now, now + SOON
        self._read, _ = self._progress()

    def _may_wait(self, now: float) -> bool:
        """Whether there is nothing to commit yet, or no hurry."""
        self._due = now + CHECK
        return now < self._committed + SELDOM and (self._context.checkpoint.empty() or self._is_behind(now))

    def _is_behind(self, now: float) -> bool:
        """Whether the records that are waiting take longer than SOON, at the rate since the last commit."""
        read, waiting = self._progress()
        return waiting * (now - self._committed) > (read - self._read) * SOON

    def _progress(self) -> tuple[int, int]:
        """Returns the sum of all offsets, and how many records are waiting, as far as the consumer knows without asking
        a broker.
        """
        positions = [
            each
            for each in self._consumer.position(self._consumer.assignment())
            if each.topic in self._topics and each.offset >= 0
        ]
        ends = [self._consumer.get_watermark_offsets(each, cached=True)[1] for each in positions]
        waiting = sum(max(end - each.offset, 0) for end, each in zip(ends, positions, strict=True))
        return sum(each.offset for each in positions), waiting
