"""The errors that labkit raises on purpose."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class LabError(Exception):
    """An error that the user can fix: one line that says what is wrong and what to do."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback: only the line (its custom-traceback protocol)."""
        return [f"LabError: {self}"]


class Interruption(KeyboardInterrupt):
    """An interrupt while somebody was waiting: nobody needs to see where in the lab that was."""

    def _render_traceback_(self) -> list[str]:
        return [f"KeyboardInterrupt: {self}"]


def interruptible(method: Callable[P, T]) -> Callable[P, T]:
    """Make an interrupt of a method that waits show one line in a notebook."""

    @functools.wraps(method)
    def wait(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(*args, **kwargs)
        except KeyboardInterrupt:
            raise Interruption(f"{method.__name__} was interrupted; what runs in the background goes on.") from None

    return wait


class NoAnswer(LabError):
    """Kafka has ended or does not answer: the same request may succeed later, unlike one that it refuses."""


class Away(NoAnswer):
    """Kafka was killed on purpose, or nothing listens where it was: what is at work waits until it is back."""
