"""What all live views share: when they start, what they do when they fail, and their end."""

import threading
from dataclasses import dataclass, replace

import pytest
from ipywidgets import HTML
from markupsafe import Markup

from labkit import LabError
from labkit.live.pacing import Pacer
from labkit.live.view import LiveView
from tests.waiting import eventually


@dataclass(frozen=True)
class State:
    number: int = 0
    ended: bool = False
    is_empty = False


class Count(LiveView[State]):
    """A view that counts its updates, fails when it is told to, and records what it does."""

    def __init__(self, pacer: Pacer) -> None:
        self.released = 0
        self.while_collecting: Exception | None = None
        self.while_painting: Exception | None = None
        super().__init__("count", [HTML()], pacer, State(), 0.01)

    def collect(self) -> State:
        if self.while_collecting:
            raise self.while_collecting
        return State(self.state.number + 1)

    def collect_last(self) -> State:
        return replace(self.state, ended=True)

    def release(self) -> None:
        self.released += 1

    def show_state(self, state: State) -> None:
        if self.while_painting:
            raise self.while_painting
        self.children[0].value = f"{state}"

    def static_html(self) -> Markup:
        return Markup(self.state.number)

    def summary(self) -> str:
        return f"{self.state.number}"


@pytest.fixture
def view(running: Pacer) -> Count:
    return Count(running)


def text(view: Count) -> str:
    shown: str = view.children[0].value
    return shown


def threads() -> list[str]:
    return [each.name for each in threading.enumerate() if each.name.startswith("lab-count")]


def test_a_view_does_nothing_until_it_is_started_and_again_when_it_is_closed(view: Count) -> None:
    assert (threads(), view.state) == ([], State())
    view.start()
    eventually(lambda: view.state.number > 2)
    view.close()
    assert (threads(), view.released) == ([], 1)
    assert text(view) == f"{view.state}"
    assert view.state.ended
    view.close()
    assert view.released == 1


def test_a_view_may_be_closed_before_it_is_started(view: Count) -> None:
    view.close()
    assert (text(view), view.released) == (f"{State(0, ended=True)}", 1)


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (LabError("Kafka <at> nowhere."), "The count can no longer be updated: Kafka &lt;at&gt; nowhere."),
        (ValueError("no <number>"), "The count can no longer be updated: no &lt;number&gt;. Run its cell again."),
    ],
)
def test_a_view_that_cannot_collect_shows_why_and_releases_its_source(
    view: Count, error: Exception, shown: str
) -> None:
    view.while_collecting = error
    view.start()
    eventually(lambda: text(view) == shown)
    eventually(lambda: view.released == 1)
    view.close()
    assert (text(view), view.released) == (shown, 1)


def test_a_view_that_cannot_be_painted_shows_why_and_releases_its_source(view: Count) -> None:
    view.while_painting = ValueError("no such colour")
    view.start()
    eventually(lambda: text(view) == "The count can no longer be updated: no such colour. Run its cell again.")
    eventually(lambda: view.released == 1)
    view.close()  # raises nothing
    assert threads() == []
