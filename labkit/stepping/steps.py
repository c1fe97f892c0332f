"""Records and what became of each: to look at, to read, and to take along."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from labkit.errors import LabError
from labkit.runs.blame import Blame, Line
from labkit.runs.pipeline import Pipeline
from labkit.runs.spec import Spec
from labkit.stepping import memory, page, source, words
from labkit.stepping.conditions import Conditions
from labkit.stepping.memory import Changes, Clock, Entry, Gone, Memories, Value, Window
from labkit.stepping.outcomes import Outcome, line_of, outcomes
from labkit.stepping.recording import REPARTITION, Out, Passage, Place, Written
from labkit.stepping.source import Block
from labkit.stepping.taking import Taken

if TYPE_CHECKING:
    import pandas as pd

Remembered = TypeVar("Remembered", Window, Value)
COLUMNS = ["record", "line", "in", "out"]
STATE = ["store", "partition", "key", "what", "value"]


class Step:
    """A record, and what each line did with it. Printed, it says so in words.

    Example: print(step[7])
    """

    def __init__(self, steps: Steps, number: int, record: Taken, passages: Sequence[Passage], changes: Changes) -> None:
        self.number, self.record, self.changes = number, record, changes
        self.prints = [line for each in passages for line in each.prints]  # by the student's code
        self.visits = [visit for each in passages for visit in each.visits]  # what came to each step, in order
        self._steps = steps

    @property
    def trouble(self) -> Blame | None:
        """Why the pipeline failed at this record; None if it has not. Example: step[7].trouble"""
        return self._steps.trouble if self.number == self._steps.failed_at else None

    @functools.cached_property
    def outcomes(self) -> list[Outcome]:
        """What each line did with it, in order. Example: step[7].outcomes"""
        return outcomes(self.visits, self.trouble.reason if self.trouble else "", self._steps.conditions)

    @property
    def came_out(self) -> list[Out]:
        """What the pipeline returned for it: values, keys and times. Example: step[7].came_out"""
        return [out for each in self.visits if each.step is self._steps.end for out in each.outs]

    @property
    def written(self) -> list[Written]:
        """The records that were written for it, dead letters included. Example: step[7].written"""
        records = [record for each in self.visits for record in each.written]
        return [each for each in records if not each.topic.startswith(REPARTITION)]

    @property
    def unreadable(self) -> str:
        """Why the record could not be read; empty if it could."""
        first = self.visits[0]
        letters = [] if first.outs else first.written
        return letters[0].headers["reason"].decode(errors="backslashreplace") if letters else ""

    @property
    def closed(self) -> int:
        """How many windows have closed."""
        return sum(each is Gone.CLOSED for each in self.changes.values())

    @functools.cached_property
    def marks(self) -> list[str]:
        """What somebody may look for: "comes out", "left out", "late", "closes", "fails"."""
        kinds = {each.kind for each in self.outcomes}
        found = {
            "comes out": bool(self.came_out),
            "left out": bool(self.unreadable) or not (self.came_out or kinds & {"waits", "keeps", "fails"}),
            "late": any(each.late for each in self.visits),
            "closes": self.closed > 0,
            "fails": self.trouble is not None,
        }
        return [name for name, is_true in found.items() if is_true]

    @property
    def before(self) -> Memories:
        """What was remembered before it."""
        return self._steps.remembered(self.number - 1)

    @property
    def after(self) -> Memories:
        """What is remembered after it."""
        return self._steps.remembered(self.number)

    def told(self, apart: Collection[Line] = ()) -> str:
        """What each line did with it, and what is remembered, in words; ≠ stands before the lines that are `apart`."""
        parts = [self._head(), [""], self._lines(apart), self._open(), self._kept(), self._written()]
        return "\n".join(itertools.chain.from_iterable(parts))

    def __str__(self) -> str:
        return self.told()

    __repr__ = __str__

    def _head(self) -> Iterator[str]:
        record = self.record
        offset = "a row" if record.offset is None else f"partition {record.partition}, offset {record.offset}"
        last, key = len(self._steps) - 1, words.key(record.key)
        yield f"record {self.number} of 0 to {last}: {record.topic}, {offset}, {key}, {words.moment(record.timestamp)}"
        yield f"  {words.value(words.loaded(record.value))}"

    def _lines(self, apart: Collection[Line]) -> Iterator[str]:
        if self.unreadable:
            yield f"  cannot be read, and goes to the dead letters: {self.unreadable}"
        width = max((len(each.line.text) for each in self.outcomes), default=0)
        for each in self.outcomes:
            mark = "≠" if each.line in apart else " "
            yield f"{mark} {each.line.number:>4}  {each.line.text:{width}}  {'; '.join(each.words)}"
        if self.trouble:
            line = f" in {self.trouble.line}" if self.trouble.line else ""
            yield f"  the pipeline ends here{line}: {self.trouble.reason}"

    def _open(self) -> Iterator[str]:
        windows = [each for each in self.after.values() if isinstance(each, Window)]
        clocks = {each[:3]: each.time for each in self.after.values() if isinstance(each, Clock)}
        if windows:
            yield "windows open after it"
        for each in self._own(windows):
            time = clocks.get(each[:3])
            at = f" (its event time: {words.clock(time)})" if time is not None else ""
            key, span, held = words.key(each.key), words.span(each.start, each.end), words.value(each.holds)
            yield f"  {key}{at}  {span}  {held}  {closing(each)}"
        yield from self._others(windows)

    def _kept(self) -> Iterator[str]:
        values = [each for each in self.after.values() if isinstance(each, Value)]
        before = {each[:4]: each.value for each in self.before.values() if isinstance(each, Value)}
        if values:
            yield "remembered after it"
        for each in self._own(values):
            was = before.get(each[:4], each.value)
            old = f" (before: {words.part(was)})" if was != each.value else ""
            yield f"  {words.key(each.key)}  {each.name}  {words.part(each.value)}{old}"
        yield from self._others(values)

    def _own(self, entries: Sequence[Remembered]) -> list[Remembered]:
        """Returns what is remembered of the keys that the record had in the pipeline."""
        keys = {words.key(each.came.key) for each in self.visits}
        return [each for each in entries if words.key(each.key) in keys]

    def _others(self, entries: Sequence[Remembered]) -> Iterator[str]:
        if others := len(entries) - len(self._own(entries)):
            yield f"  and {others} of other keys, in step.state(after={self.number})"

    def _written(self) -> Iterator[str]:
        if self.written:
            yield "written"
        for each in self.written:
            yield f"  {each.topic}, {words.key(each.key)}: {words.value(words.loaded(each.value))}"
        if self.prints:
            yield "printed"
        yield from (f"  {each}" for each in self.prints)


class Steps:
    """Records that a pipeline was given one by one: `steps[7]` says what it did with one, `save` makes a page of them.

    `trouble` is why it failed, if it has: at the last of them.

    Example: step = lab.step(alert_filter, reads="sensor")
    """

    def __init__(
        self,
        spec: Spec,
        pipeline: Pipeline,
        places: Mapping[Place, Taken],
        passages: Sequence[Passage],
        changes: Mapping[Place, Changes],
        trouble: Blame | None,
    ) -> None:
        """`places` are where the copies of the records were; the other passages are those of repartition topics."""
        self.name, self.reads, self.writes = spec.name, spec.reads, spec.writes
        self.trouble, self.end = trouble, pipeline.end
        self.notes, self.hints, self.windows = str(pipeline.notes), pipeline.notes.hints, pipeline.windows
        self.remembers = bool(pipeline.changelogs) and not pipeline.between  # something by the keys of its records
        self._definition = source.definition(spec.pipeline)
        self.lines = [*dict.fromkeys(line for each in pipeline.steps if (line := line_of(each)))]
        functions = {line: [each.func.func for each in pipeline.steps if line_of(each) == line] for line in self.lines}
        self.conditions = {line: Conditions(line, [spec.pipeline, *them]) for line, them in functions.items()}
        self.given = len(places)
        self._steps = [*self._of(places, passages, changes)]

    def _of(
        self, places: Mapping[Place, Taken], passages: Sequence[Passage], changes: Mapping[Place, Changes]
    ) -> Iterator[Step]:
        starts = [number for number, each in enumerate(passages) if each.place in places]
        for number, (start, after) in enumerate(zip(starts, [*starts[1:], len(passages)], strict=True)):
            own = passages[start:after]
            changed = {identity: entry for each in own for identity, entry in changes.get(each.place, {}).items()}
            yield Step(self, number, places[own[0].place], own, changed)

    @property
    def failed_at(self) -> int | None:
        """The number of the record at which the pipeline failed."""
        return len(self._steps) - 1 if self.trouble and self._steps else None

    @functools.cached_property
    def blocks(self) -> list[Block]:
        """The pipeline, and other functions in which its lines stand."""
        failed = self.trouble.line if self.trouble else None
        return source.blocks(each for each in (self._definition, *self.lines, failed) if each and each.file)

    def remembered(self, after: int) -> Memories:
        """Returns what is remembered after a record, by identity: windows, values, and event times of keys."""
        return memory.after(each.changes for each in self._steps[: after + 1])

    def table(self) -> pd.DataFrame:
        """One row for each record and each line that it came to: the values that went in and out.

        Example: step.table()
        """
        import pandas as pd

        rows = [
            (each.number, outcome.line.text, _plain(outcome.came), _plain(outcome.went))
            for each in self._steps
            for outcome in each.outcomes
        ]
        return pd.DataFrame(rows, columns=COLUMNS)

    def state(self, after: int = -1) -> pd.DataFrame:
        """What is remembered after a record, the last one unless another is given: open windows, state, event times.

        Example: step.state(after=7)
        """
        import pandas as pd

        found = [_row(each) for each in self[after].after.values()] if self._steps else []
        return pd.DataFrame(found, columns=STATE)

    def save(self, path: str | PathLike[str]) -> Path:
        """Write a page in which one steps through the records, without a kernel and without a network.

        Example: step.save("alerts.html")
        """
        return written_to(path, page.of(self))

    def framed(self, at: int = 0) -> str:
        """The same page as HTML for a notebook, open at a record. Example: steps.framed(at=7)"""
        return page.framed(self, at)

    def _repr_html_(self) -> str:
        return self.framed()

    def __len__(self) -> int:
        return len(self._steps)

    def __getitem__(self, number: int) -> Step:
        try:
            return self._steps[number]
        except IndexError:
            raise IndexError(f"there are {len(self)} records, from 0 to {len(self) - 1}") from None

    def __iter__(self) -> Iterator[Step]:
        return iter(self._steps)

    def summary(self) -> str:
        """How many records went in, and how many came out of it, in one line. Example: step.summary()"""
        out = sum(len(each.came_out) for each in self)
        parts = [f"{self.name}: {_records(len(self))} in, {out} out"]
        if self.trouble:
            left = self.given - len(self)
            behind = f"; it did not come to the {_records(left)} after it, as in a run" if left else ""
            parts.append(f"it failed at record {self.failed_at}: {self.trouble}{behind}")
        return "; ".join(filter(None, [*parts, self.notes]))

    def __repr__(self) -> str:
        return f"{self.summary()}\nprint(step[0]) shows the first of them, step.save('step.html') makes a page."


def written_to(path: str | PathLike[str], text: str) -> Path:
    """Write a page to a file, and return its path. Raises LabError if that is not possible."""
    file = Path(path)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise LabError(f"{file} cannot be written: {error.strerror}.") from error
    return file


def _records(number: int) -> str:
    return f"{number} record{'s' * (number != 1)}"


def closing(window: Window) -> str:
    """Says what closes a window."""
    if window.closes is None:
        return f"{window.records} of the {window.full_at} records that close it"
    whose = words.key(window.key) if window.closed_by == "key" else "any key of its partition"
    return f"closes when {whose} sends a record of {words.clock(window.closes)} or later"


def _plain(outs: Sequence[Out]) -> Any:
    """Returns the value, the values if there are several, or None if there is none."""
    values = [each.value for each in outs]
    return values[0] if len(values) == 1 else values or None


def _row(entry: Entry) -> tuple[object, ...]:
    place = entry[:3]
    if isinstance(entry, Window):
        return (*place, f"window {words.span(entry.start, entry.end)}", dict(entry.holds))
    if isinstance(entry, Clock):
        return (*place, "event time", words.moment(entry.time))
    return (*place, entry.name, entry.value)
