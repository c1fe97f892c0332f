"""Judges the output: which behaviours hold, and which is the first that does not."""

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from labkit.exercises import formatting
from labkit.exercises.behaviours import AtMost, Behaviour, Comparison, Identity, Once
from labkit.exercises.diagnosis import diagnose
from labkit.exercises.evidence import Line, Shortfall, Wrong
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import ORDINARY, Row, Sent

KEY_AND_TIME = ("key", "time")


@dataclass(frozen=True)
class Finding:
    """Whether one behaviour holds, and whether it could be judged: most cannot without any expected record."""

    behaviour: Behaviour
    holds: bool
    judged: bool = True

    @property
    def points(self) -> int:
        return self.behaviour.points if self.holds else 0


@dataclass(frozen=True)
class Judgement:
    """The findings in the order of the behaviours; of the first that does not hold the evidence, a diagnosis, and the
    first wrong row.
    """

    findings: tuple[Finding, ...] = ()
    evidence: tuple[Line, ...] = ()
    diagnosis: tuple[str, ...] = ()
    first_wrong: Wrong | None = None

    @property
    def first_failed(self) -> Finding | None:
        """The first behaviour that falls short; else the first that could not be judged."""
        failed = [each for each in self.findings if not each.holds]
        return next((each for each in failed if each.judged), next(iter(failed), None))


def judge(
    exercise: Exercise,
    sent: Sequence[Sent],
    expected: Mapping[str, Sequence[Row]],
    got: Mapping[str, Sequence[Row]],
) -> Judgement:
    """Compares the actual rows with the expected ones, output by output."""
    compared: dict[str, Comparison] = {}
    for name in exercise.outputs:
        found = compare(exercise, name, sent, expected.get(name, ()), got.get(name, ()))
        compared[name] = replace(found, main=compared.get(exercise.outputs[0]))
    findings = [_finding(each, compared[each.output]) for each in exercise.behaviours]
    judgement = Judgement(tuple(_believed(each, findings) for each in findings))
    if not judgement.first_failed:
        return judgement
    failed = judgement.first_failed.behaviour
    shortfall = Shortfall(exercise, sent, failed, compared[failed.output])
    return Judgement(judgement.findings, shortfall.evidence, tuple(diagnose(shortfall)), shortfall.first_wrong)


def _finding(behaviour: Behaviour, comparison: Comparison) -> Finding:
    return Finding(behaviour, behaviour.holds(comparison), behaviour.can_be_judged(comparison))


def _believed(finding: Finding, everything: Sequence[Finding]) -> Finding:
    """Returns the finding; not judged if it says that little was needed, and less than half of the other points are
    earned: a state that nobody reads does not grow either.
    """
    others = [each for each in everything if not isinstance(each.behaviour, AtMost)]
    most = sum(each.behaviour.points for each in others)
    if not isinstance(finding.behaviour, AtMost) or 2 * sum(each.points for each in others) >= most:
        return finding
    return replace(finding, holds=False, judged=False)


def compare(
    exercise: Exercise, output: str, sent: Sequence[Sent], expected: Sequence[Row], got: Sequence[Row]
) -> Comparison:
    """Returns the rows of an output by identity. A row made from special records belongs to their parts only."""

    columns = exercise.identity.get(output, KEY_AND_TIME)

    def alike(row: Row) -> Identity:
        return tuple(formatting.hashable(row.get(name)) for name in columns)

    wanted: dict[Identity, Row] = {}
    many: Counter[Identity] = Counter()  # rows that are expected with the same values
    for row in expected:
        wanted[*alike(row), many[alike(row)]] = row
        many[alike(row)] += 1
    found: dict[Identity, list[Row]] = {}
    came: Counter[Identity] = Counter()
    for row in got:
        which = (*alike(row), min(came[alike(row)], max(many[alike(row)] - 1, 0)))  # one too many repeats the last
        found.setdefault(which, []).append(row)
        came[alike(row)] += 1

    @functools.cache
    def parts(which: Identity) -> set[str]:
        row = wanted.get(which) or found[which][0]
        return {each.part for each in exercise.sources(row, sent)} - {ORDINARY} or {ORDINARY}

    once = {each.part for each in exercise.behaviours if isinstance(each, Once) and each.output == output}

    def repeats_cost(which: Identity) -> bool:
        return "" not in once and not once & parts(which)

    return Comparison(columns, wanted, found, parts, repeats_cost)
