"""Buttons that ask why nothing comes out of a run, and the answer."""

from __future__ import annotations

import datetime
import time
import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from ipywidgets import HTML, Button, Layout, VBox
from markupsafe import Markup, escape

from labkit.errors import LabError
from labkit.kafka.clients import LOGGER
from labkit.live import html
from labkit.runs.run import Run

QUIET = 5.0  # seconds without output, after input, until somebody may want to know why


class Answer(Protocol):
    def html(self) -> str:
        """The answer as HTML, in which all text is escaped."""
        ...


Ask = Callable[[Run], Answer]


class Silence:
    """Notices, if it is asked regularly, that a run has read something and has written nothing since."""

    def __init__(self) -> None:
        self._out = self._in = 0  # records, when it last wrote one
        self._since: float | None = None

    def observe(self, run: Run) -> bool:
        """Returns whether that has lasted for so long that somebody may want to know why."""
        if run.records_out != self._out:
            self._out, self._in, self._since = run.records_out, run.records_in, None
        elif run.records_in > self._in and self._since is None:
            self._since = time.monotonic()
        return self._since is not None and time.monotonic() - self._since >= QUIET


class Questions(VBox):  # type: ignore[misc]
    """A button for each run that is silent, with the words of the question, and the last answer below."""

    def __init__(self, ask: Ask, runs: Callable[[], Mapping[str, Run]]) -> None:
        """`runs` are those that there are now, by their questions."""
        super().__init__(layout=Layout(align_items="flex-start"))
        self.answer = Markup()
        self._ask: Ask | None = ask
        self._runs = runs
        self._silences: weakref.WeakKeyDictionary[Run, Silence] = weakref.WeakKeyDictionary()
        self._buttons: dict[str, Button] = {}
        self._shown = HTML()

    def due(self) -> tuple[str, ...]:
        """Returns the questions about runs that are silent now; to be called regularly."""
        return tuple(
            words for words, run in self._runs().items() if self._silences.setdefault(run, Silence()).observe(run)
        )

    def offer(self, questions: Iterable[str]) -> None:
        """Show a button for each of these questions."""
        wanted = {words: self._buttons.get(words) or self._button(words) for words in questions}
        if [*wanted] != [*self._buttons]:
            self._buttons = wanted
            self.children = (*wanted.values(), self._shown)

    def end(self) -> None:
        """Withdraw all questions; the last answer stays."""
        self.offer(())
        self._ask, self._runs = None, dict  # else the lab would never be freed: ipywidgets keeps every widget

    def _button(self, words: str) -> Button:
        button = Button(description=words, icon="question", layout=Layout(width="auto"))
        button.on_click(lambda _: self._show(words))
        return button

    def _show(self, words: str) -> None:
        ask, run = self._ask, self._runs().get(words)
        if not (ask and run):  # it has ended before it was clicked
            return
        self._say(escape(f"Looking at {run.name} …"))
        at = html.element("i", f"{datetime.datetime.now(datetime.UTC):%H:%M:%S} UTC")
        try:
            self.answer = at + Markup(ask(run).html())
        except LabError as error:
            self.answer = at + " " + escape(error)
        except Exception as error:  # a traceback from here would reach nobody
            LOGGER.exception("why nothing comes out of %s could not be told", run.name)
            self.answer = at + " " + escape(f"This has failed: {error}")
        self._say(self.answer)

    def _say(self, text: Markup) -> None:
        self._shown.value = html.element("div", text, role="status")  # a screen reader tells it
