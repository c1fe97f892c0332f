"""Which readings arrived after the end of their window, and which of these an answer wrongly counts or leaves out."""

from collections.abc import Sequence
from dataclasses import dataclass

from labkit.exercises.records import Row, Sent


@dataclass(frozen=True)
class Late:
    """An input record that arrived when the event time of its key was `by` ms after the end of its window.

    `mistake` is "counted" or "not counted", or empty if that is right.
    """

    number: int
    by: int
    mistake: str = ""

    def __str__(self) -> str:
        """What is wrong with it, in words."""
        return f"{self.mistake}: it came {self.by / 1000:g} s after the end"


def late(numbers: Sequence[int], sent: Sequence[Sent], expected: Row, got: Row, fields: Sequence[str]) -> list[Late]:
    """Returns the late ones among the records of a window, by their numbers; none if the row is no window.

    An answer that closes its windows sooner or later than it should counts less or more of the latest records, so a
    wrong count in one of the `fields` tells which.
    """
    end = expected.get("end")
    if type(end) is not int:
        return []
    by = {number: _clock(number, sent) - end for number in numbers}
    in_turn = sorted(numbers, key=by.__getitem__)
    counts = [(got.get(name), expected[name]) for name in fields if type(got.get(name)) is type(expected[name]) is int]
    few, many = sorted(counts[0]) if len(counts) == 1 else (0, 0)
    wrong = in_turn[few:many] if many <= len(in_turn) else []
    if any(by[number] < 0 for number in wrong):
        wrong = []  # not the lateness is at fault
    mistake = "counted" if counts and counts[0][0] > counts[0][1] else "not counted"
    return [Late(each, by[each], mistake if each in wrong else "") for each in in_turn if by[each] >= 0]


def _clock(number: int, sent: Sequence[Sent]) -> int:
    """Returns the event time of a record's key just before it arrived, in epoch ms."""
    return max((each.timestamp for each in sent[:number] if each.key == sent[number].key), default=0)
