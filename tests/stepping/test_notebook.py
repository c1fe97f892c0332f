"""Steps in JupyterLab: the step that was open is the one that a notebook shows when it is opened again."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.around import jupyter
from tests.waiting import eventually

pytestmark = pytest.mark.slow

STEPS = """
from labkit import Lab

lab = Lab()

def warm(readings):
    return readings[readings["temperature"] > 20]

def warmer(readings):
    return readings[readings["temperature"] > 22]

start = 1_700_000_000_000
rows = [{"device": "porch", "temperature": 18 + n, "humidity": 50, "timestamp": start + n} for n in range(7)]
steps = lab.step(warm, reads="sensor", records=rows)
steps
"""
BOTH = 'lab.step(warm, warmer, reads="sensor", records=rows)'
LIVE, STILL = ".lab-live iframe", ".lab-snapshot iframe"


def frames(page: Page, which: str) -> list[FrameLocator]:
    """The pages of the three cells with steps; of two functions side by side, that of the second."""
    each = [page.locator(".jp-CodeCell").nth(number).frame_locator(which) for number in range(3)]
    return [*each[:2], each[2].frame_locator("iframe >> nth=1")]


def show(page: Page, which: str, *numbers: int) -> None:
    for frame, number in zip(frames(page, which), numbers, strict=True):
        expect(frame.locator("#number")).to_have_text(f"{number} of 0 to 6", timeout=jupyter.LIMIT * 1000)


@pytest.mark.usefixtures("installation")
def test_a_notebook_shows_the_step_that_was_open_when_it_is_opened_again(tmp_path: Path, browser: Browser) -> None:
    path, problems = tmp_path / "steps.ipynb", list[str]()
    metadata = {"kernelspec": {"name": "python3", "display_name": ""}}
    nbformat.write(
        new_notebook(cells=[new_code_cell(each) for each in (STEPS, "steps", BOTH)], metadata=metadata), path
    )
    with jupyter.serving("--notebooks", str(tmp_path)) as address, jupyter.page(browser, problems) as page:
        jupyter.run_all(page, address, path.name)
        show(page, LIVE, 0, 0, 0)
        assert page.locator(STILL).first.is_hidden()
        assert jupyter.violations(page, ".lab-live") == []
        assert frames(page, LIVE)[0].locator("#records").is_visible()
        first, _, both = frames(page, LIVE)
        for frame, presses in ((first, 3), (both, 5)):
            frame.locator("#slider").focus()
            for _ in range(presses):
                page.keyboard.press("ArrowRight")
        show(page, LIVE, 3, 3, 5)  # the second cell shows the same steps
        show(page, STILL, 3, 3, 5)
        jupyter.screenshot(page, "steps_in_a_notebook")
        page.locator(".jp-InputPrompt").first.click()
        page.keyboard.press("Control+s")
        eventually(lambda: path.read_text().count("<div class='lab-snapshot'>") == 3)
        page.reload()
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        show(page, LIVE, 3, 3, 5)  # by the kernel that is still there
        frames(page, LIVE)[0].locator("#slider").press("End")
        show(page, LIVE, 6, 6, 5)
    assert problems == []
    with jupyter.serving("--notebooks", str(tmp_path)) as address, jupyter.page(browser, []) as page:
        jupyter.open_notebook(page, address, path.name)  # JupyterLab misses the widgets of the kernel that has gone
        show(page, STILL, 3, 3, 5)  # by the notebook alone
        assert page.locator(STILL).first.is_visible()
        jupyter.screenshot(page, "steps_in_a_saved_notebook")
    assert "record 3 of 0 to 6" in path.read_text()  # for those who see no pages, as text
