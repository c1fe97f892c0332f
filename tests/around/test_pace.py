"""A page never shows an old number as a new one: while a cell runs, on a slow machine, and when its kernel has gone."""

from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Page

from labkit.live import pacing
from tests.around import jupyter
from tests.waiting import eventually

CELLS = (
    "from labkit import Lab\nfrom threading import Event\nlab = Lab()\nlab.dashboard()",
    "Event().wait(600)",
)
SLOWER = 6
PACING = Path(pacing.__file__).with_suffix(".js")
# JupyterLab gets the subshell that does not wait for the running cell only when the test calls `letSubshellsStart`.
LATE_SUBSHELL = """
const send = WebSocket.prototype.send;
const late = [];
WebSocket.prototype.send = function (data) {
    const text = typeof data === "string" ? data : new TextDecoder().decode(data);
    if (text.includes("create_subshell_request")) late.push(() => send.call(this, data));
    else send.call(this, data);
};
window.letSubshellsStart = () => late.forEach(request => request());
"""
# Plotly takes 3 s longer to load than the 2 s after which anywidget gives up.
LATE_PLOTLY = """
const create = URL.createObjectURL;
URL.createObjectURL = blob => {
    const url = create(blob);
    if (blob.size < 1e6) return url;
    const late = `export * from "${url}"; export { default } from "${url}";
        await new Promise(loaded => setTimeout(loaded, 5000));`;
    return create(new Blob([late], { type: "text/javascript" }));
};
"""
LATE = 3.0  # seconds behind from which a view says so
LOOK = 2.0  # seconds that a slowed page may take to look at its own age
PLOT = "document.querySelector('.js-plotly-plot')"
NEWEST = f"Math.max(0, ...{PLOT}.data.flatMap(trace => Array.from(trace.x || [])))"
# In a timer, since the page updates what a view says in one: after a long drawing, that one comes first.
CHART = f"""() => new Promise(done => setTimeout(() => done({{
    age: (Date.now() - {NEWEST}) / 1000,
    says: {PLOT}.closest('.lab-view').querySelector(':scope > .lab-age').textContent,
    grey: getComputedStyle({PLOT}.closest('.lab-view')).filter.includes('grayscale'),
}}), 250))"""


def chart(page: Page) -> dict[str, Any]:
    """How old the newest point is, what the chart says of its own age, and whether it is grey."""
    found: dict[str, Any] = page.evaluate(CHART)
    return found


@pytest.mark.slow
@pytest.mark.usefixtures("installation")
def test_views_go_on_while_a_cell_runs_and_say_it_when_they_fall_behind(tmp_path: Path, browser: Browser) -> None:
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    cells = [new_code_cell(each) for each in CELLS]
    nbformat.write(new_notebook(cells=cells, metadata=kernel), tmp_path / "views.ipynb")
    problems: list[str] = []
    with (
        jupyter.serving("--notebooks", str(tmp_path)) as address,
        jupyter.page(browser, problems) as page,
    ):
        page.add_init_script(LATE_SUBSHELL + LATE_PLOTLY)
        jupyter.open_notebook(page, address, "views.ipynb")
        page.locator(".jp-Cell").first.click()
        page.keyboard.press("Shift+Enter")
        page.get_by_text("This chart is being loaded").wait_for()
        page.wait_for_selector(".js-plotly-plot .scatterlayer .point", state="attached")
        assert page.get_by_text("This chart is being loaded").count() == 0
        assert page.locator(".js-plotly-plot .ytitle").text_content() == "Temperature (°C)"  # set before Plotly came
        page.keyboard.press("Control+Enter")
        eventually(lambda: chart(page)["says"].endswith("s behind"), 60)
        page.evaluate("letSubshellsStart()")
        first = page.evaluate(NEWEST)
        eventually(lambda: page.evaluate(NEWEST) > first + 5000)
        assert page.locator(".jp-InputArea-prompt").last.inner_text() == "[*]:"
        eventually(lambda: chart(page)["says"] == "")

        processor = page.context.new_cdp_session(page)
        processor.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        for _ in range(20):  # no old number looks new for long
            eventually(lambda: (found := chart(page))["age"] < LATE + LOOK or found["says"], LATE + LOOK)
        processor.send("Emulation.setCPUThrottlingRate", {"rate": 1})
        eventually(lambda: chart(page)["says"] == "" and chart(page)["age"] < LATE, 60)
        assert problems == []

        (kernel,) = [
            each for each in psutil.Process().children(recursive=True) if "ipykernel_launcher" in str(each.cmdline())
        ]
        kernel.suspend()
        eventually(lambda: chart(page)["says"].endswith("s behind") and chart(page)["grey"], 20)
        eventually(lambda: "s behind: nothing comes from the kernel" in chart(page)["says"], 30)
        assert jupyter.violations(page, ".lab-view") == []  # what is old can be read
        kernel.resume()
        eventually(lambda: chart(page)["says"] == "")
        kernel.kill()
        eventually(lambda: chart(page)["says"].startswith("The kernel was restarted") and chart(page)["grey"])


