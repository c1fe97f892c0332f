"""A question in a notebook: its choices or a number field, and a button by which one commits oneself."""

from collections.abc import Callable
from pathlib import Path

from ipywidgets import HTML, Button, Layout, RadioButtons, Text, VBox
from markupsafe import Markup

from labkit import backticks
from labkit.errors import LabError
from labkit.live import theme
from labkit.live.snapshot import Snapshot
from labkit.predictions.question import Asked, Given, filled

CSS = Path(__file__).with_name("predictions.css")
WIDE = Layout(width="auto")
STYLE = Markup("<style>{}{}</style>").format(Markup(theme.STYLE), Markup(CSS.read_text()))
CHOOSE = "Choose one first."


class Form(VBox):  # type: ignore[misc]
    """Calls `on_commit` once with the answer in its normal form, and shows the text that this returns."""

    def __init__(self, asked: Asked, given: Given, on_commit: Callable[[str | float], str], said: str = "") -> None:
        """`said` is shown until an answer has been committed: what was predicted before."""
        self.asked, self._on_commit, self._said = asked, on_commit, said
        self._text = filled(asked.text, given)
        self._labels = [filled(each.says, given) for each in asked.choices]
        self.entry = self._choices() if asked.choices else Text(placeholder="a number", description=asked.unit)
        self.button = Button(description="This is my prediction", layout=WIDE)
        self.button.on_click(lambda _: self.commit())
        self.status = HTML(status(self._said))
        question = HTML(STYLE + Markup("<p><b>Predict:</b> {}</p>").format(marked_up(self._text)))
        super().__init__([question, self.entry, self.button, self.status])
        self.add_class("lab-prediction")
        self.snapshot = Snapshot(self, self.static_html, self.words)
        self.snapshot.ready.set()

    def commit(self) -> None:
        """Take what has been entered, unless it cannot be an answer: then say so."""
        try:
            answer = self._answer()
        except LabError as error:
            self._said = str(error)
        else:
            self.entry.disabled = self.button.disabled = True
            self._said = self._on_commit(answer)
        self.status.value = status(self._said)
        self.snapshot.refresh(at_once=True)

    def _answer(self) -> str | float:
        """Raises LabError if there is none yet."""
        if self.asked.choices and self.entry.value is None:
            raise LabError(CHOOSE)
        return self.asked.parsed(self.entry.value)

    def _choices(self) -> RadioButtons:
        labels = (each.replace("`", "") for each in self._labels)  # a label is plain text
        options = [(label, each.value) for label, each in zip(labels, self.asked.choices, strict=True)]
        return RadioButtons(options=options, value=None, layout=Layout(width="auto"))

    def words(self) -> str:
        """Returns the question, its choices and what was said as plain text."""
        return "\n".join([f"Predict: {self._text}", *(f"  - {each}" for each in self._labels), self._said]).rstrip()

    def static_html(self) -> Markup:
        items = Markup().join(Markup("<li>{}</li>").format(marked_up(each)) for each in self._labels)
        return Markup("<p><b>Predict:</b> {}</p><ul>{}</ul>{}").format(marked_up(self._text), items, status(self._said))


def status(text: str) -> Markup:
    """Returns what a screen reader tells when it changes: one line, or one in bold and the reasons below it."""
    first, _, rest = text.partition("\n")
    head = Markup("<b>{}</b><br>{}").format(marked_up(first), marked_up(rest)) if rest else marked_up(first)
    return Markup("<p role='status'>{}</p>").format(head)


def marked_up(text: str) -> Markup:
    """Returns a text as HTML; what stands between two backticks is code."""
    return Markup(backticks.marked_up(text))


class Line(VBox):  # type: ignore[misc]
    """A line of text that may change."""

    def __init__(self, text: Callable[[], str], meanwhile: str) -> None:
        """The live widget says `meanwhile` until `show` is called; a saved notebook has the text."""
        self._text = text
        self._line = HTML(STYLE + status(meanwhile))
        super().__init__([self._line])
        self.add_class("lab-prediction")
        self.snapshot = Snapshot(self, lambda: status(text()), text)
        self.snapshot.ready.set()

    def show(self) -> None:
        self._line.value = STYLE + status(self._text())
        self.snapshot.refresh(at_once=True)
