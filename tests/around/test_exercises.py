"""An exercise as a student does it in JupyterLab, with the keyboard alone: a wrong answer, a hint, its
steps, a smaller step, the right answer."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.around import jupyter

SOLUTIONS = Path(__file__).parents[1] / "solutions"

WRONG = """
def damp_rooms(readings):
    print("a pipeline is made once")
    readings["dewpoint"] = readings["temperature"] + (readings["humidity"] - 100) / 5
    return readings[readings["humidity"] >= 60]


lab.check("damp-rooms", damp_rooms)
"""
RIGHT = WRONG.replace("dewpoint", "dew_point").replace(">=", ">").replace('    print("a pipeline is made once")\n', "")


@pytest.mark.usefixtures("installation")
def test_a_wrong_answer_a_hint_and_the_right_answer_with_the_keyboard_alone(tmp_path: Path, browser: Browser) -> None:
    problems: list[str] = []
    settings = {"LAB_PROGRESS": str(tmp_path / "progress.json")}
    with (
        jupyter.notebooks() as notebooks,
        jupyter.serving("--notebooks", str(notebooks), settings=settings) as address,
        jupyter.page(browser, problems) as page,
    ):
        jupyter.open_notebook(page, address, "02_filter_exercises.ipynb")
        cell = _cell_after(page, "from labkit import Lab")
        answer(page, cell, WRONG)
        page.get_by_text("2 of 5 behaviours hold").first.wait_for()
        verdict = page.get_by_role("region", name="Verdict on damp-rooms").first
        text = verdict.inner_text()
        assert "Checked: damp_rooms, as cell [2] defined it" in text
        assert "✗ falls short\tA reading of exactly 60 % is left out" in text
        assert "→ wrong" in text
        assert "a pipeline is made once" in text

        page.keyboard.press("Escape")
        _press_until(page, "Shift+Tab", "document.activeElement.innerText === 'Hint'")
        page.keyboard.press("Enter")
        page.get_by_text("Hint 1 of 3:").first.wait_for()
        jupyter.screenshot(page.locator(".jp-CodeCell").nth(cell), "exercise_wrong")

        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.innerText") == "Step through"
        page.keyboard.press("Enter")
        steps = page.frame_locator("iframe[title='Step through damp_rooms']")
        expect(steps.locator("#written tr.changed")).to_contain_text("expected")
        expect(steps.locator("#source")).to_contain_text('return readings[readings["humidity"] >= 60]goes on as it is')
        jupyter.screenshot(page.locator("iframe"), "exercise_steps")

        answer(page, cell, WRONG)
        page.get_by_role("button", name="A smaller step").wait_for()
        page.keyboard.press("Escape")
        _press_until(page, "Shift+Tab", "document.activeElement.innerText === 'A smaller step'")
        page.keyboard.press("Enter")
        page.locator("pre", has_text="return readings").get_by_text('lab.check("damp-rooms", damp_rooms)').wait_for()
        jupyter.screenshot(page.locator(".jp-CodeCell").nth(cell), "exercise_smaller_step")

        answer(page, cell, RIGHT)
        page.get_by_text("all checks passed").first.wait_for()
        assert page.get_by_text("In a course, the grader uses other readings").count()
        assert page.locator(".jp-OutputArea-output[data-mime-type*='stderr']").count() == 0
        jupyter.screenshot(page.locator(".jp-CodeCell").nth(cell), "exercise_right")
    assert problems == []


def _cell_after(page: Page, text: str) -> int:
    """Run the cell with this text; returns the number of the next code cell."""
    page.locator(".jp-CodeCell", has_text=text).first.click()
    page.keyboard.press("Shift+Enter")
    return 1


def answer(page: Page, number: int, source: str) -> None:
    """Write into the n-th code cell, and run it."""
    _press_until(page, "Shift+Tab", "document.activeElement.matches('.jp-Cell, .cm-content')")
    page.keyboard.press("Escape")
    while not page.locator(".jp-CodeCell").nth(number).evaluate("cell => cell.classList.contains('jp-mod-active')"):
        up = page.evaluate(BEFORE, number)
        page.keyboard.press("ArrowUp" if up else "ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(source.strip())
    page.keyboard.press("Shift+Enter")


# Whether the n-th code cell stands before the active cell.
BEFORE = """
number => {
    const cells = [...document.querySelectorAll('.jp-Notebook .jp-Cell')];
    const wanted = document.querySelectorAll('.jp-Notebook .jp-CodeCell')[number];
    return cells.indexOf(wanted) < cells.findIndex(cell => cell.classList.contains('jp-mod-active'));
}
"""


def _press_until(page: Page, key: str, reached: str) -> None:
    """Press a key until the focus is where a condition in JavaScript says."""
    for _ in range(60):
        if page.evaluate(f"Boolean({reached})"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{key} does not lead to where {reached}")
