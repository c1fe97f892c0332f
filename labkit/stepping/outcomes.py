"""What each line of the student's code did with a record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from quixstreams.core.stream import Stream

from labkit.runs.blame import Line
from labkit.runs.windows import Watch
from labkit.stepping import words
from labkit.stepping.conditions import Conditions
from labkit.stepping.recording import REPARTITION, Late, Out, Visit

Kind = Literal["passes", "left out", "waits", "late", "emits", "keeps", "fails"]
WINDOWS, JOINS = "quixstreams.dataframe.windows", "quixstreams.dataframe.joins"  # modules of the functions of steps
LEFT, RIGHT = "left_func", "right_func"  # what Quix Streams calls the functions of the two sides of a join
SHOWN = 5  # values


@dataclass(frozen=True)
class Outcome:
    """What a line did with a record, in `words`: the values that came to it, and those that went on from it.

    `changed` are the fields that it has changed or added. It `passes` values on, has `left out` the record, `waits`
    with a window that is open, was too `late` for all of them, `emits` windows, `keeps` the record for a join, or
    `fails`.
    """

    line: Line
    kind: Kind
    words: tuple[str, ...]
    came: tuple[Out, ...]
    went: tuple[Out, ...]
    changed: tuple[str, ...] = ()


def line_of(step: Stream) -> Line | None:
    """Returns the line of the student's code that added a step; None if labkit did."""
    return None if isinstance(step.func.func, Watch) else getattr(step, "line", None)


def outcomes(visits: Sequence[Visit], trouble: str, conditions: Mapping[Line, Conditions]) -> list[Outcome]:
    """Returns what each line did, in the order in which the record came to them; `trouble` is why one failed."""
    by_line: defaultdict[Line, list[Visit]] = defaultdict(list)
    for each in visits:
        if line := line_of(each.step):
            by_line[line].append(each)
    failed = next((each for each in reversed(visits) if not each.ended), None) if trouble else None
    return [_outcome(line, found, failed, trouble, conditions.get(line)) for line, found in by_line.items()]


def _outcome(
    line: Line, visits: Sequence[Visit], failed: Visit | None, trouble: str, conditions: Conditions | None
) -> Outcome:
    # Without a visit before it, a later one is of the same line behind a repartition topic.
    came = tuple(
        each.came for n, each in enumerate(visits) if not (_is_on(each.before, line) or (n and not each.before))
    )
    went = tuple(_went(visits, line))
    late = tuple(_too_late(each for visit in visits for each in visit.late))
    if any(each is failed for each in visits):
        return Outcome(line, "fails", (f"fails: {trouble}",), came, went)
    if not went:
        missed = conditions.missed(came[0].value) if conditions and len(came) == 1 else ""
        return Outcome(line, *_nothing(visits, late, missed), came, went)
    if any(_module(each).startswith(WINDOWS) for each in visits):
        return Outcome(line, "emits", (*_shown("comes out: ", map(_emitted, went)), *late), came, went)
    changed, texts = _difference(came, went)
    topics = dict.fromkeys(record.topic for each in visits for record in each.written)
    texts += [f"written to {each}" for each in topics]
    return Outcome(line, "passes", tuple(texts) or ("goes on as it is",), came, went, changed)


def _is_on(visit: Visit | None, line: Line) -> bool:
    """Whether a visit is of a line; a window is watched between two steps of one line."""
    if visit is not None and isinstance(visit.step.func.func, Watch):
        return _is_on(visit.before, line)
    return visit is not None and line_of(visit.step) == line


def _went(visits: Sequence[Visit], line: Line) -> Iterator[Out]:
    """Yield the values that went on from a line: to a step that another line has added, or to the end."""
    for visit in visits:
        onward = [each for each in _after(visit.step) if line_of(each) != line]
        if onward or not visit.step.children:
            yield from visit.outs


