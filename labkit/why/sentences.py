"""What a cause means, in short sentences."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

from labkit.runs.blame import Line
from labkit.spelling import did_you_mean
from labkit.stepping import words
from labkit.stepping.conditions import Nearest
from labkit.stepping.steps import closing
from labkit.why import causes
from labkit.why.causes import Cause, Committed, Open, Writer

SHOWN = 3  # windows, writers or keys
LONGEST = 60  # characters of a line
LATE = 60_000  # milliseconds by which records may be late: beyond, some other time is wrong


@functools.singledispatch
def sentence(cause: Cause) -> str:
    """Returns what there is to say of a cause."""
    raise NotImplementedError(type(cause).__name__)


def at(line: Line | None) -> str:
    """Returns where something happens, as in "line 3, `return readings[hot]`"; "its window" without a line."""
    if not line:
        return "its window"
    text = line.text if len(line.text) <= LONGEST else f"{line.text[: LONGEST - 1]}…"
    return f"line {line.number}, `{text}`"


def counted(number: int, of: int, what: str = "record") -> str:
    """Returns some records out of so many: "all 33 records", "the only record", "12 of 33 records"."""
    if number == of:
        return f"the only {what}" if of == 1 else f"all {of:,} {what}s"
    return f"{number:,} of {of:,} {what}s"


def records(number: int) -> str:
    return f"{number:,} record{'s' * (number != 1)}"


def offset_of(it: Committed) -> str:
    """Returns a committed offset, and the end of its partition."""
    partition = f" (partition {it.partition})" if it.partition else ""
    return f"{'none' if it.offset is None else f'{it.offset:,}'} of {it.end:,} in {it.topic}{partition}"


def started(text: str) -> str:
    return text[:1].upper() + text[1:]


def listed(parts: Sequence[str]) -> str:
    """Returns the first parts, and how many more there are."""
    shown = [*parts[:SHOWN], *([f"{len(parts) - SHOWN} more"] if len(parts) > SHOWN else [])]
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))


# ------------------------------------------------------------------ of the run


@sentence.register
def _(it: causes.Failed) -> str:
    where = f", in {at(it.line)}" if it.line else ""
    return f"It has failed: {it.reason}{where}" + (f"; at the record {it.record}." if it.record else ".")


@sentence.register
def _(it: causes.Ended) -> str:
    if it.status == "starting":
        return "It is still starting: it has got no partition from Kafka yet."
    waiting = f", and {records(it.wait)} wait{'s' * (it.wait == 1)}" if it.wait else ""
    return f"It is {it.status}{waiting}: {'run its cell again' if it.retired else 'run.start() continues it'}."


@sentence.register
def _(it: causes.Stuck) -> str:
    return f"It {it.where}."


@sentence.register
def _(it: causes.Killed) -> str:
    have = (
        "its process has"
        if it.of == 1
        else f"{it.number} of its {it.of} processes {'have' if it.number > 1 else 'has'}"
    )
    return f"{started(have)} ended, and nobody reads what it had: run.start() starts it again."


@sentence.register
def _(_: causes.NoOutput) -> str:
    return 'Nothing is written, since it has no topic to write to: name one, as in lab.run(..., writes="results").'


# --------------------------------------------------------------- of its topics


@sentence.register
def _(it: causes.NoInput) -> str:
    emptied = f" any more: all {records(it.came)} that it had are deleted, or were never committed" if it.came else ""
    return f"{it.topic} holds no record{emptied}. {_written_by(it.topic, it.writers)}"


def _written_by(topic: str, writers: Sequence[Writer]) -> str:
    if not writers:
        return f'Nothing in this lab writes to it: lab.produce(..., writes="{topic}") does.'
    if (first := writers[0]).meant:
        return f"Nothing in this lab writes to it: {first.name} writes to {first.topic}. Did you mean that?"
    return " ".join(map(_of_a_writer, writers[:SHOWN]))


def _of_a_writer(it: Writer) -> str:
    ended = it.status not in ("running", "starting")
    done = f"has written {records(it.records)}" if it.records else "has written nothing"
    more = ": lab.why of that run says more" if it.is_run else ""
    return f"{it.name} should write to it; it is {it.status}, and {done}{more or ': start() continues it' * ended}."


@sentence.register
def _(it: causes.NothingNew) -> str:
    return (
        f"Nothing has come to {' and '.join(it.topics)} since it began"
        f"{it.began and f': it {it.began}'}. from_start=True reads everything again."
    )


@sentence.register
def _(it: causes.Quiet) -> str:
    names = listed([f"{each.name} is {each.status}" for each in it.writers])
    return f"Nothing more comes to {it.topic} by itself: {names}."


@sentence.register
def _(it: causes.Transaction) -> str:
    who = "it cannot read" if it.is_input else "nobody can read"
    offsets = f"the {it.behind:,} offsets" if it.behind > 1 else "the offset"
    return (
        f"A transaction is still open in {it.topic} (partition {it.partition}): {who} {offsets} from {it.offset:,} on "
        "until it is committed or aborted."
    )


@sentence.register
def _(it: causes.Behind) -> str:
    committed = listed([*map(offset_of, it.committed)])
    return f"It is behind: {records(it.lag)} are still to be read; its committed offset is {committed}."


@sentence.register
def _(it: causes.Around) -> str:
    return f"What it writes comes back to it, by {listed(it.flows)}: it goes round until it is left out."


@sentence.register
def _(it: causes.Scattered) -> str:
    return (
        f"Records with the key {it.key!r} are in the partitions {listed([*map(str, it.partitions)])} of {it.topic}, "
        "and windows and state are kept for each partition: each has only a part. Either clients with different "
        'partitioners write to it (the lab\'s is "murmur2_random"), or partitions have been added.'
    )


@sentence.register
def _(it: causes.Unreadable) -> str:
    often = f"{it.most:,} of the newest {it.looked_at:,} because of" if it.looked_at > 1 else "because of"
    number = started(counted(it.number, it.of))
    return f"{number} could not be read, and went to {it.topic}: {often} `{it.reason}`."


# ---------------------------------------------------------------- of its lines


@sentence.register
def _(it: causes.LeftOut) -> str:
    is_window = isinstance(it.example, Mapping) and {"start", "end"} <= it.example.keys()
    number = started(counted(it.number, it.of, "window" if is_window else "record"))
    stopped = f"{number} stopped at {at(it.line)}"
    if not it.nearest:
        return f"{stopped}; the newest was {words.value(it.example)}."
    several = len(it.nearest) > 1
    together = several and all(it.nearest) and all(each.held for each in it.nearest)
    parts = [_near(each, it.of, several) for each in it.nearest[:SHOWN]]
    return f"{stopped}: {'; '.join(parts)}{'; never all at once' if together else ''}."


def _near(it: Nearest, of: int, several: bool) -> str:
    if it.held:
        return f"`{it.condition}` held for {it.held:,} of {of:,}"
    which = f"`{it.condition}` held for none, " if several else ""
    return f"{which}the {it.extreme} {it.subject} was {words.part(it.best)}"


@sentence.register
def _(it: causes.WithoutKey) -> str:
    number, has = started(counted(it.number, it.of)), "have" if it.of > 1 else "has"
    return (
        f"{number} {has} no key, and {at(it.line)} leaves them out: windows are kept by key. "
        'Give them one first, as in readings.group_by("device").'
    )


@sentence.register
def _(it: causes.Late) -> str:
    number = started(counted(it.number, it.of))
    them, longer = "them" if it.number > 1 else "it", words.duration(it.short)
    cure = f"A grace_ms that is longer by more than {longer} counts {them}."
    return (
        f"{number} came too late for a window in {at(it.line)}, by up to {words.duration(it.by)}: "
        f"{words.key(it.key)} at {words.clock(it.time)}, when {words.span(it.start, it.end)} had closed. "
        f"{cure if it.short <= LATE else 'Or did an earlier record have a time that is ahead?'}"
    )


@sentence.register
def _(it: causes.NoField) -> str:
    meant = did_you_mean(it.field, it.has)
    return f"{it.effect} in {at(it.line)}: no record has the field {it.field!r}; they have {listed(it.has)}." + (
        f" {started(meant)}" if meant else ""
    )


@sentence.register
def _(it: causes.InVain) -> str:
    return started(it.words.format(here=f"in {at(it.line)}")) + "."


@sentence.register
def _(it: causes.Alone) -> str:
    begun = f"No record has found a partner in the join of {at(it.line)}"
    if it.missing:
        return f"{begun}: none has come from {it.missing}."
    if not it.nearest:
        left, right = (listed([*map(words.key, keys)]) for keys in it.keys)
        return f"{begun}: {it.left} and {it.right} have no key in common ({left}; {right})."
    near, gap = it.nearest, it.nearest.right - it.nearest.left
    order = f"{words.duration(abs(gap))} {'later' if gap > 0 else 'earlier'}" if gap else "the same time"
    rule = f" To a record this join takes one of {it.right} that is not later, and has been read before." * it.is_as_of
    return (
        f"{begun}. The nearest two are of {words.key(near.key)}: in {it.left} at {words.clock(near.left)}, in "
        f"{it.right} at {words.clock(near.right)}, {order}.{rule}"
    )


@sentence.register
def _(it: causes.Apart) -> str:
    left, right = it.partitions
    return (
        f"The join of {at(it.line)} never meets {counted(it.number, it.of, 'key')} that {it.left} and {it.right} have "
        f"in common, because it joins partition by partition: {words.key(it.key)} is in partition {left} of {it.left}, "
        f"and in partition {right} of {it.right}. All that write the two must choose the partition of a key alike."
    )


@sentence.register
def _(it: causes.Unlike) -> str:
    return (
        f"The join of {at(it.line)} finds no two keys that are equal: those of {it.text} are text, as group_by makes "
        f"them, those of {it.other} bytes, as they come from Kafka. With group_by on both sides they are alike."
    )


@sentence.register
def _(it: causes.Early) -> str:
    return (
        f"{started(counted(it.number, it.of))} of {it.left} found no partner in the join of {at(it.line)}, which takes "
        f"one of {it.right} that is not later, and has been read before: the last of them was of {words.key(it.key)} "
        f"at {words.clock(it.time)}, and the first of its key in {it.right} is at {words.clock(it.first)}."
    )


# ------------------------------------------------------------------ of windows


@sentence.register
def _(it: causes.Waiting) -> str:
    number, more = len(it.windows), len(it.windows) - SHOWN
    begun = f"Nothing comes out before a window closes, and {number:,} {'is' if number == 1 else 'are'} open."
    rest = [f"{more:,} more close{'s' * (more == 1)} later."] if more > 0 else []
    return " ".join([begun, *map(of_open, it.windows[:SHOWN]), *rest])


def of_open(it: Open) -> str:
    """Returns which window is open, and what closes it."""
    window, time = it.window, f"; its event time is {words.clock(it.time)}" if it.time is not None else ""
    return f"{words.key(window.key)}'s window {words.span(window.start, window.end)} {closing(window)}{time}."


@sentence.register
def _(it: causes.Silent) -> str:
    windows = "its window stays" if it.open == 1 else f"its {it.open} windows stay"
    return (
        f"{words.key(it.key)} has sent nothing since {words.clock(it.time)}, while others are at "
        f"{words.clock(it.newest)}: {windows} open until it sends again."
    )


# ---------------------------------------------------------------- of one record


@sentence.register
def _(it: causes.NotRead) -> str:
    return f"It has not been read yet: the run has read its partition up to offset {it.reached:,}."


@sentence.register
def _(it: causes.Before) -> str:
    return f"This run began after it: it {it.began}. What its lines do with it:"


@sentence.register
def _(it: causes.Fails) -> str:
    return (
        f"The pipeline fails at it, in {at(it.line)}: {it.reason}." if it.line else f"It fails before it: {it.reason}."
    )


@sentence.register
def _(it: causes.Lost) -> str:
    return f"It could not be read, and went to {it.topic}: `{it.reason}`."


@sentence.register
def _(it: causes.Stopped) -> str:
    near = [f"{each.subject} was {words.part(each.best)}" for each in it.nearest if not each.held]
    return f"It stopped at {at(it.line)}: {', '.join(near) or '; '.join(it.words)}."


@sentence.register
def _(it: causes.TooLate) -> str:
    return (
        f"It came {words.duration(it.by)} too late for the window {words.span(it.start, it.end)} in {at(it.line)}, "
        "which had closed."
    )


@sentence.register
def _(it: causes.Kept) -> str:
    return f"It is {'; '.join(it.words)} ({at(it.line)})."


@sentence.register
def _(it: causes.Counted) -> str:
    whose = f"{words.key(it.window.key)}'s window {words.span(it.window.start, it.window.end)}"
    if it.closed_by is None:
        still = "is open" if it.is_last else "was still open at the last of the records after it that were looked at"
        return f"It is in {whose}, which {still}: it {closing(it.window)}."
    if it.left_out:
        end = f"the window stopped at {at(it.left_out)}"
    else:
        end = f"out came {words.value(it.out)}" if it.out is not None else "nothing came out for it"
    return f"It was in {whose}, which the record at offset {it.closed_by:,} closed: {end}."


@sentence.register
def _(it: causes.Written) -> str:
    return f"It came out, and went to {it.topic}: {it.key}, {words.value(it.value)}."
