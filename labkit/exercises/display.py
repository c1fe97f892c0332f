"""A verdict in a notebook: a table that can be read without colour, and buttons for help."""

from collections import deque

from IPython.display import display
from ipywidgets import HTML, Button, VBox, Widget
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from labkit.errors import LabError
from labkit.exercises import first_wrong, handing_in
from labkit.exercises.exercise import Exercise
from labkit.exercises.verdict import FAILED, HOLDS, ONE_FAULT, OPEN, Verdict, mark
from labkit.live.snapshot import Snapshot

BLUE, ORANGE, GREY = "#0072B2", "#B04A00", "#595959"  # contrast on white 5:1 and more
TEMPLATE = Environment(
    loader=PackageLoader("labkit.exercises", ""), autoescape=True, trim_blocks=True, undefined=StrictUndefined
).get_template("verdict.html.jinja")


def show(verdict: Verdict) -> None:
    """Displays a verdict below the current cell, with buttons for help unless it has passed."""
    html = of(verdict)
    widgets = [HTML(html)]
    if verdict.state in ("unanswered", "rejected", "judged") and not verdict.passed and verdict.exercise.hints:
        widgets += _hints(verdict.exercise)
    if verdict.smaller_step:
        widgets += _smaller_step(verdict)
    if verdict.state == "judged" and verdict.steps:
        widgets += _steps(verdict)
    snapshot = Snapshot(VBox(widgets), lambda: html, lambda: repr(verdict))
    snapshot.ready.set()
    snapshot.show()


def hand_in(verdict: Verdict) -> None:
    """Displays a verdict for the grader."""
    display(handing_in.output(verdict), raw=True)  # type: ignore[no-untyped-call]


def _hints(exercise: Exercise) -> list[Widget]:
    """Returns a button that shows one more hint per click, and what shows them."""
    left, shown = deque(enumerate(exercise.hints, 1)), HTML()
    button = Button(description="Hint", tooltip=f"The next hint for {exercise.name}")

    def on_click(_: Button) -> None:
        number, text = left.popleft()
        hint = f"Hint {number} of {len(exercise.hints)}: {text}"
        shown.value += Markup("<p style='margin:2px 8px'>{}</p>").format(hint)
        button.disabled = not left

    button.on_click(on_click)
    return [button, shown]


def _smaller_step(verdict: Verdict) -> list[Widget]:
    """Returns a button that shows a program with one fault to find, and what shows it."""
    shown = HTML()
    button = Button(
        description="A smaller step", tooltip=f"A program with one fault to find, for {verdict.exercise.name}"
    )

    def on_click(_: Button) -> None:
        text = "<p style='margin:2px 8px'>{}</p><pre tabindex='0' style='margin:4px 8px'>{}</pre>"
        shown.value = Markup(text).format(ONE_FAULT, verdict.smaller_step)
        button.disabled = True

    button.on_click(on_click)
    return [button, shown]


def _steps(verdict: Verdict) -> list[Widget]:
    """Returns a button that steps through the answer, and what shows it."""
    shown = HTML()
    button = Button(description="Step through", tooltip="What each line of your function did, record by record")

    def on_click(_: Button) -> None:
        assert verdict.steps
        button.disabled = True
        try:
            shown.value = first_wrong.page(verdict, verdict.steps())
        except LabError as error:  # Kafka is away, perhaps
            shown.value = Markup("<p style='margin:2px 8px'>{}</p>").format(error)
            button.disabled = False

    button.on_click(on_click)
    return [button, shown]


def of(verdict: Verdict) -> str:
    """Returns a verdict as HTML, in which all text is escaped."""
    colour = BLUE if verdict.passed else GREY if verdict.state in ("unanswered", "handed in") else ORANGE
    colours = {HOLDS: BLUE, FAILED: ORANGE, OPEN: GREY}
    return TEMPLATE.render(verdict=verdict, colour=colour, colours=colours, orange=ORANGE, mark=mark)
