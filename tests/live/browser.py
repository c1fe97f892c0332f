"""What a browser does when a user clicks or types, without the browser."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def sends(widget: Any, **state: Any) -> None:
    """Hand over the message that says what a user has made of a widget. Of a choice the browser sends the `index`."""
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
