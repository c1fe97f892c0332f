"""A course as its instructor describes it, in `course.toml`: roster, weights, deadline, secret and overrides."""

import datetime
import os
import secrets
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit.errors import LabError
from labkit.exercises.exercise import Exercise
from labkit.spelling import did_you_mean

FILE, SECRET = "course.toml", "course.secret"
SHORTEST = 16  # bytes of a secret

TEMPLATE = """\
# The course that `lab grade` grades. A line that begins with # is not used: every setting has a default.

secret = "course.secret"  # the file with the secret that the readings are made from; made if it is missing

# lessons = ["02_filter"]  # whose exercises are graded; by default those of all

# personal = true  # questions count only if `lab.student` was the id or name of who hands them in

# deadline = 2026-12-01T23:59:59+01:00

# [late]
# percent_per_day = 10  # of the points, for each day that has begun
# most_percent = 50

# The points of an exercise; by default those that `lab progress` shows.
# [weights]
# damp-rooms = 10
# which-records = 0

# The students, by the names of their folders. An export of Canvas or a worksheet of Moodle is a roster, too.
# [roster]
# aek = "Anna Ek"

# Files of the learning management system, to be filled in and imported again.
# [canvas]
# export = "canvas.csv"
# column = "Stream processing (1234567)"  # needed if there are several assignments
# [moodle]
# worksheet = "worksheet.csv"

# A mark that a human has given. It is final: no weight or late rule changes it.
# [[override]]
# student = "aek"
# exercise = "damp-rooms"
# points = 7
# reason = "the answer is right, but the network failed"
"""


@dataclass(frozen=True)
class Override:
    """A mark that a human has given."""

    student: str
    exercise: str
    points: float
    reason: str


