"""A pipeline in a test: the rows that it is given, and what it must make of them."""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from labkit import Lab
from labkit.exercises import verdict
from labkit.exercises.evidence import Line
from labkit.kafka.tap import Record
from labkit.readings import Chosen
from labkit.readings.columns import KEY, TIME
from labkit.runs.spec import Spec
from labkit.stepping import Steps, words
from labkit.stepping.steps import Step
from labkit.testing import difference, killing, rows
from labkit.testing.difference import Pair, Row

WRITES = "out"


class UnderTest:
    """A function as `lab.run` takes it, and the topics that it reads, each with so many `partitions`."""

    def __init__(
        self,
        lab: Lab,
        function: Callable[..., Any],
        reads: tuple[str, ...],
        partitions: int,
        raw: bool,
        exactly_once: bool,
    ) -> None:
        self._lab, self._partitions = lab, partitions
        self._spec = Spec(getattr(function, "__name__", "pipeline"), function, reads, WRITES, raw, exactly_once)

    def given(self, *topics: Sequence[rows.Row], key: Chosen = KEY, time: Chosen = TIME) -> Given:
        """Returns it with the rows of each topic that it reads: dicts, or bytes as they are.

        `key` and `time` are the columns of a record's key and time, or functions of a row, or None, as in
        `lab.produce`; rows without a time have that of the call. Raises LabError if a row is none, and ValueError if
        there are more or fewer topics than it reads.
        """
        named = zip(self._spec.reads, topics, strict=True)
        found = (rows.records(name, own, key, time, self._partitions) for name, own in named)
        return Given(self._lab, self._spec, self._partitions, [*itertools.chain.from_iterable(found)])


class Given:
    """A pipeline and the records that it is given. Nothing runs before it is asked for."""

    def __init__(self, lab: Lab, spec: Spec, partitions: int, records: Sequence[Record]) -> None:
        self._lab, self._spec, self._partitions = lab, spec, partitions
        self._records = records

    @functools.cached_property
    def steps(self) -> Steps:
        """What each line of it did with each record, as from `lab.step`: print(steps[3]), steps.save("page.html")."""
        spec, records = self._spec, self._records
        if spec.reads[1:]:
            records = sorted(records, key=lambda each: each.timestamp)
        return self._lab.step(
            spec.pipeline, reads=spec.reads, writes=WRITES, records=records, name=spec.name, raw=spec.raw
        )

    def gives(self, expected: Sequence[Any], *, key: str | None = None, time: str | None = None) -> Given:
        """Fails unless it writes these values, in this order and no others. Numbers may differ by rounding errors.

        With `key` and `time`, the fields of these names must also be the record's key and its time in epoch ms.
        The message has both side by side, and the step of the first wrong record.
        """
        __tracebackhide__ = True
        if self.steps.trouble:
            raise AssertionError(f"{self.steps.summary()}\n\n{self.steps[-1]}")
        wanted = [Row(each, key and str(each[key]), each[time] if time else None) for each in expected]
        came = [(step, each) for step in self.steps for each in step.written if each.topic == WRITES]
        got = [
            Row(words.loaded(each.value), words.key(each.key) if key else None, each.timestamp if time else None)
            for _, each in came
        ]
        if pairs := difference.difference(wanted, got):
            steps = [step for step, _ in came]
            lines = difference.lines(pairs, wanted, got, lambda number: _went_in(steps[number]))
            head = f"{self._spec.name} does not give what is expected:"
            raise AssertionError(_report(head, lines, self._first(pairs, wanted, steps)))
        return self

    def kill_at_every_record(self) -> Given:
        """Fails unless a crash changes nothing: for each record a process runs the pipeline until it has processed that
        record and Kafka has what it wrote, is killed (SIGKILL) before it commits, and another goes on.

        What it has written then must be what it writes if nobody kills it, each record exactly once if the pipeline is
        `exactly_once`, at least once otherwise. Raises LabError if the pipeline cannot be sent to another process.
        """
        __tracebackhide__ = True
        undisturbed, *disturbed = killing.outputs(self._lab, self._spec, self._partitions, self._records)
        promise = "exactly once" if self._spec.exactly_once else "at least once"
        for number, found in enumerate(disturbed):
            missing, extra = Counter(undisturbed) - Counter(found), Counter(found) - Counter(undisturbed)
            if not self._spec.exactly_once:
                extra = Counter({each: count for each, count in extra.items() if each not in undisturbed})
            if missing or extra:
                head = f"{self._spec.name}, killed at record {number} and started again, does not write {promise}:"
                raise AssertionError(_report(head, killing.lines(missing, extra), self.steps[number]))
        return self

    def _first(self, pairs: Sequence[Pair], expected: Sequence[Row], steps: Sequence[Step]) -> Step:
        """Returns the step of the first wrong record: of those after the record before it, up to the one in which
        another came out instead, the one whose record has most in common with what is missing; else the last of them.
        """
        first = next(number for number, each in enumerate(pairs) if not each.right)
        number, got = pairs[first].expected, pairs[first].got
        if number is None:
            assert got is not None
            return steps[got]
        before = next((steps[each.got].number + 1 for each in reversed(pairs[:first]) if each.got is not None), 0)
        last = len(self.steps) - 1 if got is None else steps[got].number
        left = [*self.steps][min(before, last) : last + 1]
        nearest: Step = max(reversed(left), key=lambda step: _in_common(step, expected[number].value))
        return nearest


def _in_common(step: Step, value: Any) -> int:
    """Returns how many fields of a value the record of a step has too."""
    record = words.loaded(step.record.value)
    if not (isinstance(record, dict) and isinstance(value, dict)):
        return int(record == value)
    return sum(name in record and record[name] == each for name, each in value.items())


def _report(head: str, lines: Sequence[Line], step: Step) -> str:
    return "\n".join([head, *verdict.table(lines), "", str(step)])


def _went_in(step: Step) -> str:
    record = step.record
    value = words.value(words.loaded(record.value))
    return f"#{step.number} {words.clock(record.timestamp)} {words.key(record.key)} {value}"
