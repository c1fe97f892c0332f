"""What each line of a pipeline let through, and why it left out the rest, by stepping through records."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from quixstreams.core.stream import Stream

from labkit.kafka.topics import DEAD_LETTER
from labkit.runs.blame import Line
from labkit.runs.windows import Watch
from labkit.spelling import did_you_mean
from labkit.stepping import Step, Steps
from labkit.stepping.outcomes import JOINS, WINDOWS, Outcome, line_of
from labkit.stepping.recording import Visit
from labkit.why import joins
from labkit.why.causes import Cause, Failed, InVain, Late, LeftOut, NoField, Scattered, Unreadable, WithoutKey


class Count(NamedTuple):
    """How many values came to a line, and how many went on from it."""

    line: Line
    came: int
    went: int


class Lines:
    """What each line did with the records of some steps."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self._outcomes: defaultdict[Line, list[tuple[Step, Outcome]]] = defaultdict(list)
        self._visits: defaultdict[Stream, list[tuple[Step, Visit]]] = defaultdict(list)
        for step in steps:
            for outcome in step.outcomes:
                self._outcomes[outcome.line].append((step, outcome))
            for visit in step.visits:
                self._visits[visit.step].append((step, visit))

    @property
    def counts(self) -> list[Count]:
        """How many values each line got and gave, in the order in which they stand."""
        return [self._count(each) for each in self.steps.lines]

    @property
    def keys(self) -> Iterator[Any]:
        """The keys that the records had anywhere in the pipeline."""
        return (visit.came.key for step in self.steps for visit in step.visits)

    def causes(self) -> Iterator[Cause]:
        """Yield why lines have left something out."""
        if trouble := self.steps.trouble:
            yield Failed(trouble.reason, trouble.line, trouble.record)
        yield from self.scattered()
        yield from (InVain(words, line) for line, words in self.steps.hints.items())
        for step, visits in self._visits.items():
            if isinstance(watch := step.func.func, Watch):
                yield from _watched(watch, [visit for _, visit in visits])
            if late := [visit for _, visit in visits if visit.late]:
                yield self._late(step, late)
        for line, sides in self._joins.items():
            yield from joins.strangers(line, sides)
        if not any(step.came_out for step in self.steps):
            yield from self._empty_handed()
        else:
            yield from self._early()

    def scattered(self) -> Iterator[Scattered]:
        """Yield the first key of each topic that is in several partitions, if anything is remembered by these keys."""
        partitions: defaultdict[tuple[str, bytes], set[int]] = defaultdict(set)
        for each in self.steps if self.steps.remembers else ():
            if each.record.key is not None:
                partitions[each.record.topic, each.record.key].add(each.record.partition)
        found = {topic: (key, in_) for (topic, key), in_ in reversed(partitions.items()) if len(in_) > 1}
        for topic, (key, in_) in found.items():
            yield Scattered(topic, key.decode(errors="backslashreplace"), tuple(sorted(in_)))

    def unreadable(self) -> Iterator[Unreadable]:
        """Yield how many records of each topic could not be read."""
        reasons: defaultdict[str, list[str]] = defaultdict(list)
        for step in self.steps:
            if step.unreadable:
                reasons[f"{step.record.topic}{DEAD_LETTER}"].append(step.unreadable)
        for topic, found in reasons.items():
            yield Unreadable.of_reasons(len(found), len(self.steps), topic, found)

    def lets_windows_out(self) -> bool:
        """Whether a window has passed anything on."""
        return any(visit.outs for step, found in self._visits.items() if _is_of(step, WINDOWS) for _, visit in found)

    def _count(self, line: Line) -> Count:
        found = [outcome for _, outcome in self._outcomes[line]]
        return Count(line, sum(len(each.came) for each in found), sum(len(each.went) for each in found))

    def _empty_handed(self) -> Iterator[Cause]:
        """Yield the lines to blame for that nothing comes out of the last one."""
        for line in self.steps.lines:
            _, came, went = self._count(line)
            if line in self._joins:
                if not went:
                    yield from joins.alone(line, self._joins[line])
            elif came > went:
                yield from self._left_out(line, [each for each in self._visits if line_of(each) == line])

    def _early(self) -> Iterator[Cause]:
        """Yield the joins that have let something out, but hardly anything."""
        for line, sides in self._joins.items():
            unpaired = {step.number for step, outcome in self._outcomes[line] if not outcome.went}
            yield from joins.early(line, sides, unpaired)

    @functools.cached_property
    def _joins(self) -> dict[Line, joins.Sides]:
        """The lines with a join, and what came to its sides."""
        visits: defaultdict[Line | None, dict[Stream, list[tuple[Step, Visit]]]] = defaultdict(dict)
        for each, found in self._visits.items():
            if _is_of(each, JOINS):
                visits[line_of(each)][each] = found
        lines = [line for line in self.steps.lines if line in visits]
        return {line: joins.Sides.of(visits[line], self.steps.reads) for line in lines}

    def _left_out(self, line: Line, steps: list[Stream]) -> Iterator[LeftOut]:
        """Yield the values that a line has left out, unless a window did, for want of a key."""
        has_window = any(_is_of(each, WINDOWS) for each in steps)
        found = [outcome for _, outcome in self._outcomes[line]]
        came = [out.value for outcome in found for out in outcome.came]
        left = [value for outcome in found if outcome.kind == "left out" for value in outcome.came]
        out = [each.value for each in left if not (has_window and each.key is None)]
        if out:
            near = self.steps.conditions[line].nearest(came)
            yield LeftOut(len(out), len(came), line, tuple(near), out[-1])

    def _late(self, step: Stream, late: list[Visit]) -> Late:
        window, visit = max(((each, visit) for visit in late for each in visit.late), key=lambda pair: pair[0].by)
        line = line_of(step)
        assert line, "only a student's windows are late"
        dropped = sum(outcome.kind == "late" for _, outcome in self._outcomes[line])
        came = visit.came
        key = came.key.decode(errors="backslashreplace") if isinstance(came.key, bytes) else came.key
        short = max(visit.came.timestamp + each.by - each.end for visit in late for each in visit.late)
        number, of = len(late), len(self._visits[step])
        return Late(number, of, line, dropped, window.by, short, key, came.timestamp, window.start, window.end)


def _is_of(step: Stream, module: str) -> bool:
    return str(getattr(step.func.func, "__module__", "")).startswith(module)


def _watched(watch: Watch, visits: list[Visit]) -> Iterator[Cause]:
    """Yield what a window leaves out, and the fields that nobody has."""
    if watch.without_key:
        yield WithoutKey(watch.without_key, len(visits), watch.line)
    objects: list[Mapping[Any, Any]] = [each.came.value for each in visits if isinstance(each.came.value, Mapping)]
    for field, effect in watch.missing.items() if objects else ():
        if watch.may_be_new and not did_you_mean(field, map(str, objects[-1])):
            continue
        yield NoField(field, effect, watch.line, tuple(map(str, objects[-1])))
