"""Judges the output: which behaviours hold, and for the first that does not, the records that show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from labkit.exercises import formatting
from labkit.exercises.behaviours import Behaviour, Comparison, Identity, Once
from labkit.exercises.diagnosis import diagnose
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import ORDINARY, Row, Sent

KEY_AND_TIME = ("key", "time")
BEFORE, AFTER = 2, 5  # rows shown around the first wrong one


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
class Line:
    """One line of the evidence, as text: the input records, the expected record and the actual one."""

    sent: tuple[str, ...]
    expected: tuple[str, ...]
    got: tuple[str, ...]
    wrong: bool


@dataclass(frozen=True)
class Judgement:
    """The findings in the order of the behaviours, with evidence and a diagnosis for the first that does not hold."""

    findings: tuple[Finding, ...] = ()
    evidence: tuple[Line, ...] = ()
    diagnosis: tuple[str, ...] = ()

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
    compared = {
        name: compare(exercise, name, sent, expected.get(name, ()), got.get(name, ())) for name in exercise.outputs
    }
    found = Judgement(tuple(_finding(each, compared[each.output]) for each in exercise.behaviours))
    if not found.first_failed:
        return found
    failed = found.first_failed.behaviour
    comparison = compared[failed.output]
    evidence = _evidence(exercise, sent, failed, comparison)
    return Judgement(found.findings, evidence, tuple(diagnose(failed, comparison)))


def _finding(behaviour: Behaviour, comparison: Comparison) -> Finding:
    return Finding(behaviour, behaviour.holds(comparison), behaviour.can_be_judged(comparison))


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

    once = {each.part for each in exercise.behaviours if isinstance(each, Once) and each.output == output}

    def repeats_cost(which: Identity) -> bool:
        return "" not in once and not once & parts(which)

    return Comparison(columns, wanted, found, parts, repeats_cost)


def _evidence(
    exercise: Exercise, sent: Sequence[Sent], behaviour: Behaviour, comparison: Comparison
) -> tuple[Line, ...]:
    """Returns the lines around the first wrong row, among the rows by which the behaviour is judged."""
    concerned, wrong = behaviour.concerned(comparison), set(behaviour.wrong(comparison))
    first = next((index for index, each in enumerate(concerned) if each in wrong), 0)
    shown = concerned[max(first - BEFORE, 0) : first + AFTER]
    return tuple(_line(exercise, sent, behaviour, comparison, each, each in wrong) for each in shown)


def _line(
    exercise: Exercise,
    sent: Sequence[Sent],
    behaviour: Behaviour,
    comparison: Comparison,
    identity: Identity,
    wrong: bool,
) -> Line:
    expected, got = comparison.expected.get(identity), comparison.got.get(identity, [])
    sources = exercise.sources(expected or got[0], sent)
    columns = tuple(behaviour.fields)
    return Line(
        formatting.input_records(sources, sent, exercise.shows),
        (formatting.row(expected, columns),) if expected else (formatting.NOTHING,),
        formatting.rows(got, columns) or (formatting.NOTHING,),
        wrong,
    )
