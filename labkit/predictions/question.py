"""Questions as data: a file per lesson, with a table for each question."""

import functools
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from labkit.errors import LabError
from labkit.spelling import did_you_mean

FOLDER = Path(__file__).with_name("questions")

Given = Mapping[str, object]  # what a lesson's cell passes on: parameters that the texts of a question name


class Table(BaseModel):
    """A table of a file of questions. Texts may name what the lesson passes on, as in "{devices} devices"."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Choice(Table):
    """What may be chosen; `why` says what is tempting about it, and what is wrong with it."""

    says: str
    value: str
    why: str = ""


class Asked(Table):
    """A question in one form. With choices, `right` is the value of one of them; without, a number is asked for."""

    text: str
    right: str | float = ""
    because: str
    unit: str = ""
    choices: tuple[Choice, ...] = ()

    @model_validator(mode="after")
    def _is_complete(self) -> "Asked":
        values = [each.value for each in self.choices]
        if self.choices and (self.right not in values or len(values) != len({*values})):
            raise ValueError("`right` must be the value of one of the choices, and no two of them may have the same")
        if missing := [each.says for each in self.choices if each.value != self.right and not each.why]:
            raise ValueError(f"nothing says why {missing[0]!r} is tempting")
        return self

    def parsed(self, answer: object) -> str | float:
        """Returns an answer in its normal form. Raises LabError if it is no choice, or no number."""
        if self.choices:
            if answer not in [each.value for each in self.choices]:
                raise LabError(f"{answer!r} is none of the choices: {', '.join(each.value for each in self.choices)}.")
            return str(answer)
        try:
            return float(str(answer).replace(",", "."))
        except ValueError:
            raise LabError("Type a number, such as 12.") from None


class Question(Asked):
    """A question of a lesson. `lacks` says of a number what it lacks if it must still be multiplied by one or more of
    the things that the lesson passes on; by up to `margin` it may differ from what the lesson counts. In a warm-up it
    is asked `again`, with other numbers.
    """

    name: str
    lesson: str  # the name of its notebook
    title: str
    lacks: dict[str, str] = {}
    margin: float = 0
    again: Annotated[tuple[Asked, ...], Field(min_length=1)]


@functools.cache
def questions() -> dict[str, Question]:
    """Returns all questions by name, in the order of the lessons.

    Raises LabError if a file is damaged.
    """
    return {each.name: each for file in sorted(FOLDER.glob("*.toml")) for each in _read(file)}


def find(name: str) -> Question:
    """Raises LabError, with a similar name, if there is no such question."""
    if name not in questions():
        hint = did_you_mean(name, questions()) or f"there is {', '.join(questions())}."
        raise LabError(f"There is no prediction {name!r}: {hint}")
    return questions()[name]


def _read(file: Path) -> list[Question]:
    try:
        found: dict[str, dict[str, Any]] = tomllib.loads(file.read_text(encoding="utf-8"))
        return [Question(name=f"{file.stem[:2]}-{name}", lesson=file.stem, **each) for name, each in found.items()]
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise LabError(f"{file} is no file of questions: {error}") from None


def filled(text: str, given: Given) -> str:
    """Returns a text with what the lesson passes on in its places."""
    return text.format_map(given)
