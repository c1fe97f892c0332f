"""What a lab tells the wall of the class, if the student's file names one: nothing otherwise."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

from labkit import cells, extras
from labkit.errors import LabError
from labkit.exercises.attempt import is_graded
from labkit.wall import records
from labkit.wall.given import VARIABLE, given, label
from labkit.wall.records import SEAT, Record
from labkit.wall.sender import Sender

if TYPE_CHECKING:
    from labkit.exercises import Verdict
    from labkit.wall.hand import Hand

NOTEBOOK = "JPY_SESSION_NAME"  # the path of a kernel's notebook, as Jupyter's server tells it
TOLD = (
    "Your class has a wall: it counts your verdicts and predictions, as {label}, without your name and your code. "
    f"{VARIABLE}=0 keeps you off it."
)
NO_WALL = "There is no wall here: your teacher's file for you names one if your class has it, unless LAB_WALL is 0."


class Wall:
    """The wall, from the place of one student. What cannot be sent is dropped."""

    def __init__(self) -> None:
        self._given = None if is_graded() else given()
        self._sender: Sender | None = None
        self._notebook = ""
        self._up, self._seat = False, ""

    def join(self) -> None:
        """Give signs of life from now on, and let the student know; does nothing without a wall, or a second time."""
        if not self._given or self._sender:
            return
        from labkit.wall import course  # most labs have no wall

        self._notebook = course.notebook(os.environ.get(NOTEBOOK, ""))
        self._sender = Sender(self._given, lambda: self._notebook)
        self._sender.start()
        if cells.current().execution:
            cells.at_the_end(lambda _: self._hand.snapshot.show())
        else:
            print(self._told)

    def verdict(self, verdict: Verdict) -> None:
        """Send what became of an answer."""
        self._send(records.of_verdict(verdict))

    def prediction(self, question: str, said: str | float) -> None:
        """Send a prediction."""
        self._send(records.of_prediction(question, said))

    def hand(self, up: bool, seat: str | None = None) -> None:
        """Raise or lower the hand; the seat of before stays unless another is given.

        Raises LabError if there is no wall, or for what is no seat.
        """
        if not self._given:
            raise LabError(NO_WALL)
        if seat and not SEAT.fullmatch(str(seat)):
            raise LabError(f"A seat is a number, with a letter if need be, such as B4; {seat!r} is none.")
        where = self._seat if seat is None else str(seat)
        self._up, self._seat = up, where
        self._send(records.of_hand(up, where))  # even if nothing has changed: the kernel before may have left it up
        if "_hand" in self.__dict__:
            self._hand.set(up, where)

    def close(self) -> None:
        if self._sender:
            self._sender.close()

    def _send(self, record: Record | None) -> None:
        if self._given and record:
            self.join()
            assert self._sender
            self._sender.send(record)

    def _changed(self, up: bool, seat: str) -> None:
        if (up, seat) != (self._up, self._seat):
            self._up, self._seat = up, seat
            self._send(records.of_hand(up, seat))

    @property
    def _told(self) -> str:
        assert self._given
        return TOLD.format(label=label(self._given.pseudonym))

    @functools.cached_property
    def _hand(self) -> Hand:
        extras.require("notebook")
        from labkit.wall.hand import Hand

        assert self._given
        return Hand(label(self._given.pseudonym), self._told, self._changed)
