"""Frames at the pace of the page, without a browser: see tests/around/test_pace.py for that."""

import itertools
import threading
from typing import Any

import pytest

from labkit.live.pacing import FORGOTTEN, HEARTBEAT, PATIENCE, PERIOD, Messenger, Pacer
from tests.live.conftest import Clock
from tests.waiting import eventually, never


@pytest.fixture(autouse=True)
def _page() -> None:
    """No page but those of the tests."""


@pytest.fixture(autouse=True)
def frames(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The frames that have been sent."""
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(Messenger, "send", lambda _, message: sent.append(message))
    return sent


class StubView:
    """A view that counts how often it is painted."""

    def __init__(self, pacer: Pacer, name: str) -> None:
        self.name, self.changed, self.as_of = name, False, 1000.0
        self.painted = self.resent = 0
        self.error: Exception | None = None
        self.failed: Exception | None = None
        self.pacer = pacer
        pacer.add(self)

    def paint(self) -> None:
        if self.error:
            raise self.error
        self.painted += 1

    def fail(self, error: Exception) -> None:
        self.failed = error

    def resend(self) -> None:
        self.resent += 1

    def touch(self) -> None:
        self.changed = True
        self.pacer.wake()


class Page:
    """A page that has some views in sight, and tells the pacer when the test says so."""

    numbers = itertools.count(1)

    def __init__(self, pacer: Pacer, name: str = "page") -> None:
        self._pacer, self._name = pacer, name

    def tell(self, *seen: str, drawn: int = 0, number: int | None = None) -> None:
        """Say which views are in sight, and which frame was drawn last; `number` is that of an earlier message."""
        message = {"page": self._name, "number": number or next(self.numbers), "seen": [*seen], "drawn": drawn}
        self._pacer.receive(None, message, [])


@pytest.fixture
def page(pacer: Pacer) -> Page:
    return Page(pacer)


@pytest.fixture
def later(pacer: Pacer, clock: Clock) -> Any:
    """Lets time pass, by as much as lies between two frames or more, and the pacer act then."""

    def pass_time(seconds: float = PERIOD) -> None:
        clock.time += seconds
        pacer.step()

    return pass_time


def test_without_a_page_nothing_is_sent(pacer: Pacer, frames: list[dict[str, Any]], later: Any) -> None:
    view = StubView(pacer, "a")
    view.touch()
    never(lambda: frames or view.painted, later)


def test_the_next_frame_waits_until_the_last_one_is_drawn_and_has_the_newest_state(
    pacer: Pacer, page: Page, frames: list[dict[str, Any]], later: Any
) -> None:
    view = StubView(pacer, "a")
    page.tell("a")
    view.touch()
    later()
    assert view.painted == 1
    view.touch()
    never(lambda: view.painted > 1, later)
    page.tell("a", drawn=frames[-1]["frame"])
    later()
    assert view.painted == 2
    assert not view.changed


def test_two_frames_are_never_closer_than_the_period(
    pacer: Pacer, page: Page, frames: list[dict[str, Any]], later: Any
) -> None:
    view = StubView(pacer, "a")
    for _ in range(100):
        view.touch()
        page.tell("a", drawn=frames[-1]["frame"] if frames else 0)
        later(PERIOD / 4)
    assert 20 <= view.painted == len(frames) <= 26


def test_what_is_out_of_sight_is_painted_at_once_when_it_comes_into_sight(
    pacer: Pacer, page: Page, frames: list[dict[str, Any]], later: Any
) -> None:
    near, far = StubView(pacer, "near"), StubView(pacer, "far")
    page.tell("near")
    near.touch()
    far.touch()
    later()
    assert (near.painted, far.painted) == (1, 0)
    assert set(frames[-1]["views"]) == {"near"}
    page.tell("far", drawn=frames[-1]["frame"])
    later()
    assert far.painted == 1


def test_a_message_that_was_held_up_changes_nothing(
    pacer: Pacer, page: Page, frames: list[dict[str, Any]], later: Any
) -> None:
    """While a cell runs, a page's first messages wait until it ends, those after them do not."""
    view = StubView(pacer, "a")
    held_up = next(Page.numbers)
    page.tell("a")
    page.tell(number=held_up)
    view.touch()
    later()
    assert view.painted == 1
    assert set(frames[-1]["views"]) == {"a"}


def test_each_page_is_sent_a_view_once_more_when_it_first_shows_it(pacer: Pacer) -> None:
    view, ended = StubView(pacer, "a"), StubView(pacer, "b")
    pacer.remove(ended)
    for name in ("one", "one", "two"):
        page = Page(pacer, name)
        page.tell("a")
        page.tell()
        page.tell("a", "b")
    assert (view.resent, ended.resent) == (2, 2)


@pytest.mark.parametrize(("seconds", "frames_needed"), [(10.0, 3), (0.01, 1)])
def test_what_would_take_longer_than_a_round_is_painted_in_turns(
    pacer: Pacer, page: Page, frames: list[dict[str, Any]], clock: Clock, seconds: float, frames_needed: int
) -> None:
    views = [StubView(pacer, name) for name in "abc"]

    def draw() -> None:
        """All views change, and the page draws a frame, which takes it some seconds."""
        for view in views:
            view.touch()
        clock.time += PERIOD
        pacer.step()
        clock.time += seconds
        page.tell(*"abc", drawn=frames[-1]["frame"])

    page.tell(*"abc")
    for _ in range(30):  # until the pacer knows how long it takes
        draw()
    before = [view.painted for view in views]
    for _ in range(frames_needed):
        draw()
    assert [view.painted - painted for view, painted in zip(views, before, strict=True)] == [1, 1, 1]


def test_a_page_that_sleeps_holds_up_no_other_and_is_awake_when_it_answers(
    pacer: Pacer, frames: list[dict[str, Any]], later: Any
) -> None:
    view, sleeper, other = StubView(pacer, "a"), Page(pacer, "sleeper"), Page(pacer, "other")
    sleeper.tell("a")
    view.touch()
    later()
    assert len(frames) == 1
    other.tell("a")
    view.touch()
    never(lambda: view.painted > 1, later, steps=int(PATIENCE / PERIOD) - 1)
    later(2 * PERIOD)
    assert view.painted == 2
    sleeper.tell("a", drawn=1)
    other.tell("a", drawn=2)
    view.touch()
    later()
    assert view.painted == 3
    view.touch()
    other.tell("a", drawn=3)
    never(lambda: view.painted > 3, later)  # it waits for both again
    sleeper.tell("a", drawn=3)
    later()
    assert view.painted == 4


def test_a_page_that_has_lost_a_frame_gets_another_when_it_speaks_again(
    pacer: Pacer, page: Page, frames: list[dict[str, Any]], later: Any
) -> None:
    page.tell(StubView(pacer, "a").name)
    later()
    assert len(frames) == 1
    page.tell("a")
    never(lambda: len(frames) > 1, later, steps=5)  # it may be drawing
    later(PATIENCE)
    page.tell("a")
    later()
    assert len(frames) == 2


def test_a_frame_says_up_to_when_each_view_shows_what_it_knows(
    pacer: Pacer, page: Page, frames: list[dict[str, Any]], later: Any
) -> None:
    view = StubView(pacer, "a")
    page.tell("a")
    view.touch()
    later()
    shown = view.as_of
    assert frames[-1]["views"] == {"a": shown * 1000}
    view.as_of += 1  # it has collected again, and nothing has changed
    page.tell("a", drawn=frames[-1]["frame"])
    never(lambda: len(frames) > 1, later, steps=int(HEARTBEAT / PERIOD) - 1)
    later(2 * PERIOD)
    assert frames[-1]["views"] == {"a": (shown + 1) * 1000}
    assert view.painted == 1


def test_a_page_that_has_long_said_nothing_is_forgotten_when_another_comes(pacer: Pacer, clock: Clock) -> None:
    view = StubView(pacer, "a")
    first, second, third = (Page(pacer, name) for name in ("first", "second", "third"))
    first.tell("a")
    clock.time += FORGOTTEN / 2
    second.tell("a")
    clock.time += FORGOTTEN / 2
    third.tell("a")
    assert view.resent == 3
    second.tell("a")
    assert view.resent == 3  # it has been heard of since
    first.tell("a")
    assert view.resent == 4


def test_what_has_ended_is_not_behind(pacer: Pacer, page: Page, frames: list[dict[str, Any]], later: Any) -> None:
    view, other = StubView(pacer, "a"), StubView(pacer, "b")
    page.tell("a", "b")
    other.touch()
    later()
    pacer.remove(view)
    page.tell("a", "b", drawn=frames[-1]["frame"])
    later(HEARTBEAT)
    assert frames[-1]["views"]["a"] is None
    pacer.close()
    assert pacer.messenger.over  # for all, in sight or not


def test_a_view_that_cannot_be_painted_is_told_so_and_stops_no_other(
    pacer: Pacer, page: Page, frames: list[dict[str, Any]], later: Any
) -> None:
    bad, good = StubView(pacer, "bad"), StubView(pacer, "good")
    bad.error = ValueError("no such colour")
    page.tell("bad", "good")
    bad.touch()
    good.touch()
    later()
    assert bad.failed is bad.error
    assert good.painted == 1
    assert frames[-1]["views"]["bad"] is None


def test_a_pacer_that_is_started_paints_by_itself_until_it_is_closed(running: Pacer) -> None:
    view = StubView(running, "a")
    Page(running).tell("a")
    view.touch()
    eventually(lambda: view.painted == 1)
    running.close()
    assert not [each for each in threading.enumerate() if each.name == "lab-pacer"]
