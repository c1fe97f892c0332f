"""A button in a notebook by which a student asks for help, and what the student is told about the wall."""

from collections.abc import Callable
from pathlib import Path

from ipywidgets import HTML, HBox, Layout, Text, ToggleButton, VBox
from markupsafe import Markup, escape

from labkit.live import theme
from labkit.live.snapshot import Snapshot
from labkit.wall.records import SEAT

STYLE = Markup("<style>{}{}</style>").format(
    Markup(theme.STYLE), Markup(Path(__file__).with_name("hand.css").read_text())
)
RAISE, LOWER = "Raise your hand", "Your hand is up: lower it"
WIDE = Layout(width="auto")


class Hand(VBox):  # type: ignore[misc]
    """A button and a field for the seat; `on_change` gets both whenever the student changes one."""

    def __init__(self, label: str, told: str, on_change: Callable[[bool, str], object]) -> None:
        self._told = told
        self._on_change = on_change
        self.button = ToggleButton(description=RAISE, icon="hand-paper-o", layout=WIDE)
        self.button.tooltip = "The wall shows that you need help"
        self.seat = Text(placeholder=f"seat, or {label}", description="Where:", continuous_update=False)
        self.button.observe(lambda _: self._changed(), "value")
        self.seat.observe(lambda _: self._changed() if self.button.value else None, "value")
        self._line = HTML(STYLE + Markup("<span>{}</span>").format(escape(told)))
        super().__init__([self._line, HBox([self.button, self.seat]).add_class("lab-hand-button")])
        self.add_class("lab-hand")
        self.snapshot = Snapshot(self, lambda: "", lambda: told)
        self.snapshot.ready.set()

    def _changed(self) -> None:
        self.button.description = LOWER if self.button.value else RAISE
        seat = self.seat.value.strip()
        fits = not seat or SEAT.fullmatch(seat)
        self._line.value = STYLE + Markup("<span role='status'>{}</span>").format(
            self._told if fits else "A seat is a number, with a letter if need be, such as B4."
        )
        self._on_change(self.button.value, seat if fits else "")

    def set(self, up: bool, seat: str) -> None:
        """Show what a call has done."""
        self.seat.value = seat
        self.button.value = up
