"""Every sentence of an exercise's text is judged by a behaviour, or promises nothing: `promises.toml` says which."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from labkit.exercises.exercise import Exercise
from tests.exercises.proving import COLLECTION

CLONE = Path(__file__).parents[2]
PROMISES = tomllib.loads(Path(__file__).with_name("promises.toml").read_text())
EXERCISES = [each for each in COLLECTION.folder.exercises() if not each.question]


def texts(exercise: Exercise) -> tuple[str, str]:
    """The text before the check of an exercise, without headings and examples, and all other text of its notebook."""
    own: list[str] = []
    others: list[str] = []
    for cell in json.loads((CLONE / "notebooks" / f"{exercise.lesson}_exercises.ipynb").read_text())["cells"]:
        source = "".join(cell["source"])
        if f'lab.check("{exercise.name}"' in source:
            break
        if cell["cell_type"] == "markdown":
            if source.startswith("## "):
                others, own = [*others, *own], []
            own.append(source)
    return plain(own), plain(others)


def plain(cells: list[str]) -> str:
    text = re.sub(r"```.*?```", "", "\n".join(cells), flags=re.DOTALL)
    return " ".join(re.sub(r"^#.*$|^- ", "", text, flags=re.MULTILINE).split())


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda each: each.name)
def test_each_sentence_of_the_text_is_judged_or_promises_nothing(exercise: Exercise) -> None:
    text, others = texts(exercise)
    for sentence in PROMISES[exercise.name]:
        assert sentence in text or sentence in others, sentence
        text = text.replace(sentence, "", 1)
    assert not re.sub(r"[\s.,:;]", "", text)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda each: each.name)
def test_each_behaviour_judges_a_sentence(exercise: Exercise) -> None:
    known = [each.description for each in exercise.behaviours]
    named = [start for starts in PROMISES[exercise.name].values() for start in starts]
    judging = {start: [each for each in known if each.startswith(start)] for start in named}
    assert {start: len(found) for start, found in judging.items()} == dict.fromkeys(named, 1)
    assert {each for found in judging.values() for each in found} == {*known}
