"""What a student sees: JupyterLab in a real Chromium, a notebook run from top to bottom, a chart that moves."""

from pathlib import Path

import pytest

from tests.around import jupyter

SCREENSHOTS = Path(__file__).parents[2] / "screenshots"
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
        page.wait_for_selector(".js-plotly-plot", timeout=60_000, state="attached")
        page.locator(".js-plotly-plot").scroll_into_view_if_needed()  # what is out of sight is not drawn
        page.wait_for_selector(".js-plotly-plot .scatterlayer .point", timeout=60_000, state="attached")
        first = page.evaluate(NEWEST)
        page.wait_for_function(f"{NEWEST} > {first} + 2000", timeout=20_000)

        assert page.evaluate(f"{PLOT}._fullLayout.xaxis.type") == "date"
        assert page.evaluate(f"{PLOT}.data.every(trace => trace.x.constructor === Float64Array)")
        assert page.evaluate(f"{PLOT}.querySelectorAll('.scatterlayer .point').length") > 5
        assert "Temperature (°C)" in page.locator(".js-plotly-plot .ytitle").text_content()

        page.wait_for_function("document.body.innerText.includes('misspelt, line 2')", timeout=60_000)
        page.locator(".lab-view:has-text('alert_filter:')").scroll_into_view_if_needed()
        page.get_by_text("▶ running alert_filter").wait_for()
        text = page.locator(".jp-Notebook").inner_text()
        assert "✖ failed misspelt" in text
        assert "Traceback" not in text
        assert page.locator(".jp-OutputArea-output[data-mime-type*='stderr']").count() == 0

        SCREENSHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENSHOTS / "02_filter.png")
    assert problems == []
