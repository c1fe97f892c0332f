"""Buttons that kill the processes of a run, and start them again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from ipywidgets import HTML, Button, HBox, Layout
from markupsafe import escape

from labkit.errors import LabError

WIDE = Layout(width="auto")


class Member(Protocol):
    """A process that works for a run."""

    number: int

    @property
    def alive(self) -> bool: ...


@runtime_checkable
class HasMembers(Protocol):
    """A run with processes of its own."""

    members: Sequence[Member]

    def kill(self, member: int) -> None: ...

    def start(self) -> None: ...


class Buttons(HBox):  # type: ignore[misc]
    """A button for each process of a run, which kills it, and one that starts those that do not run."""

    def __init__(self, run: HasMembers) -> None:
        self._run: HasMembers | None = run
        several = len(run.members) > 1
        self._kills = [
            self._button(f"Kill process {each.number}" if several else "Kill the process", "bolt", self._killing(each))
            for each in run.members
        ]
        self._start = self._button("Start again", "play", lambda run: run.start())
        self._said = HTML()
        self.follow()
        super().__init__([*self._kills, self._start, self._said], layout=Layout(flex_flow="row wrap"))

    def follow(self) -> None:
        """Enable those that can do something now."""
        alive = [each.alive for each in self._run.members] if self._run else []
        for button, lives in zip(self._kills, alive or [False] * len(self._kills), strict=True):
            button.disabled = not lives
        self._start.disabled = all(alive)

    def end(self) -> None:
        """Disable all."""
        self._run = None
        self.follow()

    @staticmethod
    def _killing(member: Member) -> Callable[[HasMembers], None]:
        return lambda run: run.kill(member.number)

    def _button(self, words: str, icon: str, act: Callable[[HasMembers], None]) -> Button:
        button = Button(description=words, icon=icon, layout=WIDE)
        button.on_click(lambda _: self._do(act))
        return button

    def _do(self, act: Callable[[HasMembers], None]) -> None:
        if not self._run:  # clicked before it was disabled
            return
        try:
            act(self._run)
            self._said.value = ""
        except LabError as error:
            self._said.value = escape(error)
        self.follow()
