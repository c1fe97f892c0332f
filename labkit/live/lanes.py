"""Partitions as lanes: which process had each partition over the last minute, and what it does there."""

from __future__ import annotations

import time
from collections import deque

from ipywidgets import HTML
from markupsafe import Markup, escape

from labkit.errors import LabError
from labkit.live.lanes_svg import SPAN, Look, draw, words
from labkit.live.pacing import Pacer
from labkit.live.svg import image
from labkit.live.view import LiveView
from labkit.runs.shares import Shares

PERIOD = 0.5  # seconds between two looks


class Lanes(LiveView):
    """A lane for each partition that a run reads, coloured and labelled by the process that has it."""

    def __init__(self, shares: Shares, pacer: Pacer) -> None:
        self._shares = shares
        self._seen: deque[Look] = deque()
        self._drawing = HTML("Nothing has been assigned yet.")
        self._svg, self._words = Markup(), ""
        super().__init__("lanes", [self._drawing], pacer)
        self.start()

    def say(self, text: str) -> None:
        self._drawing.value = escape(text)

    def _collect(self) -> float | None:
        try:
            self._look()
        except LabError as error:  # Kafka may come back, or allow it later
            self._svg, self._words = escape(str(error)), str(error)
        self._touch()
        return None if self._shares.run.retired else PERIOD

    def _look(self) -> None:
        look = Look(time.monotonic(), self._shares.look())
        self._seen.append(look)
        while self._seen[0].time < look.time - SPAN:
            self._seen.popleft()
        members = self._shares.members()
        self._words, self._svg = words(look.lanes, members), draw(self._seen, members)
        self.snapshot.ready.set()

    def _paint(self) -> None:
        self._drawing.value = self._svg or self._drawing.value

    def _end(self) -> None:
        self._svg += Markup("<p>These lanes have ended.</p>")

    def static_html(self) -> str:
        return image(self._svg, self._words) if self._svg.startswith("<svg") else escape(self.summary())

    def summary(self) -> str:
        """What it shows, in words."""
        return self._words or "Nothing has been assigned yet."
