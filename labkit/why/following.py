"""Follows one record through a run to where it has ended."""

from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from labkit.errors import LabError
from labkit.kafka.groups import Groups
from labkit.kafka.topics import DEAD_LETTER
from labkit.readings import times
from labkit.runs.blame import Line
from labkit.runs.run import Run
from labkit.stepping import Step, Steps, Taken, step, words
from labkit.stepping.memory import Gone, Identity, Window
from labkit.stepping.taking import newest, one, until
from labkit.why import feeding
from labkit.why.answer import Row, Why
from labkit.why.causes import Before, Cause, Counted, Fails, Kept, Lost, NotRead, Stopped, TooLate, Written

SEARCHED = 10_000  # of the newest records of a topic, among which one is looked for by key and time
AROUND = 300  # records of its partition before it, and after it, that are stepped through
MEANWHILE = 60_000  # milliseconds after it, up to which those of other partitions are
CLOCK = re.compile(r"\d\d:\d\d(:\d\d(\.\d+)?)?")
Time = str | int | datetime.datetime


def follow(run: Run, groups: Groups, states: Path, key: str | None, time: Time | None, offset: int | None) -> Why:
    """Say where a record has ended: the one with this offset, or the newest with this key and this time.

    Raises LabError if there is none, or if several partitions have one, and NoAnswer if Kafka does not answer.
    """
    topics = groups.topics
    wanted = _found(run, groups, key, time, offset)
    assert wanted.offset is not None, "it is a record of a topic"
    subject = f"{run.name}: {_named(wanted)}"
    reached = feeding.positions(run, groups)[wanted.topic].get(wanted.partition, 0)
    if wanted.offset >= reached:
        return Why(subject, [NotRead(reached)], "", "", [])
    since = topics.counts.waiting(wanted.topic, {wanted.partition: wanted.offset}, {wanted.partition: reached})
    causes: list[Cause] = [Before(run.began)] if since[wanted.partition] > run.records_in else []
    end = min(reached, wanted.offset + AROUND + 1)
    steps = _stepped(run, groups, states, wanted, end)
    number = next((n for n, each in enumerate(steps) if each.record[:3] == wanted[:3]), None)
    if number is None:  # it has failed before
        return Why(subject, [*causes, Fails(steps.trouble.reason if steps.trouble else "", None)], "", "", [])
    causes += _fates(steps, number, is_all=end == reached)
    rows = [Row(each.line.number, each.line.text, "; ".join(each.words)) for each in steps[number].outcomes]
    return Why(subject, causes, "", "What each line does with it:", rows)


def _stepped(run: Run, groups: Groups, states: Path, wanted: Taken, end: int) -> Steps:
    """Step through the records around one, up to the offset `end` in its partition."""
    topics = groups.topics
    before = {name: until(topics, name, wanted.timestamp + MEANWHILE) for name in run.reads}
    before[wanted.topic][wanted.partition] = end
    return step(run.spec, newest(topics, run.reads, 2 * AROUND, before=before), topics, topics, states)


def _named(record: Taken) -> str:
    place = f"{record.topic}, partition {record.partition}, offset {record.offset}"
    value = words.value(words.loaded(record.value))
    return f"{place}, {words.key(record.key)} at {words.moment(record.timestamp)}: {value}"


# ------------------------------------------------------------- where it ended


def _fates(steps: Steps, number: int, is_all: bool) -> Iterator[Cause]:
    """Yield what has become of a record; `is_all` says whether every record after it is there."""
    record = steps[number]
    if record.trouble:
        yield Fails(record.trouble.reason, record.trouble.line)
    if record.unreadable:
        yield Lost(f"{record.record.topic}{DEAD_LETTER}", record.unreadable)
    yield from _at_its_lines(steps, record)
    windows = {identity: entry for identity, entry in record.changes.items() if isinstance(entry, Window)}
    for identity, window in windows.items():
        yield _of_a_window(steps, number, identity, window, is_all)
    if not (windows or record.unreadable):
        yield from (Written(each.topic, words.key(each.key), words.loaded(each.value)) for each in record.written[:1])


