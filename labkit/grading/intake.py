"""Everything that a grading begins with: the course, its exercises, its students, and what they have handed in."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from labkit.errors import LabError
from labkit.exercises.exercise import Exercise
from labkit.grading import course, exercises, lms, submissions
from labkit.grading.course import Course
from labkit.grading.exercises import Exercises
from labkit.grading.grade import Plan, plan
from labkit.grading.lms import Sheet
from labkit.grading.results import overridden
from labkit.grading.roster import Person, Roster, contested, people
from labkit.grading.submissions import Submission

Say = Callable[[str], object]


@dataclass(frozen=True)
class Intake:
    """A class, as it is graded. `everybody` has who is behind the names of files, and who has handed in nothing."""

    course: Course
    known: Exercises
    exercises: list[Exercise]
    sheets: list[Sheet]
    roster: Roster
    plan: Plan
    everybody: Mapping[str, Person]


def read(paths: Sequence[Path], course_file: Path, say: Say) -> Intake:
    """Reads folders or zips of submissions, and says what is odd about them.

    Raises LabError if something is missing, or contradicts the course file.
    """
    settings = course.read(course_file)
    known = exercises.of_a_course(settings.exercises.folder if settings.exercises else None)
    graded = course.of(settings, known.all())
    sheets = lms.sheets(settings)
    for note in (note for sheet in sheets for note in sheet.notes):
        say(note)
    roster = {number: Person(number, name) for number, name in settings.roster.items()}
    roster |= {number: person for sheet in sheets for number, person in sheet.roster.items()}
    read = [(path, submissions.read(path, roster, settings.zone, say)) for path in paths]
    made = plan(_joined(read, roster), graded)
    everybody = people(made.students, roster)
    overridden(settings, everybody)  # an override for nobody is reported before everything is graded
    if roster and not {everybody[student].id for student in made.students} & {*roster}:
        say(_nobody(made, roster))
    return Intake(settings, known, graded, sheets, roster, made, everybody)


def _nobody(made: Plan, roster: Roster) -> str:
    student, first = next(iter(made.students)), next(iter(roster.values()))
    return (
        f"Nobody who has handed in is on the roster, by id or by name: here is {student!r}, on the roster "
        f"{first.id!r} ({first.name or 'without a name'}). Is it the roster of another course?"
    )


def _joined(read: Sequence[tuple[Path, list[Submission]]], roster: Roster) -> list[Submission]:
    """Returns the submissions of all archives, by student and time."""
    if len(read) == 1:
        return read[0][1]
    names = [path.name for path, _ in read]
    if len({*names}) < len(names):
        raise LabError(f"Two of the folders or zips are called {max(names, key=names.count)}: rename one.")
    found = _of_the_same_people(read, roster)
    return sorted(found, key=lambda each: (each.student, each.modified, each.file))


def _of_the_same_people(read: Sequence[tuple[Path, list[Submission]]], roster: Roster) -> Iterator[Submission]:
    """Yields submissions with one name for each person: for Moodle, somebody has another number in each assignment."""
    first: dict[str, Submission] = {}  # of each person on the roster
    for path, found in read:
        everybody = people({each.student: each.calls for each in found}, roster)
        unclear = contested(everybody)
        for each in found:
            number = everybody[each.student].id
            same = first.setdefault(number, each) if number in roster and number not in unclear else each
            yield replace(each, student=same.student, file=f"{path.name}/{each.file}")
