"""A course as its instructor describes it, in `course.toml`: roster, weights, deadline, secret and overrides."""

import datetime
import re
import tomllib
from collections import Counter
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
RUBRIC = "rubric"  # the column of the gradebook with all points given by hand
NOT_CRITERIA = (RUBRIC, "id", "name", "comment", "status", "seconds", "remarks")  # other columns

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
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


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


class Own(Section):
    """Exercises of the instructor's own."""

    folder: File


class Override(Section):
    """A mark that a human has given."""

    student: str
    exercise: str
    points: Points
    reason: Text


class Criterion(Section):
    """What the instructor judges by hand."""

    name: Text
    text: Text
    points: Points


class Course(Section):
    """What an instructor has said. `roster` has names by id; `weights` points, and `deadlines` times, by lesson or (the
    weights) by exercise.
    """

    secret: File = Path(SECRET)
    lessons: list[str] = []  # all if there are none
    exercises: Own | None = None
    personal: bool = False
    timezone: Annotated[str, AfterValidator(_known_zone)] = ""
    deadline: datetime.datetime | None = None
    deadlines: dict[str, datetime.datetime] = {}
    late: Late = Late()
    weights: dict[str, Points] = {}
    roster: dict[str, str] = {}
    canvas: Canvas | None = None
    moodle: Moodle | None = None
    override: list[Override] = []
    rubric: list[Criterion] = []

    @property
    def zone(self) -> Zone:
        """The time zone of all times that say none: the course's own, that of its deadlines, or this computer's."""
        if self.timezone:
            return ZoneInfo(self.timezone)
        times = [self.deadline, *self.deadlines.values()]
        return next((time.tzinfo for time in times if time and time.tzinfo), None)

    def due(self, lesson: str = "") -> float | None:
        """Returns the deadline of a lesson in epoch seconds; None if it has none."""
        time = self.deadlines.get(lesson, self.deadline)
        return (time if time.tzinfo else time.replace(tzinfo=self.zone)).timestamp() if time else None

    def has(self, exercise: Exercise) -> bool:
        """Whether the course has an exercise."""
        return not self.lessons or exercise.lesson in self.lessons

    def worth(self, exercises: Sequence[Exercise]) -> dict[str, float]:
        """Returns the points of each exercise: its weight, its share in the weight of its lesson, or its own points."""
        most = Counter[str]()
        for each in exercises:
            most[each.lesson] += each.points
        by_lesson = {lesson: self.weights[lesson] / most[lesson] for lesson in most if lesson in self.weights}
        return {
            each.name: self.weights.get(each.name, each.points * by_lesson.get(each.lesson, 1.0)) for each in exercises
        }

    def days_late(self, submitted: float, said_late: bool | None, lesson: str = "") -> int:
        """Returns how many days after the deadline a submission came (epoch seconds); each day that has begun counts.

        If the LMS says whether it was late, but not by how much, that decides: late means one day.
        """
        due = self.due(lesson)
        if said_late is not None:
            return int(said_late)
        return max(int(-(-(submitted - due) // 86400)), 0) if due else 0

    def percent_off(self, submitted: float, said_late: bool | None, lesson: str = "") -> float:
        """Returns the penalty for a submission at that time."""
        days = self.days_late(submitted, said_late, lesson) if self.due(lesson) else 0
        return min(days * self.late.percent_per_day, self.late.most_percent)

    def is_late(self, submitted: float, said_late: bool | None, lesson: str = "") -> bool:
        return self.days_late(submitted, said_late, lesson) > 0


SECTIONS: dict[str, type[Section]] = {
    "": Course, "late": Late, "canvas": Canvas, "moodle": Moodle, "override": Override, "exercises": Own,
    "rubric": Criterion,
}  # fmt: skip

ADVICE = {  # by what is wrong in a line
    r"[\u201c-\u201f\u2018-\u201b\u00ab\u00bb]": "write straight quotes.",
    r"^deadline|^\S+ *= *\d{1,4}[-./]\d": "a date and time is written as 2026-12-01T23:59:59+01:00, without quotes.",
    r"%": "write numbers without %.",
    r"^[^=\"']*[^A-Za-z0-9_\s.=\"'\[\]-][^=]*=": 'write a name in quotes, as in "anna@x.org" = "Anna Ek".',
    r"^[^=]*= *[\w.]+ *[\w ]*$": "write text in quotes.",
}

LISTS = ("override", "rubric")  # sections that may come several times

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


def read(file: Path) -> Course:
    """Returns the course that a file describes; the defaults if there is none. Its paths are relative to its folder.

    Raises LabError, saying what to change, if the file cannot be understood.
    """
    if not file.exists() and file.name != FILE:
        raise LabError(f"There is no course file {file}: lab grade --init writes one.")
    try:
        text = file.read_text(encoding="utf-8-sig") if file.exists() else ""
    except UnicodeDecodeError:
        raise LabError(f"{file} is not in UTF-8: save it once more, with that encoding.") from None
    try:
        return Course.model_validate(tomllib.loads(text), context=file.parent)
    except ValidationError as error:
        raise LabError(f"{file}: {_explained(error)}") from None
    except tomllib.TOMLDecodeError as error:
        raise LabError(f"{file}{_not_toml(text, error)}") from None


def of(course: Course, exercises: Sequence[Exercise]) -> list[Exercise]:
    """Returns those of these exercises that a course has.

    Raises LabError if it names lessons or exercises that do not exist, a penalty without a deadline, or more points
    than there are.
    """
    if "late" in course.model_fields_set and not (course.deadline or course.deadlines):
        raise LabError("The course file: [late] needs a deadline.")
    graded = [each for each in exercises if course.has(each)]
    names, lessons = {each.name for each in graded}, {each.lesson for each in graded}
    for said, known in (
        (course.lessons, {each.lesson for each in exercises}),
        (course.weights, names | lessons),
        (course.deadlines, lessons),
        ([each.exercise for each in course.override], names),
    ):
        if unknown := [name for name in said if name not in known]:
            raise LabError(f"The course file: {_unknown(unknown[0], known)}")
    _check_points(course, graded)
    _check_rubric(course, names | lessons)
    return graded


def _check_points(course: Course, exercises: Sequence[Exercise]) -> None:
    for each in exercises:
        if each.name in course.weights and each.lesson in course.weights:
            raise LabError(
                f"The course file: [weights] has both {each.lesson} and its exercise {each.name}: give one of them."
            )
    worth = course.worth(exercises)
    for mark in course.override:
        if mark.points > worth[mark.exercise]:
            raise LabError(
                f"The course file: {mark.points:g} points for {mark.exercise}, by hand for {mark.student!r}, "
                f"are more than the {worth[mark.exercise]:g} that it is worth."
            )


def _check_rubric(course: Course, taken: Collection[str]) -> None:
    criteria = [each.name for each in course.rubric]
    for name in criteria:
        if name in taken or name in NOT_CRITERIA or criteria.count(name) > 1:
            raise LabError(f"The course file: {name!r} in [[rubric]] is the name of something else: choose another.")


def _not_toml(text: str, error: tomllib.TOMLDecodeError) -> str:
    """Returns the line that is no TOML, and what to write instead, if that can be told."""
    words, _, place = str(error).partition(" (at ")
    number = int(found[0]) if (found := re.findall(r"line (\d+)", place)) else len(text.splitlines())
    line = text.splitlines()[number - 1].strip() if text else ""
    hint = next((advice for pattern, advice in ADVICE.items() if re.search(pattern, line)), f"{words}.")
    return f", line {number}, `{line:.60}`: {hint}"


def _explained(error: ValidationError) -> str:
    """Returns an error in one line. Unknown names come first: a misspelt name is often a missing one, too."""
    first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    *above, name = (each for each in first["loc"] if isinstance(each, str))
    section = above[0] if above else ""
    if first["type"] == "extra_forbidden":
        return _unknown(name, SECTIONS[section].model_fields)
    if first["type"] == "missing":
        return f"{name} is missing in {f'[[{section}]]' if section in LISTS else f'[{section}]'}."
    if section == "roster" and isinstance(first["input"], dict):  # TOML takes a dot for a table
        return f'write names with a dot in quotes, as in "{name}.{next(iter(first["input"]), "")}" = ...'
    wanted = WANTED[first["type"]].format(**first.get("ctx", {}))
    return f"{name} must be {wanted}, not {first['input']!r:.40}."


def _unknown(name: str, known: Collection[str]) -> str:
    homes = [table for table, section in SECTIONS.items() if table and name in section.model_fields]
    hint = did_you_mean(name, known) or (f"it belongs to [{homes[0]}]." if homes else "")
    return f"{name!r} is not known: {hint or 'there is ' + ', '.join(sorted(known)) + '.'}"
