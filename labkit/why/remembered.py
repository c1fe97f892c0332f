"""What the group of a run remembers, by its changelogs: windows that are open, and keys that keep them open."""

from __future__ import annotations

import itertools
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from labkit.kafka.topics import Topics
from labkit.runs.pipeline import Pipeline
from labkit.runs.run import Run
from labkit.runs.spec import Spec
from labkit.runs.totals import Totals
from labkit.runs.windows import Shape
from labkit.stepping import memory
from labkit.stepping.memory import Clock, Entry, Window
from labkit.stepping.taking import Taken
from labkit.why.causes import Open, Silent, Waiting

NEWEST = 20_000  # records of each partition of a changelog
PATIENCE = 3  # as often as a key usually sends once, before it is called silent


def by(run: Run, topics: Topics, directory: Path, keys: Iterable[Any]) -> list[Entry]:
    """Returns what the group of a run remembers of windows that emit when they close."""
    spec = run.spec
    # The same function gives the same stores; in transactions it would take over those of the run.
    alike = Spec(spec.name, spec.pipeline, spec.reads, spec.writes, spec.raw)
    pipeline = Pipeline(topics, alike, run.group, directory, Totals())
    return final(memory.now(topics, pipeline, keys, NEWEST), pipeline.windows)


def final(entries: Iterable[Entry], shapes: Iterable[Shape]) -> list[Entry]:
    """Returns what is remembered of windows that emit when they close."""
    stores = {each.store for each in shapes if each.emits == "final"}
    return [each for each in entries if each.store in stores]


def waiting(entries: Sequence[Entry]) -> Waiting | None:
    """Returns the windows that are open, if any; first those whose end is nearest."""
    clocks = {each[:3]: each.time for each in entries if isinstance(each, Clock)}
    found = [Open(each, clocks.get(each[:3])) for each in entries if isinstance(each, Window)]
    return Waiting(tuple(sorted(found, key=_left))) if found else None


def _left(it: Open) -> int:
    """Returns how many milliseconds, or records, are left until a window closes."""
    window = it.window
    if window.closes is None:
        return (window.full_at or 0) - (window.records or 0)
    return window.closes - (it.time or 0)


def silent(entries: Sequence[Entry], records: Sequence[Taken]) -> Iterator[Silent]:
    """Yield the keys whose open windows would all have closed, had they sent something as others have."""
    clocks = [each for each in entries if isinstance(each, Clock)]
    newest = {each.store: each.time for each in sorted(clocks, key=lambda each: each.time)}
    pauses, sending = _pauses(records), _sending(records)
    for clock in clocks:
        windows = [each for each in entries if isinstance(each, Window) and each[:3] == clock[:3]]
        closes = [each.closes for each in windows if each.closes is not None and each.closed_by == "key"]
        late_by = newest[clock.store] - clock.time
        usual = pauses.get(clock.key) or statistics.median(pauses.values() or [0])
        others = [each.time for each in clocks if each.store == clock.store and each is not clock]
        is_left_behind = 2 * sum(each - clock.time > PATIENCE * usual for each in others) > len(others)
        if not is_left_behind and clock.key in sending:  # it is the clock of one of the others that is ahead
            continue
        if closes and max(closes) <= newest[clock.store] and late_by > PATIENCE * usual:
            yield Silent(clock.key, clock.time, newest[clock.store], len(windows))


def _sending(records: Sequence[Taken]) -> set[str | None]:
    """Returns the keys among the newest records: about so many records as have two of each."""
    names = [_name(each) for each in records]
    return {*names[-2 * len({*names}) :]}


def _name(record: Taken) -> str | None:
    return record.key.decode(errors="backslashreplace") if record.key is not None else None


def _pauses(records: Sequence[Taken]) -> dict[str | None, float]:
    """Returns the milliseconds of events that usually pass between two records of a key."""
    times: defaultdict[str | None, list[int]] = defaultdict(list)
    for each in records:
        times[_name(each)].append(each.timestamp)
    ordered = {key: sorted(found) for key, found in times.items() if len(found) > 1}
    return {
        key: statistics.median(after - before for before, after in itertools.pairwise(found))
        for key, found in ordered.items()
    }
