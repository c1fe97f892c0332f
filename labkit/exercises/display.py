"""A verdict in a notebook: a table that can be read without colour, and a button for hints."""

from collections import deque

from ipywidgets import HTML, Button, VBox, Widget
from markupsafe import Markup

from labkit.exercises.exercise import Exercise
from labkit.exercises.judging import Line
from labkit.exercises.verdict import HOLDS, OPEN, SHORT, Verdict, mark
from labkit.live.snapshot import Snapshot

BLUE, ORANGE, GREY = "#0072B2", "#B04A00", "#595959"  # contrast on white 5:1 and more
CELL = "padding:2px 16px 2px 0;text-align:left;vertical-align:top"


def show(verdict: Verdict) -> None:
    """Display a verdict below the present cell, with a button for hints unless it has passed."""
    html = of(verdict)
    widgets = [HTML(html)]
    if verdict.state in ("unanswered", "no answer", "judged") and not verdict.passed and verdict.exercise.hints:
        widgets += _hints(verdict.exercise)
    snapshot = Snapshot(VBox(widgets), lambda: html, lambda: repr(verdict))
    snapshot.ready.set()
    snapshot.show()


def _hints(exercise: Exercise) -> list[Widget]:
    """Returns a button that shows one more hint per click, and the place where they appear."""
    left, shown = deque(enumerate(exercise.hints, 1)), HTML()
    button = Button(description="Hint", tooltip=f"The next hint for {exercise.name}")

    def on_click(_: Button) -> None:
        number, text = left.popleft()
        words = f"Hint {number} of {len(exercise.hints)}: {text}"
        shown.value += Markup("<p style='margin:2px 8px'>{}</p>").format(words)
        button.disabled = not left

    button.on_click(on_click)
    return [button, shown]


def of(verdict: Verdict) -> Markup:
    """A verdict as HTML."""
    colour = BLUE if verdict.passed else GREY if verdict.state in ("unanswered", "handed in") else ORANGE
    parts = [Markup("<b style='color:{}'>{}</b>").format(colour, verdict.headline)]
    parts += [_line(each) for each in (verdict.checked, *verdict.remarks) if each]
    parts += [Markup("<div><b>{}</b></div>").format(each) for each in verdict.trouble]
    parts += [_behaviours(verdict)] if verdict.shown else []
    parts += [_evidence(verdict)] if verdict.judgement.evidence else []
    if verdict.prints:
        parts.append(Markup("<div>Printed:</div><pre style='margin:0 0 4px 16px'>{}</pre>").format(_lines(verdict)))
    parts += [_line(each) for each in verdict.closing] if verdict.passed else []  # else there is a button
    body = Markup().join(parts)
    style = f"border-left:4px solid {colour};padding:2px 8px;line-height:1.5;max-width:72em"
    return Markup("<div style='{}' role='region' aria-label='Verdict on {}'>{}</div>").format(
        style, verdict.exercise.name, body
    )


def _line(text: str) -> Markup:
    return Markup("<div>{}</div>").format(text)


def _lines(verdict: Verdict) -> str:
    return "\n".join(verdict.prints)


def _behaviours(verdict: Verdict) -> Markup:
    row = Markup("<tr><td style='{};white-space:nowrap'><b style='color:{}'>{}</b></td><td style='{}'>{}</td></tr>")
    colours = {HOLDS: BLUE, SHORT: ORANGE, OPEN: GREY}
    rows = [row.format(CELL, colours[mark(each)], mark(each), CELL, each.behaviour.words) for each in verdict.shown]
    return Markup("<table style='margin:4px 0'>{}</table>").format(Markup().join(rows))


def _evidence(verdict: Verdict) -> Markup:
    words = verdict.short.behaviour.words if verdict.short else ""
    heads = [Markup("<th scope='col' style='{}'>{}</th>").format(CELL, each) for each in ("", *COLUMNS)]
    rows = [Markup("<tr>{}</tr>").format(Markup().join(heads)), *map(_row, verdict.judgement.evidence)]
    said = [_line(each) for each in verdict.judgement.diagnosis]
    title = Markup("<div style='margin-top:4px'>The first that falls short: <b>{}</b></div>").format(words)
    table = Markup("<table style='margin:4px 0'>{}</table>").format(Markup().join(rows))
    return title + Markup().join(said) + table


COLUMNS = ("went in", "expected", "came out")


def _row(line: Line) -> Markup:
    mark = Markup("<b style='color:{}'>→ wrong</b>").format(ORANGE) if line.wrong else ""
    cells = [mark, *(Markup("<br>").join(each) for each in (line.sent, line.expected, line.got))]
    weight = ";font-weight:bold" if line.wrong else ""
    styles = (f"{CELL};white-space:nowrap", CELL, CELL, CELL + weight)
    return Markup("<tr>{}</tr>").format(
        Markup().join(
            Markup("<td style='{}'>{}</td>").format(style, each) for style, each in zip(styles, cells, strict=True)
        )
    )
