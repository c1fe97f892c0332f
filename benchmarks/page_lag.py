"""How far JupyterLab's page lags behind with all views of notebook 04 open, in real Chromium.

The notebook is run from top to bottom at its default rates, and its page watched: once at 1,280 x 900 with the
dashboard in sight, once on a page so tall that every view is in sight. Every two seconds: the age of the newest point
of each chart in sight, how long an assignment takes to be answered, the page's JavaScript heap after a collection and
the memory of Chromium's renderer. Aims: newest point p95 1 s, answers within 0.5 s, memory flat within 10 % from the
second quarter to the last (the lowest of each).
"""

import shutil
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import psutil
import report
from paint_latency import LIMIT, chromium, jupyterlab
from playwright.sync_api import Browser

from labkit import lessons

LESSON = "04_live_charts.ipynb"
LAST = "not JSON: unexpected end"  # what the lesson's last cell shows
PERIOD = 2000  # milliseconds between two looks
PAGES = {"dashboard in sight": 900, "every view in sight": 6000}  # heights in pixels
MIB = 2**20

AGES = """() => Array.from(document.querySelectorAll('.js-plotly-plot')).filter(plot => {
  const {top, bottom} = plot.getBoundingClientRect();
  return bottom > 100 && top < innerHeight && plot.data.length;
}).map(plot => Date.now() - Math.max(...plot.data.flatMap(trace => Array.from(trace.x || []))))"""

ASSIGN = """async () => {
  const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel, begun = performance.now();
  await kernel.requestExecute({code: 'my_prediction = None'}).done;
  return performance.now() - begun;
}"""


class Look(NamedTuple):
    """Milliseconds, milliseconds, MiB, MiB."""

    ages: list[float]
    answer: float
    heap: float
    renderer: float


def watch(browser: Browser, address: str, height: int, minutes: float) -> list[Look]:
    """Run the lesson and look at its page for so many minutes."""
    page = browser.new_page(viewport={"width": 1280, "height": height})
    page.set_default_timeout(3 * LIMIT)
    session = page.context.new_cdp_session(page)
    looks = []
    with TemporaryDirectory() as directory, jupyterlab(Path(directory), address) as notebooks:
        shutil.copy(lessons.folder() / LESSON, directory)
        page.goto(notebooks.format(LESSON))
        page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")
        page.evaluate("jupyterapp.shell.currentWidget.sessionContext.ready")
        page.evaluate("void jupyterapp.commands.execute('notebook:run-all-cells')")
        page.wait_for_function(f"document.body.innerText.includes('{LAST}')")
        page.locator(".js-plotly-plot").last.scroll_into_view_if_needed()
        end = time.monotonic() + 60 * minutes
        while time.monotonic() < end:
            page.wait_for_timeout(PERIOD)
            ages, answer = page.evaluate(AGES), page.evaluate(ASSIGN)
            session.send("HeapProfiler.collectGarbage")
            heap = session.send("Runtime.getHeapUsage")["usedSize"] / MIB
            looks.append(Look(ages, answer, heap, renderer(browser)))
    page.close()
    return looks


def renderer(browser: Browser) -> float:
    """MiB of the largest renderer: the others are spare and empty."""
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    return max(psutil.Process(each["id"]).memory_info().rss for each in processes if each["type"] == "renderer") / MIB


def row(name: str, looks: list[Look]) -> tuple[object, ...]:
    ages = np.percentile([age for look in looks for age in look.ages], (50, 95, 100))
    answers = np.percentile([look.answer for look in looks], (50, 95, 100))
    heap, memory = change([look.heap for look in looks]), change([look.renderer for look in looks])
    return name, *(f"{each:.0f}" for each in (*ages, *answers)), heap, memory


def change(mib: list[float]) -> str:
    quarters = [min(part) for part in np.array_split(mib, 4)]
    return f"{quarters[1]:.0f} to {quarters[-1]:.0f}, {quarters[-1] / quarters[1] - 1:+.1%}"


def main() -> None:
    parser = report.arguments(__doc__, repeats=1)
    parser.add_argument("--minutes", type=float, default=10, help="how long to watch each (%(default)s)")
    options = parser.parse_args()
    with report.warm_broker() as address, chromium() as (browser, versions):
        pages = {name: partial(watch, browser, address, height, options.minutes) for name, height in PAGES.items()}
        samples = report.take_turns(pages, options.repeats)
    heads = ["", "age p50, ms", "p95", "max", "answer p50, ms", "p95", "max", "heap, MiB", "renderer, MiB"]
    rows = [row(name, [look for repeat in repeats for look in repeat]) for name, repeats in samples.items()]
    report.write(
        __file__, __doc__, options.repeats, report.table(heads, rows), f"{versions}, {options.minutes:g} min each."
    )


if __name__ == "__main__":
    main()