@pytest.mark.slow
@pytest.mark.usefixtures("installation")
def test_views_whose_kernel_was_restarted_say_so_and_which_cells_to_run(tmp_path: Path, browser: Browser) -> None:
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    cells = [
        new_code_cell(each) for each in ("from labkit import Lab\nlab = Lab()\nlab.produce()", "lab.chart('sensor')")
    ]
    nbformat.write(new_notebook(cells=cells, metadata=kernel), tmp_path / "restarted.ipynb")
    problems: list[str] = []
    with jupyter.serving("--notebooks", str(tmp_path)) as address, jupyter.page(browser, problems) as page:
        jupyter.run_all(page, address, "restarted.ipynb")
        page.wait_for_selector(".js-plotly-plot .scatterlayer .point", state="attached")
        page.get_by_text("▶ running producer of sensor").first.wait_for()
        page.locator(".jp-Cell .jp-InputArea-prompt").first.click()
        for key in ("Escape", "0", "0"):
            page.keyboard.press(key)
        page.locator(".jp-Dialog button.jp-mod-accept").click()
        ages = page.locator(".lab-view > .lab-age")
        said = (
            "The kernel was restarted: this is how it was before. Run the cells from the top again, down to this one."
        )
        eventually(lambda: ages.all_inner_texts() == [said, said])
        jupyter.screenshot(page, "restarted")
        page.locator(".jp-Cell").first.click()
        page.keyboard.press("Shift+Enter")  # what is run again is alive, and the rest still is not
        eventually(lambda: ages.all_inner_texts() == ["", said])
    assert problems == []


# What a page holds of a messenger once the messenger has gone: of its timers, and of its listeners.
LEFT = """async source => {
    const { default: make } = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
    const timers = new Set(), listeners = new Set();
    const model = {
        get: () => false,
        send: () => {},
        on: (name, act) => listeners.add(act),
        off: (name, act) => listeners.delete(act),
    };
    const { setInterval: begin, clearInterval: end } = window;
    window.setInterval = (...given) => { const timer = begin(...given); timers.add(timer); return timer; };
    window.clearInterval = timer => { timers.delete(timer); end(timer); };
    document.addEventListener = (name, act) => listeners.add(act);
    document.removeEventListener = (name, act) => listeners.delete(act);
    const clean = make().initialize({ model });
    const held = [timers.size, listeners.size];
    clean?.();
    return [held, [timers.size, listeners.size]];
}"""


def test_a_messenger_that_has_gone_leaves_no_timer_and_no_listener(browser: Browser) -> None:
    problems: list[str] = []
    with jupyter.page(browser, problems) as page:
        page.goto("about:blank")
        assert page.evaluate(LEFT, PACING.read_text()) == [[2, 2], [0, 0]]
    assert problems == []
