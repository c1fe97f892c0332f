"""Waiting for a condition, with a limit."""

import contextvars
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PAUSE = 0.02  # seconds between two checks at first ...
LONGEST_PAUSE = 0.25  # ... and after some seconds
SILENT = 1.0  # seconds after which whoever waits is told how far it is


_quiet = contextvars.ContextVar("quiet", default=False)


class Deadline:
    """The moment that comes after some seconds."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, least: float = 0.0) -> float:
        """Returns the seconds that are left, but not less than `least`."""
        return max(self._end - time.monotonic(), least)

    def has_passed(self) -> bool:
        return time.monotonic() > self._end


def wait_until(
    condition: Callable[[], object],
    seconds: float,
    pause: float = PAUSE,
    progress: Callable[[], str] = lambda: "",
) -> bool:
    """Wait until a condition holds; False if it still does not after `seconds`. What it raises ends the wait.

    A check may cost a request to Kafka, so it checks less often the longer it waits. In a cell or a terminal it shows
    how far it is, what `progress` returns after a check, and for how long it has waited.
    """
    deadline, began = Deadline(seconds), time.monotonic()
    with _shown(progress) as show:
        while not condition():
            if deadline.has_passed():
                return False
            show()
            time.sleep(min(max(pause, (time.monotonic() - began) / 20), LONGEST_PAUSE))
        return True


@contextmanager
def announced(words: str, after: float | None = None) -> Iterator[None]:
    """Say in a line what is being done, and for how long, if it takes more than `after` seconds (by default one) and
    somebody looks on: it cannot tell how far it is.
    """
    if not _is_watched():
        yield
        return
    is_over = threading.Event()
    with _shown(lambda: words, after) as show:

        def tell() -> None:
            while not is_over.wait(SILENT):
                show()

        thread = threading.Thread(target=contextvars.copy_context().run, args=(tell,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()


@contextmanager
def quietly() -> Iterator[None]:
    """Waits in this context show no progress: their caller shows a result of its own."""
    token = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(token)


@contextmanager
def _shown(progress: Callable[[], str], after: float | None = None) -> Iterator[Callable[[], None]]:
    """Yields what shows the progress in one line, which is overwritten, if it takes long and somebody looks on."""
    silent = SILENT if after is None else after
    began, said, is_watched = time.monotonic(), "", _is_watched()

    def now() -> str:
        words = progress()
        return words and f"{words} ({time.monotonic() - began:.0f} s)"

    def show() -> None:
        nonlocal said
        if is_watched and time.monotonic() > began + silent and (new := now()) != said:
            print(f"\r{new:{len(said)}}", end="", flush=True)
            said = new

    try:
        yield show
    finally:
        if said:
            print(f"\r{now():{len(said)}}")


def _is_watched() -> bool:
    """Whether the current thread writes into a cell of a notebook or to a terminal, and may show how far it is."""
    if _quiet.get():
        return False
    stream = sys.stdout
    is_cell = hasattr(stream, "parent_header")  # ipykernel's
    return threading.current_thread() is threading.main_thread() and (is_cell or stream.isatty())