@dataclass(frozen=True)
class Course:
    """What an instructor has said. `roster` has names by id, `weights` points by exercise."""

    secret: Path = Path(SECRET)
    lessons: Sequence[str] = ()  # all if there are none
    deadline: datetime.datetime | None = None
    percent_per_day: float = 0.0
    most_percent: float = 100.0
    weights: Mapping[str, float] = field(default_factory=dict)
    roster: Mapping[str, str] = field(default_factory=dict)
    canvas: Path | None = None
    canvas_column: str = ""
    moodle: Path | None = None
    overrides: Sequence[Override] = ()
    personal: bool = False

    def has(self, exercise: Exercise) -> bool:
        """Whether the course has an exercise."""
        return not self.lessons or exercise.lesson in self.lessons

    def percent_off(self, submitted: float, said_late: bool | None) -> float:
        """Returns the penalty for a submission at that time (epoch seconds); each day that has begun counts.

        If the LMS says whether it was late, but not by how much, that decides: late means one day.
        """
        if not self.deadline:
            return 0.0
        days = int(-(-(submitted - self.deadline.timestamp()) // 86400)) if said_late is None else int(said_late)
        return min(max(days, 0) * self.percent_per_day, self.most_percent)

    def is_late(self, submitted: float, said_late: bool | None) -> bool:
        if said_late is not None:
            return said_late
        return bool(self.deadline and submitted > self.deadline.timestamp())


KEYS = {
    "": ("secret", "lessons", "personal", "deadline", "late", "weights", "roster", "canvas", "moodle", "override"),
    "late": ("percent_per_day", "most_percent"),
    "canvas": ("export", "column"),
    "moodle": ("worksheet",),
    "override": ("student", "exercise", "points", "reason"),
}


def read(file: Path, exercises: Sequence[Exercise]) -> Course:
    """Returns the course that a file describes; the defaults if there is none. Its paths are relative to its folder.

    Raises LabError, saying what to change, if the file cannot be understood or covers none of these exercises.
    """
    folder = file.parent
    if not file.exists():
        if file.name != FILE:
            raise LabError(f"There is no course file {file}: lab grade --init writes one.")
        return Course(folder / SECRET)
    try:
        said = tomllib.loads(file.read_text())
        return _course(said, folder, exercises)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, LabError) as error:
        raise LabError(f"{file}: {error}") from None


def _course(said: dict[str, Any], folder: Path, known: Sequence[Exercise]) -> Course:
    _known(said, KEYS[""])
    if "late" in said and "deadline" not in said:
        raise LabError("[late] needs a deadline.")
    lessons = tuple(_value(said, "lessons", list, ()))
    _known(lessons, {each.lesson for each in known})
    exercises = {each.name for each in known if not lessons or each.lesson in lessons}
    late, canvas, moodle = (_table(said, name) for name in ("late", "canvas", "moodle"))
    weights = _table(said, "weights", exercises)
    overrides = tuple(_override(each, exercises) for each in _value(said, "override", list, ()))
    deadline = _value(said, "deadline", datetime.datetime, None)
    return Course(
        secret=folder / _value(said, "secret", str, SECRET),
        lessons=lessons,
        deadline=deadline.astimezone() if deadline else None,  # without a zone it is this computer's time
        percent_per_day=_number(late, "percent_per_day", 0, 100),
        most_percent=_number(late, "most_percent", 100, 100),
        weights={name: _number(weights, name, 0) for name in weights},
        roster={name: _value(roster, name, str, "") for roster in [_table(said, "roster", None)] for name in roster},
        canvas=folder / _value(canvas, "export", str, "") if canvas else None,
        canvas_column=_value(canvas, "column", str, ""),
        moodle=folder / _value(moodle, "worksheet", str, "") if moodle else None,
        overrides=overrides,
        personal=_value(said, "personal", bool, False),
    )


def _override(said: Any, exercises: Collection[str]) -> Override:
    if not isinstance(said, dict):
        raise LabError("each override is a table: [[override]].")
    _known(said, KEYS["override"])
    if missing := [name for name in KEYS["override"] if name not in said]:
        raise LabError(f"an override has no {missing[0]}.")
    texts = (_value(said, name, str, "") for name in ("student", "exercise", "reason"))
    student, exercise, reason = texts
    _known([exercise], exercises)
    if not reason.strip():
        raise LabError(f"the override for {student} needs a reason.")
    return Override(student, exercise, _number(said, "points", 0), reason)


def _table(said: Mapping[str, Any], name: str, keys: Collection[str] | None = ()) -> dict[str, Any]:
    """Returns a table after checking that its keys are known; with `keys` None, any key is allowed."""
    found: dict[str, Any] = _value(said, name, dict, {})
    if keys is not None:
        _known(found, keys or KEYS[name])
    return found


def _known(names: Collection[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            where = [table for table, keys in KEYS.items() if table and name in keys]
            hint = did_you_mean(str(name), known) or (f"it belongs to [{where[0]}]." if where else "")
            raise LabError(f"{name!r} is not known: {hint or 'there is ' + ', '.join(sorted(known)) + '.'}")


def _value(said: Mapping[str, Any], name: str, kind: type, default: Any) -> Any:
    found = said.get(name, default)
    if found is not default and not isinstance(found, kind):
        words = {
            bool: "true or false",
            str: "a text in quotes",
            dict: "a table",
            list: "a list: for tables, their name in two brackets, such as [[override]]",
            datetime.datetime: "a date and time without quotes, such as 2026-12-01T23:59:59+01:00",
        }
        raise LabError(f"{name} must be {words[kind]}, not {found!r:.40}.")
    return found


def _number(said: Mapping[str, Any], name: str, default: float, most: float = 1e6) -> float:
    found = said.get(name, default)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= most:
        raise LabError(f"{name} must be a number from 0 to {most:,.0f}, not {found!r:.40}.")
    return float(found)


def key(file: Path) -> tuple[bytes, bool]:
    """Returns the course's secret, and whether it was created just now, readable only by its owner.

    Raises LabError if it is too short, or cannot be read or written.
    """
    fresh = not file.exists()
    try:
        if fresh:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as written:
                written.write(secrets.token_hex(32))
        content = file.read_bytes().strip()
    except OSError as error:
        raise LabError(f"The secret {file} cannot be used: {error.strerror}.") from None
    if len(content) < SHORTEST:
        raise LabError(f"The secret in {file} is too short: delete it, and a new one is created.")
    return content, fresh
