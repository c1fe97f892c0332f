"""A thread that polls, and a lock that it shares with the messages from the browser."""

import threading
from collections.abc import Callable
from typing import Any

from labkit.kafka.clients import LOGGER


class Poller:
    """Calls `poll` repeatedly, each time after the seconds that it last returned, until it returns None or on `close`.

    An exception in `poll` ends the thread, and is passed to `on_failure`.
    """

    def __init__(self, name: str, poll: Callable[[], float | None], on_failure: Callable[[Exception], object]) -> None:
        self._poll, self._on_failure = poll, on_failure
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"lab-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def closed(self) -> bool:
        return self._stopping.is_set()

    def close(self) -> None:
        """Stop the thread, if it has been started, and return when it has ended."""
        self._stopping.set()
        if self._thread.ident:
            self._thread.join()

    def _run(self) -> None:
        try:
            while (pause := self._poll()) is not None and not self._stopping.wait(pause):
                pass
        except Exception as error:
            LOGGER.exception("%s failed", self._thread.name)
            self._on_failure(error)


def lock_messages(widget: Any, lock: threading.RLock) -> None:
    """Hold the lock while a message from the browser is applied to a widget and its observers are called.

    traitlets collects all changes during a message, other threads' included, and reports only the last one: a click
    that a thread reverts at that moment would be lost.
    """
    receive = widget.set_state

    def set_state(state: dict[str, Any]) -> None:
        with lock:
            receive(state)

    widget.set_state = set_state
