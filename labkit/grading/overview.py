"""The class by exercise: who failed which behaviour, as a picture and a table, for the next lecture to begin with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from labkit.grading import pages
from labkit.grading.results import Result

DRAWN = 20  # behaviours in the picture


@dataclass(frozen=True)
class Row:
    """How many of those who handed in an exercise failed one of its behaviours, and who."""

    exercise: str
    behaviour: str
    failed: tuple[str, ...]
    handed_in: int

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return len(self.failed) / self.handed_in


def rows(found: Sequence[Result]) -> list[Row]:
    """Returns a row for each behaviour of each exercise, in the order of the course."""
    names = list(dict.fromkeys(name for result in found for name in result.worth))
    return [row for name in names for row in _of_exercise(name, found)]


def _of_exercise(name: str, found: Sequence[Result]) -> Iterator[Row]:
    judged = [(result, each) for result in found for each in result.exercises if each["name"] == name]
    failed: dict[str, list[str]] = {}
    for result, exercise in judged:
        for behaviour in exercise["behaviours"]:
            students = failed.setdefault(behaviour["description"], [])
            students += [] if behaviour["holds"] else [result.person.name or result.student]
    for description, students in failed.items():
        yield Row(name, description, tuple(sorted(students)), len(judged))


def page(found: Sequence[Result]) -> str:
    """Returns the page, with what most have failed in the picture first; names are escaped."""
    everything = rows(found)
    worst = sorted((each for each in everything if each.failed), key=lambda each: -each.share)
    return pages.template("class.html.jinja").render(rows=everything, worst=worst[:DRAWN], students=len(found))
