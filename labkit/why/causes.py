"""What may be the matter with a run, as data; `sentences` says it. Times are epoch milliseconds, of events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from labkit.runs.blame import Line
from labkit.stepping.conditions import Nearest
from labkit.stepping.memory import Window


@dataclass(frozen=True)
class Cause:
    """Something that a user may want to change."""

    @property
    def stops(self) -> bool:
        """Whether it alone explains that nothing comes out."""
        return True


@dataclass(frozen=True)
class Part(Cause):
    """What is true of a `number` of records, out of so many."""

    number: int
    of: int

    @property
    def stops(self) -> bool:
        return self.number == self.of


# ------------------------------------------------------------------ of the run


@dataclass(frozen=True)
class Failed(Cause):
    """It has failed, in a `line` and at a `record` if that is known."""

    reason: str
    line: Line | None
    record: str


@dataclass(frozen=True)
class Ended(Cause):
    """It does not run, while so many records `wait` (None: Kafka does not say); if it is `retired`, it never will."""

    status: str
    wait: int | None
    retired: bool = False


@dataclass(frozen=True)
class Stuck(Cause):
    where: str


@dataclass(frozen=True)
class Killed(Part):
    """So many of its processes have ended."""


@dataclass(frozen=True)
class NoOutput(Cause):
    """It has no topic to write to."""


# --------------------------------------------------------------- of its topics


@dataclass(frozen=True)
class Writer:
    """A worker that writes a topic, or (`meant`) one with a similar name."""

    name: str
    status: str
    topic: str
    records: int
    meant: bool = False
    is_run: bool = False


@dataclass(frozen=True)
class NoInput(Cause):
    """A topic that it reads holds no record; `came` says how many there were before it was emptied."""

    topic: str
    came: int
    writers: tuple[Writer, ...]


@dataclass(frozen=True)
class NothingNew(Cause):
    """Nothing has come since it began, where `began` says."""

    topics: tuple[str, ...]
    began: str


@dataclass(frozen=True)
class Quiet(Cause):
    """All that write a topic have ended."""

    topic: str
    writers: tuple[Writer, ...]


@dataclass(frozen=True)
class Transaction(Cause):
    """A transaction is open in a partition of a topic, from an offset on: nobody sees the offsets after it."""

    topic: str
    partition: int
    offset: int
    behind: int  # offsets
    is_input: bool


@dataclass(frozen=True)
class Behind(Cause):
    """So many records of its topics are still to be read, after its `committed` offset in each partition."""

    lag: int
    committed: tuple[Committed, ...]
    has_read: int

    @property
    def stops(self) -> bool:
        return not self.has_read


@dataclass(frozen=True)
class Committed:
    """A committed offset (None: there is none yet), and the end of the partition."""

    topic: str
    partition: int
    offset: int | None
    end: int


@dataclass(frozen=True)
class Around(Cause):
    """What it writes comes back to it: these are the runs, with what they read and write."""

    flows: tuple[str, ...]

    @property
    def stops(self) -> bool:
        return False


@dataclass(frozen=True)
class Scattered(Cause):
    """Records with one `key` are in several `partitions` of a topic, and what is remembered is kept in each."""

    topic: str
    key: str
    partitions: tuple[int, ...]

    @property
    def stops(self) -> bool:
        return False


@dataclass(frozen=True)
class Unreadable(Part):
    """So many of the records of a topic went to its dead letters, `most` of the newest for this `reason`."""

    topic: str
    reason: str
    most: int
    looked_at: int

    @classmethod
    def of_reasons(cls, number: int, of: int, topic: str, reasons: Sequence[str]) -> Unreadable:
        """Returns the cause with the commonest of the `reasons` of the newest."""
        ((reason, most),) = Counter(reasons).most_common(1)
        return cls(number, of, topic, reason, most, len(reasons))


# ---------------------------------------------------------------- of its lines


@dataclass(frozen=True)
class LeftOut(Part):
    """A line that leaves out all records, and how near they came."""

    line: Line
    nearest: tuple[Nearest, ...]
    example: Any


@dataclass(frozen=True)
class WithoutKey(Part):
    """Records without a key, which windows leave out."""

    line: Line | None


@dataclass(frozen=True)
class Late(Part):
    """Records that came too late for a window, `by` so many milliseconds at most: that of a `key` with this `time`.
    A grace that is `short` by more than so many milliseconds loses some of them.
    """

    line: Line
    dropped: int  # records that were too late for all their windows
    by: int
    short: int
    key: str | None
    time: int
    start: int
    end: int

    @property
    def stops(self) -> bool:
        return self.dropped == self.of


@dataclass(frozen=True)
class NoField(Cause):
    """A line names a field that no record has, with an effect; they have others."""

    field: str
    effect: str
    line: Line | None
    has: tuple[str, ...]

    @property
    def stops(self) -> bool:
        return False


@dataclass(frozen=True)
class InVain(Cause):
    """A line whose effect is probably not the one that was meant, in these words, with {here} in place of where."""

    words: str
    line: Line

    @property
    def stops(self) -> bool:
        return False


@dataclass(frozen=True)
class Pair:
    """A record of each side of a join with the same key, and their times."""

    key: str | None
    left: int
    right: int


@dataclass(frozen=True)
class Alone(Cause):
    """No record of a join has found a partner: a side (`missing`) has none, or they have no key in common, or
    `nearest` is the pair that comes nearest.
    """

    line: Line
    left: str
    right: str
    missing: str = ""
    keys: tuple[tuple[str | None, ...], tuple[str | None, ...]] = ((), ())
    nearest: Pair | None = None
    is_as_of: bool = False


@dataclass(frozen=True)
class Apart(Part):
    """Keys that both sides of a join have, in different partitions: for example this `key`, whose records are in these
    `partitions` of the `left` and the `right` side.
    """

    line: Line
    left: str
    right: str
    key: str | None
    partitions: tuple[int, int]


@dataclass(frozen=True)
class Unlike(Cause):
    """The keys of one side of a join are text, as `group_by` makes them, those of the `other` bytes: none are equal."""

    line: Line
    text: str
    other: str


@dataclass(frozen=True)
class Early(Part):
    """Records of the `left` side of a join that came when the `right` side had nothing for their key yet: the last was
    of a `key` at this `time`, and the `first` of that key there is later.
    """

    line: Line
    left: str
    right: str
    key: str | None
    time: int
    first: int


# ------------------------------------------------------------------ of windows


@dataclass(frozen=True)
class Open:
    """An open window, and the event time of its key."""

    window: Window
    time: int | None


@dataclass(frozen=True)
class Waiting(Cause):
    """Windows are open, of which those that close first come first."""

    windows: tuple[Open, ...]


@dataclass(frozen=True)
class Silent(Cause):
    """A key that has sent nothing since its event `time`, while the `newest` time of others has moved on: its windows
    stay open.
    """

    key: str | None
    time: int
    newest: int
    open: int

    @property
    def stops(self) -> bool:
        return False


# ---------------------------------------------------------------- of one record


@dataclass(frozen=True)
class NotRead(Cause):
    """The run has read its partition up to this offset only."""

    reached: int


@dataclass(frozen=True)
class Before(Cause):
    """The run began after it: where, it has `began`, says."""

    began: str


@dataclass(frozen=True)
class Fails(Cause):
    """The pipeline fails at it, or before it."""

    reason: str
    line: Line | None


@dataclass(frozen=True)
class Lost(Cause):
    """It could not be read, and went to this topic."""

    topic: str
    reason: str


@dataclass(frozen=True)
class Stopped(Cause):
    """A line left it out, which did so in these words."""

    line: Line
    nearest: tuple[Nearest, ...]
    words: tuple[str, ...]


@dataclass(frozen=True)
class TooLate(Cause):
    """The last of the windows that it belongs to had closed, `by` so many milliseconds before."""

    line: Line
    start: int
    end: int
    by: int


@dataclass(frozen=True)
class Kept(Cause):
    """A join keeps it, in these words."""

    line: Line
    words: tuple[str, ...]


@dataclass(frozen=True)
class Counted(Cause):
    """A window holds it. The record with the offset `closed_by` closed that, and `out` is what came out of the pipeline
    for it, or a line (`left_out`) stopped it; or it is open still, as far as the records go that were looked at.
    """

    window: Window
    closed_by: int | None = None
    out: Any = None
    left_out: Line | None = None
    is_last: bool = False  # whether no other record has come


@dataclass(frozen=True)
class Written(Cause):
    """It came out, and was written to a topic."""

    topic: str
    key: str
    value: Any


# Which of two that both explain why nothing comes out is said first.
RANK = (
    Failed, Ended, Stuck, NoOutput, NoInput, Transaction, Behind, NothingNew, Killed, Unreadable, WithoutKey, Late,
    Unlike, Apart, Alone, Early, LeftOut, Waiting, Around, Scattered, InVain, Quiet,
    Silent, NoField,
)  # fmt: skip


def ranked(causes: Iterable[Cause]) -> tuple[Cause, ...]:
    """Returns what explains that nothing comes out before what does not."""
    return tuple(sorted(causes, key=lambda each: (not each.stops, RANK.index(type(each)))))
