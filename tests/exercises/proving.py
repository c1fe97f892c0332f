"""The whole proof of an exercise: its promises on many readings, and mutants of its reference, on the real broker."""

import functools
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from labkit.exercises import answer_types, catalogue, schemas
from labkit.exercises.answer_types import Output, Pipeline, Producing
from labkit.exercises.attempt import Attempt
from labkit.exercises.behaviours import Behaviour, Correct
from labkit.exercises.checks import Checks
from labkit.exercises.exercise import Exercise
from labkit.exercises.judging import judge
from labkit.exercises.records import BASE, DAY, Row, Sent
from labkit.grading import authoring, proof
from tests.exercises import mutants, near_misses, slips

COLLECTION = authoring.of_the_package()
LIMIT = 5.0  # seconds that a mutant may take: one that takes longer never ends ...
PATIENT = 60.0  # ... unless it is a right answer, on a busy machine
LEAST = 3  # mutants of an answer that is a function

# Mutants that pass, and why they are right answers too.
ANY_REASON = "any text will do as the reason"
HOW_LONG = "how long one poll waits makes no difference"
EQUIVALENT = {
    "compatible-change": {
        '"name": "humidity", "type": "double"} -> "name": "humidity", "type": "double", "default": 0.0}': (
            "a default that no record needs"
        ),
    },
    "contract-or-dead-letter": {
        "one statement earlier: def examine(raw):": "the serializer is there when the function is called",
    },
    "dead-letters": {
        "text: 'no JSON' -> 'no JSONx'": ANY_REASON,
        "text: 'no object' -> 'no objectx'": ANY_REASON,
        "text: 'no temperature' -> 'no temperaturex'": ANY_REASON,
    },
    "late-readings": {
        "constant: False -> True": "True only asks for a line in the log",
        "without: return False": "None is false too",
    },
    "outages": {"without: return None": "so a function ends anyway"},
    "read-on": {
        "constant: 1.0 -> 2.0": HOW_LONG,
        "constant: 1.0 -> 0.0": HOW_LONG,
        "without timeout: reader.poll(timeout=1.0) -> reader.poll()": HOW_LONG,
        "without: if message is None:": "here a record always comes within a second",
        "one statement earlier: time = message.timestamp()[1]": "here a record always comes within a second",
        "one statement earlier: done = 0": "it does not depend on the statement before it",
        "one statement earlier: done += 1": "it does not depend on the statement before it",
    },
    "retries": {
        "constant: 20 -> 21": "any memory longer than the retries will do",
        "constant: 20 -> 19": "any memory longer than the retries will do",
    },
    "wide-swings": dict.fromkeys(
        ("only a plausible temperature", "only a plausible humidity"), "its records have neither; levels vary as much"
    ),
}

# Slips that pass in every exercise, and those that pass in some, and why: what the text does not ask for is not judged.
ORDER = {"in reverse order"}
ANY_TIME = {"time a millisecond later", "time in whole seconds", "time in seconds"}
NO_KEY_IN_SQL = {"a further field", "another key", *ANY_TIME}
MORE_IN_A_WINDOW = {"a further field", "without start", "without end"}
HARMLESS = {
    "dead-letters": {"a further field"},  # to a dead letter: another header
    "coldest": MORE_IN_A_WINDOW,
    "out-of-order": MORE_IN_A_WINDOW,
    "late-readings": MORE_IN_A_WINDOW,
    "heartbeat": MORE_IN_A_WINDOW,
    "outages": {"a further field"},
    "visits": MORE_IN_A_WINDOW,
    "wide-swings": MORE_IN_A_WINDOW,
    "unanswered": ANY_TIME,
    "compatible-change": {"without battery"},  # of old records alone: no schema does so
    "contract-or-dead-letter": {"a further field"},  # to a dead letter: another header
    "flink-extremes": NO_KEY_IN_SQL,
    "flink-hottest": NO_KEY_IN_SQL,
}

