"""Judges the output: which behaviours hold, and which is the first that does not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from labkit.exercises import formatting
from labkit.exercises.behaviours import Behaviour, Comparison, Identity, Present
from labkit.exercises.diagnosis import diagnose
from labkit.exercises.evidence import Line, Shortfall
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
    """The findings in the order of the behaviours, with evidence and a diagnosis for the first that does not hold."""

    findings: tuple[Finding, ...] = ()
    evidence: tuple[Line, ...] = ()
    diagnosis: tuple[str, ...] = ()


def judge(
    exercise: Exercise,
    sent: Sequence[Sent],
    expected: Mapping[str, Sequence[Row]],
    got: Mapping[str, Sequence[Row]],
) -> Judgement:
    """Compares the actual rows with the expected ones, output by output."""
    compared = {
        name: compare(exercise, name, sent, expected.get(name, ()), got.get(name, ())) for name in exercise.outputs
    }
    findings = tuple(_finding(each, compared[each.output]) for each in exercise.behaviours)
    failed = next((each.behaviour for each in findings if not each.holds), None)
    if not failed:
        return Judgement(findings)
    shortfall = Shortfall(exercise, sent, failed, compared[failed.output])
    return Judgement(findings, shortfall.evidence, tuple(diagnose(shortfall)))


def _finding(behaviour: Behaviour, comparison: Comparison) -> Finding:
    return Finding(behaviour, behaviour.holds(comparison), not comparison.nothing_right or type(behaviour) is Present)


def compare(
    exercise: Exercise, output: str, sent: Sequence[Sent], expected: Sequence[Row], got: Sequence[Row]
) -> Comparison:
    """Returns the rows of an output by identity. A row made from special records belongs to their parts only."""

    columns = exercise.identity.get(output, KEY_AND_TIME)

    def identity(row: Row) -> Identity:
        return tuple(formatting.hashable(row.get(name)) for name in columns)

    found: dict[Identity, list[Row]] = {}
    for row in got:
        found.setdefault(identity(row), []).append(row)
    wanted = {identity(row): row for row in expected}

    def parts(which: Identity) -> set[str]:
        row = wanted.get(which) or found[which][0]
        return {each.part for each in exercise.sources(row, sent)} - {ORDINARY} or {ORDINARY}

    return Comparison(columns, wanted, found, parts)
