"""Who is in a course, and who is meant by a name."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


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


def people(students: Iterable[str], roster: Roster) -> dict[str, Person]:
    """Returns who is behind the names of files, and (by id) who is on the roster but has handed in nothing."""
    found = {student: _person(student, roster) for student in students}
    present = {each.id for each in found.values()}
    return found | {each.id: each for each in roster.values() if each.id not in present}


def _person(student: str, roster: Roster) -> Person:
    """Finds a person by the name of their files, or by the number at its end, which Moodle and Canvas add."""
    number = re.search(r"_(\d+)$", student)
    known = roster.get(student) or (roster.get(number[1]) if number else None)
    return known or Person(student)


def called(name: str, everybody: Mapping[str, Person]) -> list[str]:
    """Returns the students (by the names of their files) with this id, name, e-mail address or login."""
    return [student for student, person in everybody.items() if plain(name) in names(student, person)]


def names(student: str, person: Person) -> set[str]:
    """Returns everything that a student may be called."""
    said = (student, re.sub(r"_\d+$", "", student), person.id, person.name, person.email, *person.logins)
    return {plain(each) for each in said if each}


def plain(name: str) -> str:
    """Normalises the order and case of a name: `Ek, Anna` becomes `anna ek`."""
    return " ".join(sorted(name.casefold().replace(",", " ").split()))
