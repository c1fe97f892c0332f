"""A course as its instructor describes it, in `course.toml`: roster, weights, deadline, secret and overrides."""

import datetime
import tomllib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, ValidationInfo
from pydantic_core import PydanticCustomError

from labkit.errors import LabError
from labkit.exercises.exercise import Exercise
from labkit.grading.times import Zone
from labkit.spelling import did_you_mean

FILE, SECRET = "course.toml", "course.secret"
MOST_POINTS = 1e6

TEMPLATE = Path(__file__).with_name("course_template.toml").read_text()


class Section(BaseModel):
    """A table of the course file: no values are converted, and no keys are ignored."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, validate_default=True)


def _beside_the_course_file(path: Path, info: ValidationInfo) -> Path:
    return info.context / path if info.context else path


def _known_zone(name: str) -> str:
    if name and name not in available_timezones():
        raise PydanticCustomError("zone", "no such zone")
    return name


File = Annotated[Path, Field(strict=False), AfterValidator(_beside_the_course_file)]
Percent = Annotated[float, Field(ge=0, le=100)]
Points = Annotated[float, Field(ge=0, le=MOST_POINTS)]


class Late(Section):
    """The penalty for late work."""

    percent_per_day: Percent = 0.0
    most_percent: Percent = 100.0


class Canvas(Section):
    """An export of Canvas; `column` is needed if it has several assignments."""

    export: File
    column: str = ""


class Moodle(Section):
    """A grading worksheet of Moodle."""

    worksheet: File


class Override(Section):
    """A mark that a human has given."""

    student: str
    exercise: str
    points: Points
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Course(Section):
    """What an instructor has said. `roster` has names by id, `weights` points by exercise."""

    secret: File = Path(SECRET)
    lessons: list[str] = []  # all if there are none
    personal: bool = False
    timezone: Annotated[str, AfterValidator(_known_zone)] = ""
    deadline: datetime.datetime | None = None
    late: Late = Late()
    weights: dict[str, Points] = {}
    roster: dict[str, str] = {}
    canvas: Canvas | None = None
    moodle: Moodle | None = None
    override: list[Override] = []

    @property
    def zone(self) -> Zone:
        """The time zone of all times that say none: the course's own, that of its deadline, or this computer's."""
        return ZoneInfo(self.timezone) if self.timezone else self.deadline.tzinfo if self.deadline else None

    @property
    def due(self) -> float | None:
        """The deadline in epoch seconds."""
        if not self.deadline:
            return None
        return (self.deadline if self.deadline.tzinfo else self.deadline.replace(tzinfo=self.zone)).timestamp()

    def has(self, exercise: Exercise) -> bool:
        """Whether the course has an exercise."""
        return not self.lessons or exercise.lesson in self.lessons

    def percent_off(self, submitted: float, said_late: bool | None) -> float:
        """Returns the penalty for a submission at that time (epoch seconds); each day that has begun counts.

        If the LMS says whether it was late, but not by how much, that decides: late means one day.
        """
        if not self.due:
            return 0.0
        days = int(-(-(submitted - self.due) // 86400)) if said_late is None else int(said_late)
        return min(max(days, 0) * self.late.percent_per_day, self.late.most_percent)

    def is_late(self, submitted: float, said_late: bool | None) -> bool:
        if said_late is not None:
            return said_late
        return bool(self.due and submitted > self.due)


SECTIONS: dict[str, type[Section]] = {
    "": Course, "late": Late, "canvas": Canvas, "moodle": Moodle, "override": Override,
}  # fmt: skip

WANTED = {  # by pydantic's type of error
    "bool_type": "true or false",
    "string_type": "a text in quotes",
    "string_too_short": "a text that is not empty",
    "path_type": "a text in quotes",
    "float_type": "a number",
    "greater_than_equal": "a number of at least {ge:g}",
    "less_than_equal": "a number of at most {le:g}",
    "dict_type": "a table",
    "model_type": "a table",
    "zone": "a time zone, such as 'Europe/Berlin'",
    "list_type": "a list: for tables, their name in two brackets, such as [[override]]",
    "datetime_type": "a date and time without quotes, such as 2026-12-01T23:59:59+01:00",
}


def read(file: Path, exercises: Sequence[Exercise]) -> Course:
    """Returns the course that a file describes; the defaults if there is none. Its paths are relative to its folder.

    Raises LabError, saying what to change, if the file cannot be understood or covers none of these exercises.
    """
    if not file.exists() and file.name != FILE:
        raise LabError(f"There is no course file {file}: lab grade --init writes one.")
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8-sig")) if file.exists() else {}
        course = Course.model_validate(content, context=file.parent)
        _check_names(course, exercises)
    except ValidationError as error:
        raise LabError(f"{file}: {_explained(error)}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, LabError) as error:
        raise LabError(f"{file}: {error}") from None
    return course


def _explained(error: ValidationError) -> str:
    """Returns an error in one line. Unknown names come first: a misspelt name is often a missing one, too."""
    first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    *above, name = (each for each in first["loc"] if isinstance(each, str))
    section = above[0] if above else ""
    if first["type"] == "extra_forbidden":
        return _unknown(name, SECTIONS[section].model_fields)
    if first["type"] == "missing":
        return f"{name} is missing in {'[[override]]' if section == 'override' else f'[{section}]'}."
    wanted = WANTED[first["type"]].format(**first.get("ctx", {}))
    return f"{name} must be {wanted}, not {first['input']!r:.40}."


def _check_names(course: Course, exercises: Sequence[Exercise]) -> None:
    """Raises LabError if the course names lessons or exercises that do not exist, or a penalty without a deadline."""
    if "late" in course.model_fields_set and not course.deadline:
        raise LabError("[late] needs a deadline.")
    graded = {each.name for each in exercises if course.has(each)}
    for names, known in (
        (course.lessons, {each.lesson for each in exercises}),
        (course.weights, graded),
        ([each.exercise for each in course.override], graded),
    ):
        if unknown := [name for name in names if name not in known]:
            raise LabError(_unknown(unknown[0], known))


def _unknown(name: str, known: Collection[str]) -> str:
    homes = [table for table, section in SECTIONS.items() if table and name in section.model_fields]
    hint = did_you_mean(name, known) or (f"it belongs to [{homes[0]}]." if homes else "")
    return f"{name!r} is not known: {hint or 'there is ' + ', '.join(sorted(known)) + '.'}"
