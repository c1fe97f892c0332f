"""The fixtures for pipelines of one's own, in a folder that knows only what is installed."""

import re
from pathlib import Path

import pytest

from labkit.broker import OwnBroker

pytest_plugins = ["pytester"]

PAGE = (Path(__file__).parents[2] / "docs/testing.md").read_text()
FILES = dict(re.findall(r"^```python (\S+)\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE))
SHOWN = re.findall(r"^```text\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)


def said(text: str) -> list[str]:
    """The lines of a text without pytest's mark of an error, and with one space where there are several."""
    lines = (" ".join(line.removeprefix("E  ").split()) for line in text.splitlines())
    return [line.removeprefix("AssertionError: ") for line in lines if line]


@pytest.fixture
def folder(pytester: pytest.Pytester, broker: OwnBroker, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder with the page's files, and a Kafka that is running."""
    monkeypatch.setenv("LAB_BROKER", broker.address)
    for name, text in FILES.items():
        (pytester.path / name).write_text(text)
    return pytester


def test_the_page_does_what_it_says(folder: pytest.Pytester) -> None:
    result = folder.runpytest_subprocess("-v", "-p", "no:cacheprovider")
    outcomes = dict(re.findall(r"::(\w+) (PASSED|FAILED|ERROR)", str(result.stdout)))
    assert outcomes == {
        "test_large_orders_come_out_with_their_total": "PASSED",
        "test_a_minute_comes_out_when_its_grace_is_over": "PASSED",
        "test_an_order_of_120_is_not_large": "FAILED",
        "test_a_crash_forgets_a_variable": "FAILED",
        "test_a_crash_keeps_the_state": "PASSED",
        "test_nothing_comes_twice": "PASSED",
        "test_large_orders_get_their_topic": "PASSED",
    }
    lines = said(str(result.stdout))
    for block in SHOWN:
        first, *others = said(block)
        begin = lines.index(first)
        assert lines[begin + 1 : begin + 1 + len(others)] == others
    assert "counted_in_a_variable" not in str(result.stderr)
