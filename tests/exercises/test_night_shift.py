"""The nights of `night-shift`: each shows one cause, and no complaint gives it away."""

import re
from collections import Counter, defaultdict
from pathlib import Path

import nbformat

from labkit.exercises import catalogue
from labkit.exercises.collection.night_shift import CAUSES
from labkit.grading import authoring
from labkit.incidents import causes

COLLECTION = authoring.of_the_package()
EXERCISE = COLLECTION.folder.exercise("night-shift")
NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "11_incidents_exercises.ipynb"


def cause(seed: int | str) -> str:
    """The letter in the right answer; the oracle raises an error unless exactly one cause can be seen."""
    answer: str = COLLECTION.expected(EXERCISE, EXERCISE.sent(seed))["out"][0]["answer"]
    return answer[0]


def test_each_cause_is_that_of_two_or_three_of_the_twenty_cases() -> None:
    found = Counter(cause(seed) for seed in catalogue.seeds(EXERCISE)[1:])
    assert {*found} == {*CAUSES}
    assert {*found.values()} == {2, 3}


def test_every_night_shows_one_cause_and_a_complaint_fits_several() -> None:
    complaints = defaultdict(set)
    for seed in range(400):
        complaints[EXERCISE.sent(seed)[0].fields["complaint"]].add(cause(seed))
    assert {*map(len, complaints.values())} == {2, 4, 5}


def test_the_text_has_the_letters_and_names_them_as_incidents_do() -> None:
    text = "\n".join(each.source for each in nbformat.read(NOTEBOOK, as_version=4).cells)
    rows = re.findall(r"^\| ([a-z]) \| (.+?) \|", text, flags=re.MULTILINE)
    assert "".join(letter for letter, _ in rows) == CAUSES
    assert all(causes.named(name) == name for _, name in rows)
