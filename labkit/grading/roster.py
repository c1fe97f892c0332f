"""Who is in a course, and who is meant by a name."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from labkit.spelling import normal


@dataclass(frozen=True)
class Person:
    """A student as the course knows them; `logins` are further names, `submitted` the LMS's time (epoch seconds)."""

    id: str
    name: str = ""
    email: str = ""
    logins: tuple[str, ...] = ()
    submitted: float | None = None

    @property
    def first_and_last(self) -> tuple[str, str]:
        """Given names, and the last name: `Ek, Anna` and `Anna Ek` are the same."""
        last, comma, first = self.name.partition(",")
        if comma:
            return first.strip(), last.strip()
        *names, last = self.name.split() or [""]
        return " ".join(names), last


Roster = Mapping[str, Person]  # by id
Calls = Mapping[str, Sequence[str]]  # what else the LMS calls a student, by the name of their files


def people(students: Calls, roster: Roster) -> dict[str, Person]:
    """Returns who is behind the names of files, and (by id) who is on the roster but has handed in nothing."""
    named = _by_name(roster)
    found = {student: _person(student, calls, roster, named) for student, calls in students.items()}
    present = {each.id for each in found.values()}
    return found | {each.id: each for each in roster.values() if each.id not in present}


def _person(student: str, calls: Sequence[str], roster: Roster, named: Mapping[str, Person]) -> Person:
    """Finds a person by id, as the LMS's number or the folder says it, or else by name, login or e-mail address."""
    said = (student, *calls)
    known = [roster[each] for each in said if each in roster]
    known += [named[normal(each)] for each in said if normal(each) in named]
    return known[0] if known else Person(student)


def _by_name(roster: Roster) -> dict[str, Person]:
    """Returns people by everything that only one of them is called, in normal form."""
    found: dict[str, list[Person]] = {}
    for person in roster.values():
        for name in names(person.id, person):
            found.setdefault(name, []).append(person)
    return {name: people[0] for name, people in found.items() if len(people) == 1}


def knows(roster: Roster) -> Callable[[str], bool]:
    """Returns a function that says whether somebody on the roster is called so."""
    known = {name for person in roster.values() for name in names(person.id, person)}
    return lambda name: normal(name) in known


def contested(everybody: Mapping[str, Person]) -> dict[str, list[str]]:
    """Returns the ids for which there is more than one student, with the names of their files."""
    found: dict[str, list[str]] = {}
    for student, person in everybody.items():
        found.setdefault(person.id, []).append(student)
    return {number: students for number, students in found.items() if len(students) > 1}


def called(name: str, everybody: Mapping[str, Person]) -> list[str]:
    """Returns the students (by the names of their files) with this id, name, e-mail address or login."""
    return [student for student, person in everybody.items() if normal(name) in names(student, person)]


def names(student: str, person: Person) -> set[str]:
    """Returns everything that a student may be called, in normal form."""
    said = (student, re.sub(r"_\d+$", "", student), person.id, person.name, person.email, *person.logins)
    return {normal(each) for each in said if each.strip()}


def how_many(students: int) -> str:
    return f"{students} {'student' if students == 1 else 'students'}"
