"""The buttons that ask why nothing comes out, in JupyterLab: by keyboard alone, and read by axe."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Page

from tests.around import jupyter

pytestmark = pytest.mark.slow

SILENT = """
from labkit import Lab
from labkit.live import questions

questions.QUIET = 1
lab = Lab()
lab.create_topic("sensor")

def hot(readings):
    return readings[readings["temperature"] > 99]

run = lab.run(hot, reads="sensor", writes="hot")
rows = [{"device": "oven", "temperature": 20 + n, "humidity": 50, "timestamp": 1_700_000_000_000} for n in range(5)]
lab.produce(rows, per_second=None)
run
"""
ANSWER = "the highest temperature was 24"


@pytest.mark.usefixtures("installation")
@pytest.mark.parametrize("width", [1280, 1920])
def test_the_questions_are_asked_by_keyboard_and_their_answers_can_be_read(
    tmp_path: Path, browser: Browser, width: int
) -> None:
    metadata = {"kernelspec": {"name": "python3", "display_name": ""}}
    cells = [new_code_cell(SILENT), new_code_cell("lab.topology()")]
    nbformat.write(new_notebook(cells=cells, metadata=metadata), tmp_path / "why.ipynb")
    problems: list[str] = []
    serving = jupyter.serving("--notebooks", str(tmp_path))
    with serving as address, jupyter.page(browser, problems, width) as page:
        jupyter.run_all(page, address, "why.ipynb")
        for number, question in enumerate(("Why does nothing come out?", "Why does nothing come out of hot?")):
            page.get_by_role("button", name=question).wait_for()
            tab_to(page, question)
            page.keyboard.press("Enter")
            page.locator(f".jp-CodeCell >> nth={number}").get_by_role("status").get_by_text(ANSWER).wait_for()
            assert page.evaluate("document.activeElement.innerText.trim()") == question  # one goes on from there
        assert jupyter.violations(page, ".lab-view") == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        jupyter.screenshot(page, f"why_{width}")
    assert problems == []


def tab_to(page: Page, button: str) -> None:
    """Press Tab until a button has the focus."""
    for _ in range(60):
        if page.evaluate("document.activeElement.innerText?.trim()") == button:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not lead to {button}")
