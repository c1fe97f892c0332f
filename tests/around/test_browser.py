"""What a student sees: JupyterLab in a real Chromium, a notebook run from top to bottom, a chart that moves."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Page

from tests.around import jupyter
from tests.waiting import eventually

PLOT = "document.querySelector('.js-plotly-plot')"
NEWEST = f"Math.max(...{PLOT}.data.flatMap(trace => Array.from(trace.x || [0])))"


@pytest.mark.slow
@pytest.mark.usefixtures("installation")
def test_a_student_opens_the_lab_runs_a_notebook_and_sees_new_points_arrive(browser: Browser) -> None:
    problems: list[str] = []
    with (
        jupyter.notebooks() as notebooks,
        jupyter.serving(
            "--notebooks", str(notebooks), settings={"LAB_PROGRESS": str(notebooks / "progress")}
        ) as address,
        jupyter.page(browser, problems) as page,
    ):
        page.goto(address)
        check_the_first_page(page)
        page.locator(".jp-DirListing-itemText:has-text('02_filter.ipynb')").dblclick()
        page.get_by_role("heading", name="02 · ").locator("visible=true").wait_for()
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        jupyter.run_all_cells(page)
        page.wait_for_selector(".js-plotly-plot", state="attached")
        page.locator(".js-plotly-plot").scroll_into_view_if_needed()  # what is out of sight is not drawn
        page.wait_for_selector(".js-plotly-plot .scatterlayer .point", state="attached")
        first = page.evaluate(NEWEST)
        eventually(lambda: page.evaluate(NEWEST) > first + 2000)

        assert page.evaluate(f"{PLOT}._fullLayout.xaxis.type") == "date"
        assert page.evaluate(f"{PLOT}.data.every(trace => trace.x.constructor === Float64Array)")
        assert page.evaluate(f"{PLOT}.querySelectorAll('.scatterlayer .point').length") > 5
        assert "Temperature (°C)" in page.locator(".js-plotly-plot .ytitle").text_content()

        eventually(lambda: "misspelt, line 2" in page.evaluate("document.body.innerText"), jupyter.LIMIT)
        for panel, said in (("alert_filter:", "▶ running alert_filter"), ("misspelt:", "✖ failed misspelt")):
            page.locator(f".lab-view:has-text('{panel}')").scroll_into_view_if_needed()
            page.get_by_text(said).locator("visible=true").first.wait_for()
        text = page.locator(".jp-Notebook:visible").inner_text()
        assert "Traceback" not in text
        assert page.locator(".jp-OutputArea-output[data-mime-type*='stderr']").count() == 0
        jupyter.screenshot(page, "02_filter")
        check_a_prediction(page)
    assert problems == []


def check_a_prediction(page: Page) -> None:
    """The answer comes when somebody has predicted, by keyboard alone; all can be read."""
    form = page.locator(".lab-prediction:visible:has(input)").first
    answer = page.locator(".lab-prediction:visible", has_text="Predict first").first
    answer.wait_for()
    form.locator("input").nth(1).press("Space")
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    told = page.get_by_text("✖ You said: From its first reading above 303 K on").locator("visible=true")
    told.wait_for()
    form.get_by_role("status").filter(has_text="The answer comes below").wait_for()
    assert jupyter.violations(page, ".lab-prediction") == []


def check_the_first_page(page: Page) -> None:
    """It shows the first notebook, and names can be told apart beside it."""
    page.get_by_role("heading", name="00 · Start here").wait_for()
    assert page.locator(".jp-Launcher").count() == 0
    names = page.locator(".jp-DirListing-itemText:has-text('06_when')")
    names.last.wait_for()
    jupyter.screenshot(page, "first")
    seen = names.evaluate_all("all => all.map(each => each.clientWidth)")
    assert len(seen) == 2
    assert min(seen) > page.evaluate(WIDTH, "06_when_things_break_ex…")


# How many pixels a text takes in the list of files.
WIDTH = """text => {
    const measured = document.createElement("canvas").getContext("2d");
    measured.font = getComputedStyle(document.querySelector(".jp-DirListing-itemText")).font;
    return measured.measureText(text).width;
}"""

LEFT_OPEN = """
from labkit import Lab
from labkit.live import pacing, snapshot

