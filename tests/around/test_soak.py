"""The dashboard for a long time: `uv run pytest -m soak`. Not run with the other tests: it takes 20 minutes."""

import os
import re
import statistics
import time
from collections.abc import Callable

import psutil
import pytest
from playwright.sync_api import Browser, CDPSession

from benchmarks import report
from labkit import Lab
from tests.around import jupyter
from tests.around.test_dashboard import AGE, settings

TITLE = """Memory of the dashboard at 100 readings a second for 20 minutes.

`uv run pytest -m soak`: the page of `lab dashboard` in Chromium, with 10 devices of 10 readings a second each. Memory
of the kernel (resident) and of the page (its JavaScript heap after a collection), the lowest in each of five parts of
the time after its first quarter, because what piles up stays; the aim is that the last part is within 5 % of
the first. The age is that of the newest point drawn, as medians.
"""
MINUTES = float(os.environ.get("SOAK_MINUTES", "20"))
WARM_UP = 0.25  # of the time: the chart's window and caches must fill
PERIOD = 10.0  # seconds between two samples
MIB = 2**20
AGE_OF_NEWEST = "age of the newest point, s"


def kernel() -> psutil.Process:
    """The kernel behind the page: a descendant of this process."""
    (found,) = [
        each
        for each in psutil.Process().children(recursive=True)
        if any("ipykernel" in word for word in each.cmdline())
    ]
    return found


def heap(page: CDPSession) -> float:
    """MiB that the page's JavaScript objects take, without garbage."""
    page.send("HeapProfiler.collectGarbage")
    return float(page.send("Runtime.getHeapUsage")["usedSize"]) / MIB


def parts(samples: list[float], of: Callable[[list[float]], float] = min) -> list[float]:
    """One number for each of five parts of the time after the warm-up."""
    kept = samples[int(len(samples) * WARM_UP) :]
    return [of(kept[len(kept) * n // 5 : len(kept) * (n + 1) // 5]) for n in range(5)]


@pytest.mark.soak
def test_memory_of_kernel_and_page_stays_flat(lab: Lab, browser: Browser) -> None:
    problems: list[str] = []
    command = ("dashboard", "--devices", "10", "--per-second", "10")
    with jupyter.serving(*command, settings=settings(lab)) as address, jupyter.page(browser, problems) as page:
        page.goto(address)
        page.wait_for_selector(".js-plotly-plot .scatterlayer .point", state="attached")
        process, session = kernel(), page.context.new_cdp_session(page)
        looks: dict[str, Callable[[], float]] = {
            "kernel, MiB": lambda: process.memory_info().rss / MIB,
            "page, MiB": lambda: heap(session),
            AGE_OF_NEWEST: lambda: page.evaluate(AGE) / 1000,
        }
        samples: dict[str, list[float]] = {name: [] for name in looks}
        begun = time.monotonic()
        while time.monotonic() < begun + MINUTES * 60:
            for name, look in looks.items():
                samples[name].append(look())
            page.wait_for_timeout(PERIOD * 1000)
        count = len(lab.records("sensor"))
    rows = []
    for name, taken in samples.items():
        first, *middle, last = parts(taken, statistics.median if name == AGE_OF_NEWEST else min)
        rows.append((name, first, *middle, last, f"{last / first - 1:+.1%}"))
    table = report.table(["", "first part", "second", "third", "fourth", "last", "last to first"], rows)
    seconds = time.monotonic() - begun
    report.write(
        "soak.py",
        re.sub("20 minutes", f"{MINUTES:g} minutes", TITLE),
        1,
        table,
        f"{count:,} readings in {seconds:.0f} s.",
    )
    assert problems == []
    assert count > 90 * MINUTES * 60
    for name in ("kernel, MiB", "page, MiB"):
        first, *_, last = parts(samples[name])
        assert last < first * 1.05, f"{name}: {parts(samples[name])}"
