"""How the wall looks: pure functions of its state. Whatever comes from students is text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from labkit import backticks
from labkit.live import html
from labkit.live.theme import clock
from labkit.wall.tally import Asked, Tally, Tried

NEWEST = "the newest"
EXERCISES, FAILS, NOTEBOOKS, HANDS = 5, 2, 9, 10  # as many as fit: the table has the others
ORDINALS = ("1st", "2nd", "3rd")
LEGEND = "✗ what falls short, ▲ the commonest slip, each with how many"
WAITING = "Nobody has said anything yet. A student's part begins with `lab = Lab()` in a notebook."


@dataclass(frozen=True)
class State:
    """What the wall shows; `chosen` is the name of a question, or empty for the newest; `time` in seconds, `rate` in
    records a second.
    """

    tally: Tally = field(default_factory=Tally)
    chosen: str = ""
    time: int = 0
    rate: float = 0.0
    away: str = ""
    said: str = ""
    ended: bool = False

    @property
    def is_empty(self) -> bool:
        return self.tally.is_empty

    @property
    def shown(self) -> Asked | None:
        """The question that is shown."""
        found = self.tally.questions
        chosen = next((each for each in found if each.name == self.chosen), None)
        return chosen or max(found, key=lambda each: each.time, default=None)


def head(state: State) -> Markup:
    """Returns how many are there, how many hands are up, and what is wrong, if anything is."""
    many, up = state.tally.students, len(state.tally.hands)
    wrong = state.away or ("The wall has ended" if state.ended else "")
    numbers = html.element("p", html.element("strong", str(many)), f" student{_s(many)} here now")
    hands = html.element(
        "p", html.element("strong", str(up)), f" hand{_s(up)} up", class_="lab-up" if up else "lab-none"
    )
    status = html.element("p", wrong, class_="lab-wrong", role="status") if wrong else Markup()
    words = f"{state.rate:g} records a second · {clock(state.time * 1000)} UTC" if state.time else ""
    time = html.element("time", words)
    return html.join([html.element("h2", "The wall"), numbers, hands, status, time])


def there(tally: Tally) -> Markup:
    """Returns how many are in each notebook."""
    most = max((many for _, many in tally.there), default=1)
    shown = sorted(sorted(tally.there, key=lambda each: -each[1])[:NOTEBOOKS])
    rows = [
        html.element(
            "div", html.element("span", name), _bar(many / most), html.element("b", str(many)), class_="lab-row"
        )
        for name, many in shown
    ]
    rest = tally.students - sum(many for _, many in shown)
    more = [html.element("p", f"and {rest} elsewhere")] if rest else []
    nobody = [] if shown else [html.element("p", Markup(backticks.marked_up(WAITING)))]
    return html.join([html.element("h3", "Where everybody is"), *rows, *more, *nobody])


def exercises(tally: Tally) -> Markup:
    """Returns the exercises that were tried last: who has passed, which behaviours fail, and the commonest slip."""
    newest = sorted(tally.exercises, key=lambda each: -each.time)[:EXERCISES]
    cards = [_card(each) for each in sorted(newest, key=tally.exercises.index)]
    more = len(tally.exercises) - len(newest)
    title = f"Exercises, the {EXERCISES} tried last" if more else "Exercises"
    legend = html.element("small", LEGEND) if cards else ""
    return html.join([html.element("h3", title, legend), *(cards or [html.element("p", "None has been tried yet.")])])


def _card(tried: Tried) -> Markup:
    name = html.element("span", html.element("b", tried.name), f" {tried.title}")
    many = html.element("b", f"{tried.passed} of {tried.tried} passed")
    lines = [f"✗ {each.students}: {each.behaviour}" for each in tried.fails[:FAILS]]
    lines += [f"▲ {tried.slipped}: {tried.slip}"] if tried.slip else []
    below = (html.element("p", Markup(backticks.marked_up(each))) for each in lines)
    return html.element(
        "div", html.element("div", name, many), _bar(tried.passed / tried.tried), *below, class_="lab-tried"
    )


def question(asked: Asked | None, said: str = "") -> Markup:
    """Returns a question with a bar for each answer and round."""
    title = html.element("h3", "Predictions")
    if not asked:
        return html.join([title, html.element("p", said or "Nothing has been predicted yet.")])
    most = max((many for each in asked.bars for many in each.students), default=1) or 1
    rows = [_answer(each.says, each.students, most) for each in asked.bars]
    totals = ", ".join(f"{ORDINALS[n]} round {many}" for n, many in enumerate(asked.totals))
    answers = f"Answers: {asked.totals[0] if len(asked.totals) == 1 else totals}"
    parts = [html.element("h4", asked.title), *rows, html.element("p", answers)]
    return html.join([title, *parts, *([html.element("p", said, role="status")] if said else [])])


def _answer(says: str, students: Sequence[int], most: int) -> Markup:
    last = len(students) - 1
    bars = [
        html.element(
            "div",
            html.element("span", ORDINALS[n] if last else ""),
            _bar(many / most, "" if n == last else "lab-before"),
            html.element("b", str(many)),
            class_="lab-row",
        )
        for n, many in enumerate(students)
    ]
    return html.element("div", html.element("p", Markup(backticks.marked_up(says))), *bars, class_="lab-answer")


def hands(state: State) -> Markup:
    """Returns where hands are up, whoever has waited longest first."""
    found = state.tally.hands
    chips = [
        html.element("li", html.element("b", where), f" {_minutes(state.time - since // 1000)}")
        for where, since in found[:HANDS]
    ]
    if more := len(found) - HANDS:
        chips += [html.element("li", f"and {more} more")] if more > 0 else []
    nobody = html.element("p", "Nobody's hand is up.")
    return html.join([html.element("h3", "Hands"), html.element("ul", *chips) if chips else nobody])


def table(tally: Tally) -> Markup:
    """Returns the same numbers as tables, all of them."""
    there = html.table(("notebook", "students"), [(name, str(many)) for name, many in tally.there])
    tried = html.table(
        ("exercise", "tried", "passed", "falls short", "commonest slip"),
        [(each.name, str(each.tried), str(each.passed), _fails(each), _slip(each)) for each in tally.exercises],
    )
    said = html.table(
        ("prediction", "answer", *(f"{each} round" for each in ORDINALS)),
        [(q.name, bar.says, *_padded(bar.students)) for q in tally.questions for bar in q.bars],
    )
    left = [f"{reason}: {many:,}" for reason, many in tally.refused] + [
        f"{label} has sent {many:,} too many" for label, many in tally.floods
    ]
    out = html.element("p", f"Records left out: {'; '.join(left)}." if left else "No record has been left out.")
    return html.join([html.element("h3", "The same in numbers"), there, tried, said, out])


def _fails(tried: Tried) -> str:
    return "; ".join(f"{each.students}: {each.behaviour}" for each in tried.fails)


def _slip(tried: Tried) -> str:
    return f"{tried.slipped}: {tried.slip}" if tried.slip else ""


def _padded(students: Sequence[int]) -> Iterator[str]:
    for n in range(len(ORDINALS)):
        yield str(students[n]) if n < len(students) else ""


def _bar(share: float, kind: str = "") -> Markup:
    return Markup("<i class='lab-bar {}'><i style='width:{}%'></i></i>").format(kind, html.number(100 * share))


def _minutes(seconds: int) -> str:
    return f"{max(seconds, 0) // 60} min" if seconds >= 60 else "now"


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def words(state: State) -> str:
    """Returns what the wall shows as text."""
    tally = state.tally
    lines = [state.away] if state.away else []
    lines += [
        f"{tally.students} student{_s(tally.students)} here now, {len(tally.hands)} hand{_s(len(tally.hands))} up"
    ]
    lines += [f"{name}: {many}" for name, many in tally.there]
    for each in tally.exercises:
        parts = [f"{each.name}: {each.passed} of {each.tried} passed", _fails(each), _slip(each)]
        lines.append("; ".join(filter(None, parts)))
    for q in tally.questions:
        said = ("/".join(map(str, bar.students)) + f" {bar.says}" for bar in q.bars)
        lines.append(f"{q.name}: {', '.join(said)}")
    lines += [f"Hand up: {where}" for where, _ in tally.hands]
    return "\n".join(lines)
