"""The answer to a prediction: what was said, what was found, and what a wrong choice needs to be told."""

import itertools
import math
from dataclasses import dataclass

from labkit.predictions.question import Asked, Given, Question, filled

TOLERANCE = 0.01  # relative, of numbers


@dataclass(frozen=True)
class Answer:
    """What was found, as the answer to a question in one form; `said` is None if nobody has predicted anything."""

    asked: Asked
    said: str | float | None
    found: str | float
    given: Given

    @property
    def is_right(self) -> bool:
        if isinstance(self.said, float) and isinstance(self.found, float):
            return self._is_close(self.said)
        return self.said == self.found

    def _is_close(self, number: float) -> bool:
        margin = self.asked.margin if isinstance(self.asked, Question) else 0
        return math.isclose(number, float(self.found), rel_tol=TOLERANCE, abs_tol=margin)

    def words(self) -> str:
        """Returns what was said and found in one line, and in the next one why."""
        found, because = label(self.asked, self.found, self.given), filled(self.asked.because, self.given)
        if self.said is None:
            return f"No prediction was made. It is: {found}.\n{because}"
        said = f"You said: {label(self.asked, self.said, self.given)}."
        if self.is_right:
            exactly = "" if self.said == self.found else f" Exactly, it is {found}."
            return f"✔ {said} That is right.{exactly}\n{because}"
        return f"✖ {said} It is: {found}.\n{self._correction()} {because}".replace("\n ", "\n")

    def _correction(self) -> str:
        """What the wrong choice needs to be told; empty for a number with no slip that is known."""
        if not self.asked.choices:
            return self._lacking()
        return filled(next((each.why for each in self.asked.choices if each.value == self.said), ""), self.given)

    def _lacking(self) -> str:
        """Which factors would make the right number of the wrong one."""
        lacks = self.asked.lacks if isinstance(self.asked, Question) else {}
        numbers = {name: float(str(self.given[name])) for name in lacks}
        for count in range(1, len(lacks) + 1):
            for names in itertools.combinations(lacks, count):
                if self._is_close(float(self.said or 0) * math.prod(numbers[each] for each in names)):
                    return " ".join(filled(lacks[each], self.given) for each in names)
        return ""


def label(asked: Asked, value: str | float, given: Given) -> str:
    """Returns an answer as a student reads it, without a full stop; as it is if it is no choice any more."""
    if isinstance(value, float):
        return f"{value:g} {asked.unit}".strip()
    return next((filled(each.says, given).rstrip(".") for each in asked.choices if each.value == value), value)