def _at_its_lines(steps: Steps, record: Step) -> Iterator[Cause]:
    for each in record.outcomes:
        if each.kind == "left out":
            values = [out.value for out in each.came]
            yield Stopped(each.line, tuple(steps.conditions[each.line].nearest(values)), each.words)
        elif each.kind == "late":
            late = max((found for visit in record.visits for found in visit.late), key=lambda found: found.by)
            yield TooLate(each.line, *late)
        elif each.kind == "keeps":
            yield Kept(each.line, each.words)


def _of_a_window(steps: Steps, number: int, identity: Identity, window: Window, is_all: bool) -> Counted:
    """Returns what has become of a window that holds a record."""
    for later in itertools.islice(steps, number + 1, None):
        entry = later.changes.get(identity)
        if isinstance(entry, Window):
            window = entry
        elif entry is Gone.FORGOTTEN and (longer := _longer(later, window)):
            identity, window = longer
        elif entry:
            out, left_out = _emitted(later, window) if entry is Gone.CLOSED else (None, None)
            return Counted(window, later.record.offset, out, left_out)
    return Counted(window, is_last=is_all)


def _longer(step: Step, window: Window) -> tuple[Identity, Window] | None:
    """Returns the session that has taken up another one."""
    kept = [(identity, each) for identity, each in step.changes.items() if isinstance(each, Window)]
    around = (pair for pair in kept if pair[1][:3] == window[:3])
    return next((pair for pair in around if pair[1].start <= window.start and pair[1].end >= window.end), None)


def _emitted(step: Step, window: Window) -> tuple[Any, Line | None]:
    """Returns what came out of the pipeline for a window, or the line that has left it out."""
    for out in step.came_out:
        if _is_of(out.value, window):
            return out.value, None
    left_out = (each for each in step.outcomes if each.kind == "left out")
    return None, next((each.line for each in left_out if any(_is_of(out.value, window) for out in each.came)), None)


def _is_of(value: Any, window: Window) -> bool:
    return isinstance(value, Mapping) and (value.get("start"), value.get("end")) == (window.start, window.end)


# -------------------------------------------------------------- which record


def _found(run: Run, groups: Groups, key: str | None, time: Time | None, offset: int | None) -> Taken:
    topics, names = groups.topics, " or ".join(run.reads)
    if offset is not None:
        found = [each for name in run.reads for each in one(topics, name, offset) if key in (None, _key(each))]
        if len(found) > 1:
            places = " and ".join(f"{each.topic}, partition {each.partition}, key {_key(each)}" for each in found)
            raise LabError(f"Several records have the offset {offset}: {places}. Say which by its key=.")
        ends = {name: topics.end_offsets(name) for name in run.reads}
        held = ", ".join(f"{name} ends at offset {max(each.values(), default=0)}" for name, each in ends.items())
        missing = f"There is no record with offset {offset} in {names}: {held}."
    else:
        candidates = newest(topics, run.reads, SEARCHED, key)
        found = [each for each in candidates if time is None or _is_at(each, time)][-1:]
        near = min(candidates, key=lambda each: abs(each.timestamp - _moment(time, each)), default=None)
        missing = f"There is no record in {names}" + f" with the key {key!r}" * (key is not None)
        missing += f" at {time}: the nearest is at {words.moment(near.timestamp)}." if near else "."
    if not found:
        raise LabError(missing)
    return found[0]


def _key(record: Taken) -> str | None:
    return None if record.key is None else record.key.decode(errors="backslashreplace")


def _is_at(record: Taken, time: Time) -> bool:
    """Whether a record has a time, or one within the second, or the minute, that it names."""
    if isinstance(time, str) and CLOCK.fullmatch(time):
        return words.clock(record.timestamp).split()[-1].startswith(time)
    wanted = _moment(time, record)
    return record.timestamp == wanted or (not wanted % 1000 and record.timestamp // 1000 == wanted // 1000)


def _moment(time: Time | None, record: Taken) -> int:
    """Returns a time in epoch milliseconds; if it names no day, that of the record. Raises LabError if it is none."""
    if isinstance(time, str) and CLOCK.fullmatch(time):
        time = f"{datetime.datetime.fromtimestamp(record.timestamp / 1000, datetime.UTC):%Y-%m-%d}T{time}"
    found = times.Times([time], "time").read(time) if time is not None else record.timestamp
    if type(found) is not int:
        raise LabError(f"time is {time!r}, which is no time: give one such as 12:00:03, or {times.EXAMPLE}.")
    return found
