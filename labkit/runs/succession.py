"""What a new run continues: it gets a consumer group of its own, which begins where that of the last run stopped."""

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from labkit.kafka.groups import Groups
from labkit.kafka.offsets import Partitions
from labkit.kafka.topics import DEAD_LETTER
from labkit.runs.spec import Spec


class Succession:
    """The consumer group of the next run of a spec, and the `directory` of its state, which lies below `states`."""

    def __init__(self, groups: Groups, spec: Spec, states: Path) -> None:
        number = groups.latest_number(spec.stem)
        self.group = f"{spec.stem}-{number + 1}"
        latest = f"{spec.stem}-{number}"
        self.predecessor = latest if number and not groups.is_forgotten(latest) else None
        self.directory = states / self.group
        self.spec, self._groups, self._topics = spec, groups, groups.topics

    @contextlib.contextmanager
    def prepared(self) -> Iterator[None]:
        """Create the topics that the run needs; if building it in this context fails, leave no trace of it."""
        letters = [f"{name}{DEAD_LETTER}" for name in self.spec.reads if not self.spec.raw]
        names = [*self.spec.reads, *filter(None, [self.spec.writes]), *letters]
        new = [name for name in names if not self._topics.partitions(name)]
        try:
            self._topics.create(*names)
            shutil.rmtree(self.directory, ignore_errors=True)  # lab.reset() restarts the numbers at 1
            yield
        except BaseException:
            self._leave_nothing(new)
            raise

    def _leave_nothing(self, new: Sequence[str]) -> None:
        """Undo what building has created, except topics that something else has written to meanwhile."""
        mine = self._topics.created.intersection(new)
        made = [name for name in mine if not any(self._topics.end_offsets(name).values())]
        self._topics.delete([self._topics.full(name) for name in made])
        self._topics.created.difference_update(made)
        self._topics.delete_internal(self.group)
        shutil.rmtree(self.directory, ignore_errors=True)

    def take_over(self, from_start: bool) -> str:
        """Let the group begin where its predecessor stopped; or at the oldest records, after emptying the output topic.

        Returns where it begins, in words.
        """
        reads, writes, predecessor = self.spec.reads, self.spec.writes, self.predecessor
        if from_start and writes:
            self._topics.empty(writes)
        done = self._groups.committed(predecessor, reads) if predecessor and not from_start else {}
        offsets = {name: self._topics.beginning_offsets(name) | done.get(name, {}) for name in reads}
        self._groups.commit(self.group, offsets)
        if predecessor:
            self._groups.forget(predecessor)
        if from_start or not predecessor:
            return f"reads {' and '.join(reads)} from the start"
        return f"continues in {' and in '.join(_at(name, each) for name, each in offsets.items())}"


def _at(topic: str, offsets: Partitions) -> str:
    return f"{topic} at offset{'s' * (len(offsets) > 1)} {', '.join(map(str, offsets.values()))}"
