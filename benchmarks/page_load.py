"""How long JupyterLab's page takes to show six figures, in real Chromium.

A notebook with six figures of three lines each is run, then its page reloaded: Plotly's own FigureWidget, which brings
Plotly with each figure, beside the lab's, which brings it once. Seconds from the start of each until all are drawn, of
those where all were drawn within 30 s; how many figures were not; and the memory of Chromium's renderer afterwards.
anywidget drops everything that a widget is told which has taken more than 2 s to load: such a figure may stay missing.
"""

import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import report
from page_lag import renderer
from paint_latency import LIMIT, NONE, chromium, jupyterlab, notebook
from playwright.sync_api import Browser, Page, TimeoutError

FIGURES, LINES = 6, 3
NO_KAFKA = ""  # the figures need none
IMPORTS = {
    "bare": "from plotly.graph_objects import FigureWidget as Figure",
    # `Lab()` prepares first: else jsonschema, which Plotly imports, compiles a grammar for almost a second.
    "labkit": "from labkit.runs import quix; quix.prepare(); from labkit.live.figure import LiveFigure as Figure",
}
FIGURE = f'Figure([{{"type": "scatter", "y": [line + n % 7 for n in range(100)]}} for line in range({LINES})])'
TRACES = "document.querySelectorAll('.js-plotly-plot .scatterlayer .trace').length"
PATIENCE = 30_000  # milliseconds after which what is missing stays missing
HEADS = ["", "Run All: median, s", "max", "reload: median, s", "max", "figures missing", "renderer: median, MiB"]


class Load(NamedTuple):
    """Seconds (None if a figure is missing), seconds or None, figures of both, MiB."""

    run: float | None
    reloaded: float | None
    missing: int
    renderer: float


def load(browser: Browser, imports: str) -> Load:
    """Run such a notebook in a JupyterLab of its own, and reload its page."""
    page = browser.new_page(viewport={"width": 1280, "height": 3600})
    page.set_default_timeout(LIMIT)
    with TemporaryDirectory() as directory, jupyterlab(Path(directory), NO_KAFKA) as notebooks:
        Path(directory, "figures.ipynb").write_text(notebook(imports, *[FIGURE] * FIGURES))
        page.goto(notebooks.format("figures.ipynb"))
        page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")
        page.evaluate("jupyterapp.shell.currentWidget.sessionContext.ready")
        run = until_drawn(page, lambda: page.evaluate("void jupyterapp.commands.execute('notebook:run-all-cells')"))
        missing = FIGURES - page.evaluate(TRACES) // LINES
        page.evaluate("jupyterapp.commands.execute('docmanager:save')")
        reloaded = until_drawn(page, lambda: page.reload(wait_until="commit"))
        missing += FIGURES - page.evaluate(TRACES) // LINES
        found = Load(run, reloaded, missing, renderer(browser))
    page.close()
    return found


def until_drawn(page: Page, act: Callable[[], object]) -> float | None:
    """Seconds from the act until all figures are drawn; None if that does not happen."""
    begun = time.monotonic()
    act()
    try:
        page.wait_for_function(f"{TRACES} == {LINES * FIGURES}", timeout=PATIENCE)
    except TimeoutError:
        return None
    return time.monotonic() - begun


def row(name: str, loads: list[Load]) -> tuple[object, ...]:
    runs, reloads = ([getattr(each, act) for each in loads] for act in ("run", "reloaded"))
    missing = f"{sum(each.missing for each in loads)} of {2 * FIGURES * len(loads)}"
    return name, *seconds(runs), *seconds(reloads), missing, statistics.median(each.renderer for each in loads)


def seconds(taken: list[float | None]) -> tuple[object, ...]:
    """Median and maximum of those with all figures."""
    complete = [each for each in taken if each is not None]
    return (statistics.median(complete), max(complete)) if complete else (NONE, NONE)


def main() -> None:
    options = report.arguments(__doc__, repeats=5).parse_args()
    with chromium() as (browser, versions):
        pages = {name: partial(load, browser, imports) for name, imports in IMPORTS.items()}
        samples = report.take_turns(pages, options.repeats)
    table = report.table(HEADS, [row(name, loads) for name, loads in samples.items()])
    report.write(__file__, __doc__, options.repeats, table, f"{versions}.", packages=("anywidget",))


if __name__ == "__main__":
    main()
