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
        self._kills: dict[int, Button] = {}
        self._following = threading.RLock()  # the view's thread and that of a click
        self._start = self._button("Start again", "play", lambda run: run.start())
        self._status = HTML()
        self.follow()

    def follow(self) -> None:
        """Show a button for each process, and enable those that can do something now."""
        with self._following:
            members = self._run.members if self._run else ()
            if self._run and [each.number for each in members] != [*self._kills]:
                self._kills = {each.number: self._kill_button(each, len(members) > 1) for each in members}
                self.children = (*self._kills.values(), self._start, self._status)
            alive = {each.number: each.alive for each in members}
            for number, button in self._kills.items():
                button.disabled = not alive.get(number)
            self._start.disabled = all(alive.values())

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