pacing.FORGOTTEN = snapshot.PERIOD = 1
lab = Lab()
lab.produce()
lab.chart("sensor")
"""


@pytest.mark.slow
@pytest.mark.usefixtures("installation")
def test_a_notebook_whose_tab_is_closed_is_shut_down_with_its_kafka_after_a_while(
    tmp_path: Path, browser: Browser
) -> None:
    write(tmp_path / "left.ipynb", LEFT_OPEN)
    problems: list[str] = []
    serving = jupyter.serving("--notebooks", str(tmp_path), idle=12)
    with serving as address, jupyter.page(browser, problems) as page:
        jupyter.run_all(page, address, "left.ipynb")
        page.wait_for_selector(".js-plotly-plot .scatterlayer .point", state="attached")
        first = page.evaluate(NEWEST)
        eventually(lambda: page.evaluate(NEWEST) > first + 15_000, 60)  # nobody does anything, but it is open
        (kernel,) = [
            each for each in psutil.Process().children(recursive=True) if "ipykernel_launcher" in str(each.cmdline())
        ]
        kernel_and_kafka = [kernel, *kernel.children(recursive=True)]
        assert "kafka" in str([each.cmdline() for each in kernel_and_kafka])
        page.close()
        assert psutil.wait_procs(kernel_and_kafka, 60)[1] == []
    assert problems == []


PANEL = """
from labkit import Lab

lab = Lab()
lab.produce(per_second=20)
run = lab.run(lambda readings: readings, reads="sensor", writes="copy", name="copy", replicas=2)
run
"""
LANES = """
lab.create_topic("three", partitions=3)
lab.produce(writes="three", devices=30, per_second=3, name="thirty")
shared = lab.run(lambda readings: readings, reads="three", writes="copies", name="shared", in_process=True)
lab.lanes(shared)
"""
SCALE = """
shared.wait_until_assigned()
shared.scale(3)
"""
COLOURS = "all => all.map(each => each.getAttribute('fill'))"


@pytest.fixture(scope="module")
def processes(browser: Browser, installation: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:  # noqa: ARG001
    """A notebook with the panel of a run in two processes, the lanes of another, and a cell that gives it three."""
    folder = tmp_path_factory.mktemp("processes")
    write(folder / "processes.ipynb", PANEL, LANES, SCALE)
    problems: list[str] = []
    with jupyter.serving("--notebooks", str(folder)) as address, jupyter.page(browser, problems) as page:
        jupyter.open_notebook(page, address, "processes.ipynb")
        page.locator(".jp-Cell").first.click()
        for _ in (PANEL, LANES):
            page.keyboard.press("Shift+Enter")
        yield page
    assert problems == []


@pytest.mark.slow
def test_a_process_is_killed_and_started_again_with_the_buttons(processes: Page) -> None:
    panel = processes.locator(".lab-view:has-text('copy')")
    kill, start = (panel.get_by_role("button", name=name) for name in ("Kill process 2", "Start again"))
    one, two, together = (panel.locator(f"tr:has(td:first-child:text-is('{name}'))") for name in ("1", "2", "together"))
    one.get_by_text("running").wait_for()
    two.get_by_text("running").wait_for()
    assert start.is_disabled()
    kill.press("Enter")
    two.get_by_text("killed").wait_for()
    assert kill.is_disabled()
    jupyter.screenshot(processes, "killed")
    start.click()
    two.get_by_text("running").wait_for()
    assert kill.is_enabled()
    assert int(together.locator("td").nth(4).inner_text()) > 0


@pytest.mark.slow
def test_partitions_move_between_lanes_of_processes(processes: Page) -> None:
    lanes = processes.locator(".jp-Notebook .lab-view:has(svg[aria-label*='three partition 0'])")
    lanes.scroll_into_view_if_needed()
    drawing = lanes.locator("svg")  # replaced twice a second, unlike what it stands in
    alone = "svg[aria-label*='partition 0: process 1'][aria-label*='partition 2: process 1']"
    processes.locator(alone).wait_for()
    lanes.click(button="right")
    processes.locator(".lm-Menu-item:visible", has_text="Create New View for Cell Output").click()
    kept = processes.locator(".jp-LinkedOutputView svg")  # in sight, wherever somebody scrolls
    kept.wait_for()
    processes.locator(".jp-CodeCell").last.click()
    processes.keyboard.press("Control+Enter")

    def owners() -> set[str]:
        return {*re.findall(r"partition \d: process (\d)", kept.get_attribute("aria-label"))}

    eventually(lambda: owners() == {"1", "2", "3"}, 60)
    lanes.scroll_into_view_if_needed()  # what is out of sight is not drawn
    eventually(lambda: len({*drawing.locator("rect[stroke]").evaluate_all(COLOURS)}) == 3, 20)
    jupyter.screenshot(lanes, "lanes")


def write(path: Path, *cells: str) -> None:
    """A notebook with these cells."""
    metadata = {"kernelspec": {"name": "python3", "display_name": ""}}
    nbformat.write(new_notebook(cells=[new_code_cell(each) for each in cells], metadata=metadata), path)
