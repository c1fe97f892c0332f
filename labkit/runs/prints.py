"""A student's `print` inside a pipeline goes to the panel of that run, not to the cell being executed."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

_sinks: dict[int, Callable[[str], object]] = {}  # thread -> the sink for what it writes


class _ByThread:
    """A standard stream that redirects what a run's thread prints to that run, and leaves all other text alone."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        if sink := _sinks.get(threading.get_ident()):
            sink(text)
            return len(text)
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def install() -> None:
    for name in ("stdout", "stderr"):
        if not isinstance(stream := getattr(sys, name), _ByThread):
            setattr(sys, name, _ByThread(stream))


def uninstall() -> None:
    for name in ("stdout", "stderr"):
        if isinstance(stream := getattr(sys, name), _ByThread):
            setattr(sys, name, stream._stream)


@contextmanager
def sent_to(sink: Callable[[str], object]) -> Iterator[None]:
    """Send everything that the current thread prints within this context to the sink."""
    install()
    thread = threading.get_ident()
    _sinks[thread] = sink
    try:
        yield
    finally:
        del _sinks[thread]
