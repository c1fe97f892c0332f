"""Frames at the pace of the page, without a browser: see tests/around/test_pace.py for that."""

import itertools
import time
from collections.abc import Iterator
from typing import Any

import pytest

from labkit.live import pacing
from labkit.live.pacing import Messenger, Pacer
from tests.waiting import eventually


@pytest.fixture(autouse=True)
def _page() -> None:
    """No page but those of the tests."""


@pytest.fixture
def frames(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The frames that have been sent."""
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(Messenger, "send", lambda _, message: sent.append(message))
    return sent


@pytest.fixture
def pacer(frames: list[dict[str, Any]]) -> Iterator[Pacer]:  # noqa: ARG001
    pacer = Pacer()
    yield pacer
    pacer.close()


class StubView:
    """A view that counts how often it is painted."""

    def __init__(self, pacer: Pacer, name: str) -> None:
        self.name, self.changed, self.as_of = name, False, time.monotonic()
        self.painted = self.resent = 0
        self.said = ""
        self.error: Exception | None = None
        self.pacer = pacer
        pacer.add(self)

    def paint(self) -> None:
        if self.error:
            raise self.error
        self.painted += 1

    def say(self, text: str) -> None:
        self.said = text

    def resend(self) -> None:
        self.resent += 1

    def touch(self) -> None:
        self.changed, self.as_of = True, time.monotonic()
        self.pacer.wake()


NUMBERS = itertools.count(1)


def tell(pacer: Pacer, page: str, *seen: str, drawn: int = 0, number: int | None = None) -> None:
    """Send what a page says; `number` is that of an earlier message."""
    pacer.receive(None, {"page": page, "number": number or next(NUMBERS), "seen": list(seen), "drawn": drawn}, [])


def test_without_a_page_nothing_is_sent(pacer: Pacer, frames: list[dict[str, Any]]) -> None:
    view = StubView(pacer, "a")
    view.touch()
    with pytest.raises(AssertionError):
        eventually(lambda: frames or view.painted, 0.4)


def test_the_next_frame_waits_until_the_last_one_is_drawn_and_has_the_newest_state(
    pacer: Pacer, frames: list[dict[str, Any]]
) -> None:
    view = StubView(pacer, "a")
    tell(pacer, "page", "a")
    view.touch()
    eventually(lambda: view.painted == 1)
    for _ in range(5):
        view.touch()
    with pytest.raises(AssertionError):
        eventually(lambda: view.painted > 1, 0.4)
    tell(pacer, "page", "a", drawn=frames[-1]["frame"])
    eventually(lambda: view.painted == 2)
    assert not view.changed


def test_what_is_out_of_sight_is_painted_at_once_when_it_comes_into_sight(
    pacer: Pacer, frames: list[dict[str, Any]]
) -> None:
    near, far = StubView(pacer, "near"), StubView(pacer, "far")
    tell(pacer, "page", "near")
    near.touch()
    far.touch()
    eventually(lambda: near.painted == 1)
    assert far.painted == 0
    assert set(frames[-1]["views"]) == {"near"}
    tell(pacer, "page", "far", drawn=frames[-1]["frame"])
    eventually(lambda: far.painted == 1, 1)


def test_a_message_that_was_held_up_changes_nothing(pacer: Pacer, frames: list[dict[str, Any]]) -> None:
    """While a cell runs, a page's first messages wait until it ends, those after them do not."""
    view = StubView(pacer, "a")
    held_up = next(NUMBERS)
    tell(pacer, "page", "a")
    tell(pacer, "page", number=held_up)
    view.touch()
    eventually(lambda: view.painted == 1)
    assert set(frames[-1]["views"]) == {"a"}


def test_each_page_is_sent_a_view_once_more_when_it_first_shows_it(
    pacer: Pacer,
    frames: list[dict[str, Any]],  # noqa: ARG001
) -> None:
    view, ended = StubView(pacer, "a"), StubView(pacer, "b")
    pacer.remove(ended)
    for page in ("one", "one", "two"):
        tell(pacer, page, "a")
        tell(pacer, page)
        tell(pacer, page, "a", "b")
    assert (view.resent, ended.resent) == (2, 2)


def test_what_would_take_longer_than_a_round_is_painted_in_turns(
    pacer: Pacer, frames: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacer, "_cost", 10.0)  # a slow machine
    views = [StubView(pacer, name) for name in "abc"]
    for number in range(1, 4):
        for view in views:
            view.touch()
        tell(pacer, "page", *"abc", drawn=frames[-1]["frame"] if frames else 0)
        monkeypatch.setattr(pacer, "_cost", 10.0)
        eventually(lambda number=number: len(frames) == number)  # type: ignore[misc]
    assert [view.painted for view in views] == [1, 1, 1]


def test_a_page_that_sleeps_holds_up_no_other_and_is_awake_when_it_answers(
    pacer: Pacer, frames: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "PATIENCE", 0.3)
    view = StubView(pacer, "a")
    tell(pacer, "sleeps", "a")
    view.touch()
    eventually(lambda: len(frames) == 1)
    tell(pacer, "other", "a")
    view.touch()
    eventually(lambda: view.painted == 2, 2)
    tell(pacer, "sleeps", "a", drawn=1)
    tell(pacer, "other", "a", drawn=2)
    view.touch()
    eventually(lambda: view.painted == 3)
    assert all(page.owes == frames[-1]["frame"] for page in pacer._pages.values())


def test_a_page_that_has_lost_a_frame_gets_another_when_it_speaks_again(
    pacer: Pacer, frames: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "PATIENCE", 0.3)
    tell(pacer, "page", StubView(pacer, "a").name)
    eventually(lambda: len(frames) == 1)
    tell(pacer, "page", "a")
    with pytest.raises(AssertionError):
        eventually(lambda: len(frames) > 1, 0.2)  # it may be drawing
    eventually(lambda: pacer._pages["page"].sleeps(time.monotonic()))
    tell(pacer, "page", "a")
    eventually(lambda: len(frames) == 2)


def test_a_frame_says_up_to_when_each_view_shows_what_it_knows(
    pacer: Pacer, frames: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "HEARTBEAT", 0.2)
    view = StubView(pacer, "a")
    tell(pacer, "page", "a")
    view.touch()
    eventually(lambda: frames)
    shown = view.as_of
    assert frames[-1]["views"] == {"a": shown * 1000}
    view.as_of += 1  # it has looked again, and nothing has changed
    tell(pacer, "page", "a", drawn=frames[-1]["frame"])
    eventually(lambda: frames[-1]["views"] == {"a": (shown + 1) * 1000})
    assert view.painted == 1


def test_what_has_ended_is_not_behind(pacer: Pacer, frames: list[dict[str, Any]]) -> None:
    view, other = StubView(pacer, "a"), StubView(pacer, "b")
    tell(pacer, "page", "a", "b")
    other.touch()
    eventually(lambda: frames)
    pacer.remove(view)
    tell(pacer, "page", "a", "b", drawn=frames[-1]["frame"])
    eventually(lambda: frames[-1]["views"].get("a", 0) is None)
    pacer.close()
    assert pacer.messenger.over  # for all, in sight or not


def test_a_view_that_cannot_be_painted_says_so_and_stops_no_other(pacer: Pacer, frames: list[dict[str, Any]]) -> None:
    bad, good = StubView(pacer, "bad"), StubView(pacer, "good")
    bad.error = ValueError("no such colour")
    tell(pacer, "page", "bad", "good")
    bad.touch()
    good.touch()
    eventually(lambda: good.painted or tell(pacer, "page", "bad", "good", drawn=frames[-1]["frame"] if frames else 0))
    assert bad.said == "This view has failed: no such colour. Run its cell again."
