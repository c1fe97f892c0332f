"""The errors that labkit raises on purpose."""

import functools
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import ParamSpec, TypeVar

TRACEBACK = "LAB_TRACEBACK"  # the environment variable that asks for whole tracebacks

P = ParamSpec("P")
T = TypeVar("T")


class LabError(Exception):
    """An error that the user can fix: one line that says what is wrong and what to do."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback: only the line (its custom-traceback protocol)."""
        return [in_one_line(self)]


class Interruption(KeyboardInterrupt):
    """An interrupt while somebody was waiting: nobody needs to see where in the lab that was."""

    def _render_traceback_(self) -> list[str]:
        return [in_one_line(self)]


def in_one_line(error: LabError | Interruption) -> str:
    """Returns an error with the name that a user knows it by."""
    return f"{'LabError' if isinstance(error, LabError) else 'KeyboardInterrupt'}: {error}"


def interruptible(method: Callable[P, T]) -> Callable[P, T]:
    """Make an interrupt of a method that waits show one line in a notebook.

    An admin client of Confluent's that is interrupted in its C code raises SystemError, caused by the interrupt.
    """

    @functools.wraps(method)
    def wait(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(*args, **kwargs)
        except (KeyboardInterrupt, SystemError) as error:
            if not isinstance(error.__cause__ or error, KeyboardInterrupt):
                raise
            raise Interruption(f"{method.__name__} was interrupted; what runs in the background goes on.") from None

    return wait


class NoAnswer(LabError):
    """Kafka has ended or does not answer: the same request may succeed later, unlike one that it refuses."""


class Away(NoAnswer):
    """Kafka has ended, or nothing listens where it was: what is at work waits until it is back."""


def show_in_one_line() -> None:
    """Let a script that fails with one of these errors show it in one line, as a notebook does, with the script's line;
    with LAB_TRACEBACK set it shows the whole traceback.
    """
    show = sys.excepthook
    is_command = Path(sys.argv[0]).name == "lab" if sys.argv else False

    def show_shortly(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, LabError | Interruption) and not os.environ.get(TRACEBACK):
            print(in_one_line(error), _place(trace), file=sys.stderr)
        elif not (is_command and isinstance(error, KeyboardInterrupt)):  # of its imports: `lab` handles those after
            show(kind, error, trace)

    sys.excepthook = show_shortly


def _place(trace: TracebackType | None) -> str:
    """Returns the line of the script that led to an error, in parentheses."""
    main = (each for each in traceback.walk_tb(trace) if each[0].f_globals.get("__name__") == "__main__")
    return "".join(f"({frame.f_code.co_filename}, line {number})" for frame, number in [*main][-1:])