# Of each statement in Flink SQL: pieces, and what replaces them.
SQL = {
    "flink-extremes": {
        "MIN(": "MAX(",
        "MAX(": "AVG(",
        "COUNT(*)": "COUNT(DISTINCT temperature)",
        "INTERVAL '10'": "INTERVAL '11'",
        "GROUP BY sensor_id,": "WHERE temperature > 0 GROUP BY sensor_id,",
        "temperature)": "humidity)",
        "GROUP BY": "WHERE temperature BETWEEN -50 AND 100 GROUP BY",
    },
    "flink-hottest": {
        " DESC": " ASC",
        "ORDER BY temperature": "ORDER BY event_time",
        "place = 1": "place = 2",
        "PARTITION BY window_start, window_end": "PARTITION BY window_start, window_end, sensor_id",
        "INTERVAL '10'": "INTERVAL '20'",
        "sensor_id, temperature\n": "sensor_id, humidity\n",
        "SECOND))": "SECOND)) WHERE temperature < 100",
    },
}

# The same of a schema in JSON.
SCHEMAS = {
    "compatible-change": {
        '"Reading"': '"Measurement"',
        '"device"': '"sensor"',
        '"name": "temperature", "type": "double"': '"name": "temperature", "type": "float"',
        '"name": "humidity", "type": "double"': '"name": "humidity", "type": ["double", "null"]',
        '"name": "humidity", "type": "double"}': '"name": "humidity", "type": "double", "default": 0.0}',
        '"long"': '"int"',
        '"battery"': '"charge"',
        '["null", "double"], "default": null': '["null", "double"]',
        '["null", "double"]': '["null", "float"]',
        '["null", "double"], "default": null}': '["double", "null"], "default": 0.0}',
        '"place"': '"location"',
        '"string", "default": "unknown"': '"string"',
        '"unknown"': '""',
        '"type": "string", "default": "unknown"': '"type": ["null", "string"], "default": null',
    }
}


def prove(checks: Checks, exercise: Exercise) -> tuple[dict[str, Any], list[str]]:
    """What was tried, for the ledger, and a line for each fault."""
    tried = [*mutants_of(exercise)]
    found = [*faults_of_flinks(checks, exercise)] if exercise.name in SQL else []
    found += proof.faults(checks, COLLECTION, exercise, () if exercise.name in SQL else proof.SEEDS)
    right = {*EQUIVALENT.get(exercise.name, {})}
    passed = {
        change for change, mutant in tried if passes(checks, exercise, mutant, PATIENT if change in right else LIMIT)
    }
    if not exercise.question:
        found += [line for seed in (0, *proof.SEEDS[:3]) for line in slips_that_pass(exercise, seed)]
        near, known = near_misses_that_pass(exercise, (0, *proof.SEEDS)), near_misses.right(exercise.name)
        found += [f"this near miss passes with some seed: {each}" for each in sorted(near - known)]
        found += [f"this near miss is said to pass, and does not: {each}" for each in sorted(known - near)]
    found += [f"this mutant passes: {change}" for change in sorted(passed - right)]
    found += [
        f"this mutant is said to be a right answer, and does not pass: {change}" for change in sorted(right - passed)
    ]
    if exercise.answer_type.accepts(print) and len(tried) < LEAST:
        found.append(f"there are {len(tried)} mutants, not {LEAST}")
    wrong = len(COLLECTION.solutions_of(exercise).WRONG)
    counts = {"seeds": 1 + len(proof.SEEDS), "wrong_answers": wrong, "mutants": len(tried)}
    return {**counts, "equivalent_mutants": sorted(passed)}, found