def _after(step: Stream) -> Iterator[Stream]:
    """Yield the steps that follow one, without those that watch windows."""
    for each in step.children:
        if isinstance(each.func.func, Watch):
            yield from each.children
        else:
            yield each


def _nothing(visits: Sequence[Visit], late: tuple[str, ...], missed: str) -> tuple[Kind, tuple[str, ...]]:
    """Say why nothing went on from a line, perhaps because of a condition that was `missed`."""
    join = next((each for each in visits if _module(each).startswith(JOINS) and side(each.step) in (LEFT, RIGHT)), None)
    window = next((each for each in visits if _module(each).startswith(WINDOWS)), None)
    if window and window.came.key is None:
        return "left out", ("left out here: it has no key, and windows are kept by key",)
    if window and late:
        return "late", late
    if window and not window.outs:
        return "waits", ("nothing comes out yet: the window is open",)
    if any(record.topic.startswith(REPARTITION) for each in visits for record in each.written):
        return "passes", ("goes on with its new key, through a topic of its own",)
    if join and join.step.func.expand:  # an interval join, both sides of which are kept
        return "keeps", ("kept for the join: the other side has nothing for it yet",)
    if join and side(join.step) == RIGHT:
        return "keeps", ("kept for the join: of this side nothing comes out",)
    if join:
        return "left out", ("left out here: the other side has nothing for it yet",)
    return "left out", (f"{missed}: left out here" if missed else "left out here",)


def side(step: Stream) -> str:
    """Returns the name of the function of a step: LEFT or RIGHT in a join."""
    return str(getattr(step.func.func, "__name__", ""))


def _module(visit: Visit) -> str:
    return str(getattr(visit.step.func.func, "__module__", ""))


def _too_late(late: Iterable[Late]) -> Iterator[str]:
    for each in late:
        yield f"{words.duration(each.by)} too late for the window {words.span(each.start, each.end)}, which has closed"


def _emitted(out: Out) -> str:
    if not (isinstance(out.value, Mapping) and {"start", "end"} <= out.value.keys()):
        return words.value(out.value)
    results = {name: each for name, each in out.value.items() if name not in ("start", "end")}
    return f"{words.span(out.value['start'], out.value['end'])}, {words.value(results)}"


def _shown(begin: str, texts: Iterable[str]) -> list[str]:
    """Returns texts, the first of which begins so; the last say how many more there are."""
    first, *others = texts
    more = len(others) + 1 - SHOWN
    return [f"{begin}{first}", *others[: SHOWN - 1], *([f"and {more} more"] if more > 0 else [])]


def _difference(came: Sequence[Out], went: Sequence[Out]) -> tuple[tuple[str, ...], list[str]]:
    """Returns the fields that have changed, and what has changed, in words."""
    if len(came) != 1 or len(went) != 1:
        return (), _shown(f"{len(went)} go on: " if len(went) > 1 else "", (words.value(each.value) for each in went))
    (before,), (now,) = came, went
    changed, texts = _fields(before.value, now.value)
    texts += [f"key {words.key(now.key)}"] if now.key != before.key else []
    texts += [f"time {words.clock(now.timestamp)}"] if now.timestamp != before.timestamp else []
    return changed, [", ".join(texts)] if texts else []


def _fields(before: Any, now: Any) -> tuple[tuple[str, ...], list[str]]:
    if not (isinstance(before, Mapping) and isinstance(now, Mapping)):
        return (), [] if _same(before, now) else [f"→ {words.value(now)}"]
    changed = tuple(str(name) for name, each in now.items() if name not in before or not _same(before[name], each))
    gone = [str(name) for name in before if name not in now]
    texts = [f"{name} {words.part(now[name])}" for name in now if str(name) in changed]
    return changed, texts + [f"without {' and '.join(gone)}"] * bool(gone)


def _same(one: Any, other: Any) -> bool:
    try:
        return type(one) is type(other) and bool(one == other)
    except ValueError:  # arrays say which of their elements are
        return False
