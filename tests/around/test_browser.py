"""What a student sees: JupyterLab in a real Chromium, a notebook run from top to bottom, a chart that moves."""

import re
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.around import jupyter
from tests.waiting import eventually

PLOT = "document.querySelector('.js-plotly-plot')"
NEWEST = f"Math.max(...{PLOT}.data.flatMap(trace => Array.from(trace.x || [0])))"


@pytest.mark.usefixtures("installation")
def test_a_student_runs_a_notebook_and_sees_new_points_arrive() -> None:
    problems: list[str] = []
    with (
        jupyter.notebooks() as notebooks,
        jupyter.serving("--notebooks", str(notebooks)) as address,
        jupyter.page(problems) as page,
    ):
        jupyter.run_all(page, address, "02_filter.ipynb")
        page.wait_for_selector(".js-plotly-plot", state="attached")
        page.locator(".js-plotly-plot").scroll_into_view_if_needed()  # what is out of sight is not drawn
        page.wait_for_selector(".js-plotly-plot .scatterlayer .point", state="attached")
        first = page.evaluate(NEWEST)
        page.wait_for_function(f"{NEWEST} > {first} + 2000")

        assert page.evaluate(f"{PLOT}._fullLayout.xaxis.type") == "date"
        assert page.evaluate(f"{PLOT}.data.every(trace => trace.x.constructor === Float64Array)")
        assert page.evaluate(f"{PLOT}.querySelectorAll('.scatterlayer .point').length") > 5
        assert "Temperature (°C)" in page.locator(".js-plotly-plot .ytitle").text_content()

        page.wait_for_function("document.body.innerText.includes('misspelt, line 2')")
        page.locator(".lab-view:has-text('alert_filter:')").scroll_into_view_if_needed()
        page.get_by_text("▶ running alert_filter").wait_for()
        text = page.locator(".jp-Notebook").inner_text()
        assert "✖ failed misspelt" in text
        assert "Traceback" not in text
        assert page.locator(".jp-OutputArea-output[data-mime-type*='stderr']").count() == 0

        jupyter.screenshot(page, "02_filter")
    assert problems == []


@pytest.mark.usefixtures("installation")
def test_the_first_time_it_opens_the_first_notebook_and_names_can_be_told_apart_beside_it() -> None:
    problems: list[str] = []
    with (
        jupyter.notebooks() as notebooks,
        jupyter.serving("--notebooks", str(notebooks)) as address,
        jupyter.page(problems) as page,
    ):
        page.goto(address)
        page.get_by_role("heading", name="00 · Start here").wait_for()
        assert page.locator(".jp-Launcher").count() == 0
        names = page.locator(".jp-DirListing-itemText:has-text('06_when')")
        names.last.wait_for()
        jupyter.screenshot(page, "first")
        seen = names.evaluate_all("all => all.map(each => each.clientWidth)")
        assert len(seen) == 2
        assert min(seen) > page.evaluate(WIDTH, "06_when_things_break_ex…")
    assert problems == []


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


@pytest.mark.usefixtures("installation")
def test_a_notebook_whose_tab_is_closed_is_shut_down_with_its_kafka_after_a_while(tmp_path: Path) -> None:
    metadata = {"kernelspec": {"name": "python3", "display_name": ""}}
    nbformat.write(new_notebook(cells=[new_code_cell(LEFT_OPEN)], metadata=metadata), tmp_path / "left.ipynb")
    problems: list[str] = []
    with jupyter.serving("--notebooks", str(tmp_path), idle=24) as address, jupyter.page(problems) as page:
        jupyter.run_all(page, address, "left.ipynb")
        page.wait_for_selector(".js-plotly-plot .scatterlayer .point", state="attached")
        first = page.evaluate(NEWEST)
        page.wait_for_function(f"{NEWEST} > {first} + 30000")  # nobody does anything, but it is open
        (kernel,) = [
            each for each in psutil.Process().children(recursive=True) if "ipykernel_launcher" in str(each.cmdline())
        ]
        kernel_and_kafka = [kernel, *kernel.children(recursive=True)]
        assert "kafka" in str([each.cmdline() for each in kernel_and_kafka])
        page.close()
        assert psutil.wait_procs(kernel_and_kafka, 60)[1] == []
    assert problems == []


CELL = """
from labkit import Lab

lab = Lab()
lab.produce(per_second=20)
run = lab.run(lambda readings: readings, reads="sensor", writes="copy", name="copy", replicas=2)
run
"""


@pytest.mark.usefixtures("installation")
def test_a_process_is_killed_and_started_again_with_the_buttons(tmp_path: Path) -> None:
    notebook = new_notebook(
        cells=[new_code_cell(CELL)], metadata={"kernelspec": {"name": "python3", "display_name": ""}}
    )
    nbformat.write(notebook, tmp_path / "kill.ipynb")
    problems: list[str] = []
    with jupyter.serving("--notebooks", str(tmp_path)) as address, jupyter.page(problems) as page:
        jupyter.run_all(page, address, "kill.ipynb")
        panel = page.locator(".lab-view:has-text('copy')")
        kill, start = (page.get_by_role("button", name=name) for name in ("Kill process 2", "Start again"))
        one, two, together = (
            panel.locator(f"tr:has(td:first-child:text-is('{name}'))") for name in ("1", "2", "together")
        )
        one.get_by_text("running").wait_for()
        two.get_by_text("running").wait_for()
        assert start.is_disabled()
        kill.press("Enter")
        two.get_by_text("killed").wait_for()
        assert kill.is_disabled()
        jupyter.screenshot(page, "killed")
        start.click()
        two.get_by_text("running").wait_for()
        assert kill.is_enabled()
        assert int(together.locator("td").nth(4).inner_text()) > 0
    assert problems == []


COLOURS = "all => all.map(each => each.getAttribute('fill'))"
LANES = """
lab.create_topic("three", partitions=3)
lab.produce(writes="three", devices=30, per_second=3, name="thirty")
shared = lab.run(lambda readings: readings, reads="three", writes="copies", name="shared", in_process=True)
lab.lanes(shared)
"""


@pytest.mark.usefixtures("installation")
def test_partitions_move_between_lanes_of_processes(tmp_path: Path) -> None:
    sources = ["from labkit import Lab\n\nlab = Lab()", LANES, "shared.wait_until_assigned()\nshared.scale(3)"]
    cells = [new_code_cell(each) for each in sources]
    metadata = {"kernelspec": {"name": "python3", "display_name": ""}}
    nbformat.write(new_notebook(cells=cells, metadata=metadata), tmp_path / "lanes.ipynb")
    problems: list[str] = []
    with jupyter.serving("--notebooks", str(tmp_path)) as address, jupyter.page(problems) as page:
        jupyter.run_all(page, address, "lanes.ipynb")
        lanes = page.locator(".lab-view:has(svg[aria-label*='three partition 0'])")
        lanes.scroll_into_view_if_needed()
        page.locator("svg[aria-label*='partition 0: process 1'][aria-label*='partition 2: process 1']").wait_for()
        drawing = lanes.locator("svg")  # replaced twice a second, unlike what it stands in

        def owners() -> set[str]:
            return {*re.findall(r"partition \d: process (\d)", drawing.get_attribute("aria-label"))}

        eventually(lambda: owners() == {"1", "2", "3"}, 60)
        eventually(lambda: len({*drawing.locator("rect[stroke]").evaluate_all(COLOURS)}) == 3, 20)
        jupyter.screenshot(lanes, "lanes")
    assert problems == []