def slips_that_pass(exercise: Exercise, seed: int, everywhere: bool = False) -> Iterator[str]:
    """The slips that earn everything, although they are not known to be harmless; with `everywhere` only those that
    change all rows, which is quick.
    """
    sent = exercise.sent(seed)
    expected = COLLECTION.expected(exercise, sent)

    def parts(row: Row) -> str:
        return ", ".join(sorted({each.part for each in exercise.sources(row, sent)}))

    harmless = ORDER | HARMLESS.get(exercise.name, set())
    for name in {*expected} - {answer_types.REMEMBERED, schemas.REGISTRY}:  # which no answer writes
        for slip in slips.of(expected[name], None if everywhere else parts):
            judgement = judge(exercise, sent, expected, {**expected, name: slip.rows})
            if all(each.holds for each in judgement.findings) and slip.name not in harmless:
                yield f"with seed {seed} this slip in {name} passes: {slip.name}, {slip.part or 'everywhere'}"


def near_misses_that_pass(exercise: Exercise, seeds: Iterable[int]) -> set[str]:
    """The near misses that earn everything with one of these seeds."""
    cases = [exercise.sent(seed) for seed in seeds]
    expected = [COLLECTION.expected(exercise, sent) for sent in cases]
    tried = near_misses.of(COLLECTION.oracles / catalogue.file_of(exercise.name))
    return {name for name, oracle in tried if any(map(functools.partial(nearly, exercise, oracle), cases, expected))}


def nearly(exercise: Exercise, oracle: Any, sent: Sequence[Sent], expected: Output) -> bool:
    """Whether what an oracle expects of these readings, without what may be left out, earns everything."""
    optional = {each for behaviour in exercise.behaviours if _is_optional(behaviour) for each in behaviour.fields}
    try:
        found = oracle(sent)
        outputs = found if isinstance(found, dict) else {"out": [*found]}
    except (IndexError, ZeroDivisionError):
        return False
    got = {name: [{n: row[n] for n in row if n not in optional} for row in rows] for name, rows in outputs.items()}
    return all(each.holds for each in judge(exercise, sent, expected, {**expected, **got}).findings)


def _is_optional(behaviour: Behaviour) -> bool:
    return isinstance(behaviour, Correct) and behaviour.optional


def mutants_of(exercise: Exercise) -> Iterator[tuple[str, Any]]:
    """Each mutant of the reference, and what was changed; none of a short answer."""
    if exercise.name in SQL:
        yield from mutants.of_text(COLLECTION.solutions_of(exercise).answer, SQL[exercise.name])
    elif exercise.name in SCHEMAS:
        text = json.dumps(COLLECTION.solutions_of(exercise).answer)
        yield from ((change, json.loads(mutant)) for change, mutant in mutants.of_text(text, SCHEMAS[exercise.name]))
    elif not exercise.question:
        yield from mutants.of(COLLECTION.solution(exercise.name))
        if gets_readings(exercise):
            yield from mutants.plausible(COLLECTION.solutions_of(exercise).answer)


def gets_readings(exercise: Exercise) -> bool:
    """Whether an answer gets readings, not raw bytes or a topic."""
    kind = exercise.answer_type
    return isinstance(kind, Producing) or (isinstance(kind, Pipeline) and not kind.raw)


def passes(checks: Checks, exercise: Exercise, mutant: Any, limit: float = LIMIT) -> bool:
    """Whether a mutant of the reference earns everything within so many seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Attempt, "limit", limit)
        return proof.tried(checks, COLLECTION, exercise, mutant).passed


def faults_of_flinks(checks: Checks, exercise: Exercise) -> Iterator[str]:
    """Try a reference in SQL on twenty other seeds, in one job: the readings of each come an hour after the last."""
    sent = [later(each, seed) for seed in proof.SEEDS for each in exercise.sent(seed)]
    answer = COLLECTION.solutions_of(exercise).answer
    verdict = checks.judged(exercise, answer, sent, COLLECTION.expected(exercise, sent))
    if not verdict.passed:
        yield f"the reference falls short with twenty other seeds:\n{verdict}"


def later(record: Sent, hours: int) -> Sent:
    """The same reading, so many hours after those of the recorded day at this time."""
    timestamp = BASE - BASE % DAY + record.timestamp % DAY + hours * 3_600_000
    return replace(record, timestamp=timestamp, value=record.fields | {"timestamp": timestamp})
