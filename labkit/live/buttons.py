"""Buttons that kill the processes of a run, and start them again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from ipywidgets import HTML, Button, HBox, Layout
from markupsafe import escape

from labkit.errors import LabError
from labkit.kafka.clients import LOGGER

if TYPE_CHECKING:
    from labkit.runs.replicas import Replicas
    from labkit.runs.run import Member

WIDE = Layout(width="auto")


class Buttons(HBox):  # type: ignore[misc]
    """A button for each process of a run, which kills it, and one that starts those that are not running."""

    def __init__(self, run: Replicas) -> None:
        super().__init__(layout=Layout(flex_flow="row wrap"))
        self._run: Replicas | None = run
        self._kills: list[Button] = []
        self._following = threading.RLock()  # the view's thread and that of a click
        self._start = self._button("Start again", "play", lambda run: run.start())
        self._status = HTML()
        self.follow()

    def follow(self) -> None:
        """Show a button for each process, and enable those that can do something now."""
        with self._following:
            members = self._run.members if self._run else ()
            if self._run and len(members) != len(self._kills):
                self._kills = [self._kill_button(each, len(members) > 1) for each in members]
                self.children = (*self._kills, self._start, self._status)
            alive = [each.alive for each in members]
            for button, lives in zip(self._kills, alive or [False] * len(self._kills), strict=True):
                button.disabled = not lives
            self._start.disabled = all(alive)

    def end(self) -> None:
        """Disable all."""
        self._run = None
        self.follow()

    def _kill_button(self, member: Member, several: bool) -> Button:
        words = f"Kill process {member.number}" if several else "Kill the process"
        return self._button(words, "bolt", lambda run: run.kill(member.number))

    def _button(self, words: str, icon: str, act: Callable[[Replicas], None]) -> Button:
        button = Button(description=words, icon=icon, layout=WIDE)
        button.on_click(lambda _: self._do(act))
        return button

    def _do(self, act: Callable[[Replicas], None]) -> None:
        if not (run := self._run):  # clicked before it was disabled
            return
        try:
            act(run)
            self._status.value = ""
        except LabError as error:
            self._status.value = escape(error)
        except Exception as error:  # a traceback from here would reach nobody
            LOGGER.exception("a button of %s failed", run.name)
            self._status.value = escape(f"This has failed: {error}")
        self.follow()
