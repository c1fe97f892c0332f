"""A function call in a background thread."""

from collections.abc import Callable
from typing import Any

from labkit.runs import mistakes
from labkit.runs.blame import Blame
from labkit.runs.worker import Worker


class Call(Worker):
    """Calls a function once, keeps what it prints, and stores what it returns in `result`; `stop()` interrupts it."""

    STOP_LIMIT = 0.0  # seconds: the function cannot be asked to stop, only interrupted

    def __init__(self, name: str, function: Callable[[], Any]) -> None:
        super().__init__(name)
        self.result: Any = None
        self._function = function

    def _work(self) -> None:
        self._is_running()
        self.result = self._function()

    def _ask_to_stop(self) -> None:
        pass

    def _blame(self, error: BaseException) -> Blame:
        return mistakes.explain(error)

    def _renew(self) -> None:
        self.result = None

    def total(self) -> int:
        return 0

    def summary(self) -> str:
        return ""
