"""What a browser does when a user clicks or types, without the browser."""

import itertools
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from labkit.live.pacing import Messenger, Pacer, View


def sends(widget: Any, **state: Any) -> None:
    """Deliver the message with a user's change to a widget. For a choice the browser sends the `index`."""
    widget._handle_msg({"content": {"data": {"method": "update", "state": state}}, "buffers": []})


@contextmanager
def threads_in_each_others_way() -> Iterator[None]:
    """Let threads take turns after microseconds instead of milliseconds, so that races show."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def sees_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that has every view in sight, and has drawn a frame as soon as it comes."""
    add, send = Pacer.add, Messenger.send
    seen: set[str] = set()
    numbers, in_order = itertools.count(1), threading.RLock()

    def tell(messenger: Messenger, drawn: int = 0) -> None:
        with in_order:  # or the pacer, which passes over an older message, would wait for its answer for ever
            message = {"page": "a", "number": next(numbers), "seen": list(seen), "drawn": drawn}
            messenger._handle_custom_msg(message, [])

    def added(pacer: Pacer, view: View) -> None:
        add(pacer, view)
        with in_order:
            seen.add(view.name)
        tell(pacer.messenger)

    def sent(messenger: Messenger, message: dict[str, Any]) -> None:
        send(messenger, message)
        tell(messenger, drawn=message["frame"])

    monkeypatch.setattr(Pacer, "add", added)
    monkeypatch.setattr(Messenger, "send", sent)
