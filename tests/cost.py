"""What each test costs in processor time, with all processes that it starts: pytest -p tests.cost

Prints those that cost most, and names those that ought to be marked `slow`. Wall time does not tell: tests wait.
"""

from collections.abc import Generator
from typing import Any

import psutil
import pytest

SLOW = 2.0  # seconds of processor time: a test that takes more is marked, unless nothing cheaper tests the same
SHOWN = 30

_before = 0.0


def used() -> float:
    """Processor seconds of this process and all below it, and of those that have ended and were waited for."""
    total = 0.0
    for process in [me := psutil.Process(), *me.children(recursive=True)]:
        try:
            total += sum(process.cpu_times()[:4])
        except psutil.Error:  # it has just ended: its parent has its time
            continue
    return total


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """What ends between two tests, fixtures of a module too, counts for the first."""
    global _before
    yield
    now = used()
    item.user_properties.append(("cost", now - _before))
    _before = now


def pytest_sessionstart() -> None:
    global _before
    _before = used()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """In the process that reports, for whichever worker ran it."""
    reports = [each for found in terminalreporter.stats.values() for each in found if hasattr(each, "user_properties")]
    costs = {each.nodeid: (cost, each) for each in reports for name, cost in each.user_properties if name == "cost"}
    terminalreporter.section(f"processor time of {len(costs)} tests: {sum(cost for cost, _ in costs.values()):.0f} s")
    for name, (cost, report) in sorted(costs.items(), key=lambda each: -each[1][0])[:SHOWN]:
        mark = "" if cost < SLOW or "slow" in report.keywords else "  (not marked slow)"
        terminalreporter.write_line(f"{cost:6.1f} s  {name}{mark}")
