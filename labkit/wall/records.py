"""The records on the wall's topic: JSON of a few fields. Students could write them by hand, so nothing is believed.

The key of a record is the pseudonym of whoever has written it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from labkit.wall import slips

if TYPE_CHECKING:
    from labkit.exercises import Verdict

LONGEST = 400  # bytes of a record
SEAT = re.compile(r"[A-Za-z]?\d{1,3}[A-Za-z]?")  # such as 12 or B4: no word fits in
SLIP = 40  # characters of a code
HOLDS, FAILS, OPEN = "1", "0", "-"

Record = dict[str, Any]


@dataclass(frozen=True)
class Course:
    """What records may be about: notebooks; exercises, with how many behaviours they have; and questions, with the
    values of their choices (none if a number is asked for).
    """

    notebooks: Collection[str]
    exercises: Mapping[str, int]
    questions: Mapping[str, Collection[str]]


def of_verdict(verdict: Verdict) -> Record | None:
    """Returns the record of a verdict; None if nothing was answered, or it is for the grader."""
    if verdict.state not in ("judged", "rejected"):
        return None
    holds = "".join(HOLDS if each.holds else FAILS if each.judged else OPEN for each in verdict.findings)
    sentence = next(iter([*verdict.trouble, *verdict.judgement.diagnosis]), "")
    slip = "" if verdict.passed else slips.code_of(sentence)
    return {"exercise": verdict.exercise.name, "passed": verdict.passed, "holds": holds, "slip": slip}


def of_prediction(question: str, said: str | float) -> Record:
    return {"question": question, "said": said}


def of_life(notebook: str) -> Record:
    return {"alive": notebook}


def of_hand(up: bool, seat: str) -> Record:
    return {"hand": up, "seat": seat}


def of_round(question: str) -> Record:
    """Returns the teacher's record that begins another round of a question."""
    return {"round": question}


def packed(record: Record) -> bytes:
    return orjson.dumps(record)


def parsed(raw: bytes, course: Course) -> Record | None:
    """Returns a record as it was packed; None if it is no record, or about nothing in the course."""
    try:
        found: Any = orjson.loads(raw) if len(raw) <= LONGEST else None
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) and _fits(found, course) else None


def _fits(found: Record, course: Course) -> bool:
    match found:
        case {"exercise": str(name), "passed": bool(), "holds": str(holds), "slip": str(slip)} if len(found) == 4:
            fits = len(holds) in (0, course.exercises.get(name, -1)) and {*holds} <= {HOLDS, FAILS, OPEN}
            is_known = name in course.exercises and (not slip or (len(slip) <= SLIP and slips.words_of(slip)))
            return bool(fits and is_known)
        case {"question": str(name), "said": str() | int() | float() as said} if len(found) == 2:
            return name in course.questions and _can_be_said(said, course.questions[name])
        case {"alive": str(notebook)} if len(found) == 1:
            return not notebook or notebook in course.notebooks
        case {"hand": bool(), "seat": str(seat)} if len(found) == 2:
            return not seat or bool(SEAT.fullmatch(seat))
        case {"round": str(name)} if len(found) == 1:
            return name in course.questions
    return False


def _can_be_said(said: str | float, choices: Collection[str]) -> bool:
    if choices:
        return said in choices
    return isinstance(said, int | float) and not isinstance(said, bool) and math.isfinite(said) and abs(said) < 1e12
