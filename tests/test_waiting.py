"""Waiting shows how far it is to whoever looks on."""

import io
import threading

import pytest

from labkit import waiting
from labkit.waiting import wait_until
from tests.waiting import eventually


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def waited(monkeypatch: pytest.MonkeyPatch, output: io.StringIO, steps: int = 3, silent: float = -1) -> str:
    """What a wait of some steps writes to an output."""
    monkeypatch.setattr("sys.stdout", output)
    monkeypatch.setattr(waiting, "SILENT", silent)
    done = 0

    def step() -> bool:
        nonlocal done
        done += 1
        return done > steps

    assert wait_until(step, 10, pause=0, progress=lambda: f"{done:,} of {1000 * steps:,}")
    return output.getvalue()


def test_it_overwrites_one_line_and_ends_with_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (
        waited(monkeypatch, Terminal()) == "\r1 of 3,000 (0 s)\r2 of 3,000 (0 s)\r3 of 3,000 (0 s)\r4 of 3,000 (0 s)\n"
    )


def test_nobody_is_told_who_waits_for_a_moment_only_or_does_not_look_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert waited(monkeypatch, Terminal(), silent=60) == ""
    assert waited(monkeypatch, io.StringIO()) == ""


def test_a_wait_whose_caller_has_a_result_to_show_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    with waiting.quietly():
        assert waited(monkeypatch, Terminal()) == ""
    assert waited(monkeypatch, Terminal()) != ""


def test_what_takes_long_without_steps_is_announced_to_whoever_looks_on(monkeypatch: pytest.MonkeyPatch) -> None:
    output = Terminal()
    monkeypatch.setattr("sys.stdout", output)
    with waiting.announced("It takes a moment."):  # which this does not
        pass
    assert output.getvalue() == ""
    monkeypatch.setattr(waiting, "SILENT", 0.01)
    with waiting.announced("It takes long"):
        eventually(lambda: output.getvalue().startswith("\rIt takes long (0 s)"))
    assert output.getvalue().endswith(" s)\n")
    monkeypatch.setattr("sys.stdout", io.StringIO())
    before = set(threading.enumerate())
    with waiting.announced("Nobody looks on."):
        assert set(threading.enumerate()) == before  # nobody is there who could say it
