"""The messages of the runner for the grader: lines of JSON in which the field `message` says what each is about.

Each line begins with the nonce, which distinguishes it from lines of any other origin. Its content still comes from the
notebook, so the grader must be prepared for anything.
"""

import contextlib
import json
import os
import time
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, TextIO


class Message(StrEnum):
    """What a message is about, with its other fields."""

    PHASE = "phase"  # name, seconds
    BEGUN = "begun"  # the notebook is about to run; what fails before is the fault of the machine
    FAILED = "failed"  # reason: why it could not begin
    CELL = "cell"  # number, text, error: what a cell wrote, and why it failed, if it did
    VERDICT = "verdict"  # exercise, state, headline: what a check came to
    ENDED = "ended"  # status: how the notebook ended: ok, crashed or timeout; starved: whether others may be the reason
    RECORD = "record"  # topic, key, time, headers, value: a record that came out; the value is in base64
    TOO_MUCH = "too much"  # topic: more came out of it than is handed out
    COMPLETE = "complete"  # everything has been handed out: the grader answers with what is to be stepped
    STEP = "step"  # exercise, text: what an answer did with its first wrong record


class Channel:
    """Sends messages to a file."""

    def __init__(self, nonce: str, file: TextIO) -> None:
        self._nonce, self._file = nonce, file

    def send(self, message: Message, **fields: Any) -> None:
        self._file.write(f"{self._nonce} {json.dumps({'message': message, **fields})}\n")
        self._file.flush()

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Sends how long something took."""
        start = time.monotonic()
        yield
        self.send(Message.PHASE, name=name, seconds=time.monotonic() - start)


def ends() -> tuple[TextIO, TextIO]:
    """Returns the original standard input and output, by descriptors that no child inherits: children get nothing."""
    given, taken = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    return given, taken
