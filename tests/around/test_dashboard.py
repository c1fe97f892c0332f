"""The dashboard in a real Chromium, in notebook 04 and as a page: what it shows is what the topics hold."""

import datetime
import itertools
import json
import re
import statistics

import pytest
from playwright.sync_api import Browser, Page

from labkit import Lab
from labkit.live import topology_svg
from tests.around import jupyter
from tests.topics import topics_of
from tests.waiting import eventually

pytestmark = pytest.mark.slow

# device -> topic -> text of its tile, in the dashboard: the last view with tiles
LIVE = "Array.from(document.querySelectorAll('.lab-live .lab-tiles')).pop()"
TILES = f"""() => Object.fromEntries(Array.from({LIVE}.children).map(
    tile => [tile.getAttribute('aria-label'), Object.fromEntries(Array.from(tile.querySelectorAll('div')).map(
        row => [row.querySelector('span').innerText, row.innerText]))]))"""
PLOT = "Array.from(document.querySelectorAll('.js-plotly-plot')).pop()"
SIZES = ((1920, 1080), (1280, 900), (390, 2600))  # of a wall, a laptop, and all that a phone scrolls through
THEMES = {"light": "rgb(242, 244, 246)", "dark": "rgb(13, 18, 22)"}  # and the paper of the dashboard
# The dashboard's width, height and paper, and whether the chart has followed.
SHAPE = """() => {
    const [whole, plot] = ['.lab-dashboard', '.js-plotly-plot'].map(name => document.querySelector(name));
    const fits = Math.abs(plot._fullLayout.width - plot.clientWidth) < 2 && whole.scrollWidth <= innerWidth;
    return {width: whole.clientWidth, height: whole.clientHeight, fits, paper: getComputedStyle(whole).backgroundColor};
}"""
# The times and labels of tiles that are not on one line of 16 pixels.
WRAPPED = """() => Array.from(document.querySelectorAll('.lab-tile :is(i, .lab-row > span)'))
    .filter(part => part.offsetHeight > 17).map(part => part.innerText)"""
# The height of the smallest text in a drawing of the topology, in pixels.
SMALLEST = """() => Math.min(...Array.from(document.querySelectorAll('.lab-live [class*=lab-view-topology] svg text'))
    .map(text => text.getScreenCTM().a * parseFloat(getComputedStyle(text).fontSize)))"""
DEVICES = ("sensor-1", "sensor-2", "sensor-3")
READABLE = 100  # pixels that a number from which one stands 5 m away has at least, on a wall of 1,920
AGE = f"Date.now() - Math.max(...{PLOT}.data.flatMap(trace => Array.from(trace.x || [0])))"


def clock(time: int) -> str:
    return f"{datetime.datetime.fromtimestamp(time / 1000, datetime.UTC):%H:%M:%S}"


def tile_equals_topic(page: Page, lab: Lab, device: str, topic: str, field: str) -> bool:
    """Whether a tile shows the number of the window whose times it shows."""
    text = page.evaluate(TILES)[device].get(topic, "")
    windows = {
        f"{clock(each.value['start'])}–{clock(each.value['end'])}": each.value[field]
        for each in lab.records(topic)
        if each.key == device
    }
    times = re.search(r"\d\d:\d\d:\d\d–\d\d:\d\d:\d\d", text)
    return bool(times) and str(round(windows[times[0]], 2)) in text


def says(page: Page, device: str, topic: str, pattern: str) -> bool:
    return bool(re.search(pattern, page.evaluate(TILES)[device].get(topic, "")))


def set_threshold(page: Page, celsius: float) -> None:
    page.get_by_label("Alert above (°C):").fill(str(celsius))
    page.keyboard.press("Enter")


def age_in_sight(page: Page) -> float:
    """Milliseconds since the newest point of the dashboard's chart, which is not drawn while it is out of sight."""
    page.locator(".js-plotly-plot").last.scroll_into_view_if_needed()
    return float(page.evaluate(AGE))


def check_numbers(page: Page, lab: Lab) -> None:
    """What is shown is what the topics hold, and it is new."""
    page.wait_for_selector(".js-plotly-plot", state="attached")
    eventually(lambda: age_in_sight(page) < 2000, 90)  # the page is as high as the dashboard: all of it is in sight
    page.wait_for_selector(".lab-live .lab-tile")
    eventually(lambda: page.evaluate(TILES).keys() == {*DEVICES}, 90)
    for device in DEVICES:
        eventually(lambda device=device: tile_equals_topic(page, lab, device, "avg-temp", "temperature"), 90)
    ages = [page.evaluate(AGE) for _ in range(20) if not page.wait_for_timeout(100)]
    assert statistics.median(ages) < 2000


def check_some_controls(page: Page, lab: Lab, picture: str) -> None:
    """One of each kind of control acts, by mouse and keyboard; on the way a screenshot."""
    set_threshold(page, 16)  # everything is above it
    for device in ("sensor-2", "sensor-3"):
        eventually(lambda device=device: tile_equals_topic(page, lab, device, "alert-count", "count"), 90)
    page.get_by_role("button", name="Corrupt record").press("Enter")
    eventually(lambda: "✉" in page.evaluate("document.body.innerText"))
    page.get_by_role("button", name="alert-count", exact=True).last.press("Space")
    eventually(lambda: "offset" in page.locator(".lab-live table").last.inner_text())

    page.locator(".lab-dashboard").evaluate("each => each.scrollIntoView()")
    jupyter.screenshot(page, picture)


def check_the_other_controls(page: Page, lab: Lab) -> None:
    set_threshold(page, 33)  # nothing is above it
    nothing = r"alerts in 5 s\s+0\s+last at \d\d:\d\d:\d\d"
    eventually(lambda: says(page, "sensor-3", "alert-count", nothing), 90)
    page.get_by_label("Device:").select_option("sensor-3")
    heat_wave = page.get_by_role("button", name="Heat wave")
    eventually(lambda: "mod-active" not in str(heat_wave.get_attribute("class")))  # as it was for another device
    heat_wave.click()
    eventually(lambda: says(page, "sensor-3", "alert-count", r"alerts in 5 s\s+[1-9]"), 90)
    assert min(each.value["kelvin"] for each in lab.records("alert") if each.key == "sensor-3") > 290

    page.get_by_role("button", name="Producer runs").press("Space")
    for device in DEVICES:
        for topic in ("sensor", "avg-temp"):
            eventually(lambda device=device, topic=topic: says(page, device, topic, r"no data for \d+ s"), 90)
    page.get_by_role("button", name="Producer is stopped").press("Space")
    eventually(lambda: not says(page, "sensor-1", "sensor", "no data"), 90)


def check_head(page: Page) -> None:
    """It says whether all is well, and which device is silent."""
    status = page.locator(".lab-dashboard").get_by_role("status").first
    status.get_by_text("All well").wait_for()
    size = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.lab-first strong')).fontSize)")
    assert size >= READABLE
    page.get_by_label("Device:").select_option("sensor-2")
    page.get_by_role("button", name="Silent").click()
    status.get_by_text("sensor-2 is silent").wait_for()
    jupyter.screenshot(page, "dashboard_silent")
    page.get_by_role("button", name="Silent").click()
    status.get_by_text("All well").wait_for()


def settings(lab: Lab) -> dict[str, str]:
    return {"LAB_BROKER": lab.broker.address, "LAB_NAMESPACE": topics_of(lab).namespace}


def test_the_page_shows_what_the_topics_hold_and_its_controls_act(lab: Lab, browser: Browser) -> None:
    problems: list[str] = []
    with (
        jupyter.serving("dashboard", settings=settings(lab)) as address,
        jupyter.page(browser, problems, 1920) as page,
    ):
        page.goto(address)
        check_head(page)
        check_numbers(page, lab)
        check_some_controls(page, lab, "dashboard")
        check_the_other_controls(page, lab)
        for theme, (width, height) in itertools.product(THEMES, SIZES):
            page.emulate_media(color_scheme=theme)
            page.set_viewport_size({"width": width, "height": height})
            shape = {"width": width, "height": height, "fits": True, "paper": THEMES[theme]}
            eventually(lambda shape=shape: page.evaluate(SHAPE) == shape)
            assert jupyter.violations(page) == []
            assert page.evaluate(WRAPPED) == []
            assert page.evaluate(SMALLEST) >= topology_svg.READABLE
            jupyter.screenshot(page, f"dashboard_{theme}_{width}")
    assert problems == []


def test_notebook_04_shows_what_the_topics_hold_and_is_a_picture_when_opened_later(lab: Lab, browser: Browser) -> None:
    problems: list[str] = []
    with jupyter.notebooks(rate="1.0") as notebooks:
        serve, saved = ("--notebooks", str(notebooks)), notebooks / "04_live_charts.ipynb"
        with (
            jupyter.serving(*serve, settings=settings(lab)) as address,
            jupyter.page(browser, problems) as page,
        ):
            jupyter.run_all(page, address, saved.name)
            eventually(lambda: "not JSON: unexpected end" in page.evaluate("document.body.innerText"), jupyter.LIMIT)
            check_numbers(page, lab)
            check_some_controls(page, lab, "04_live_charts")
            assert (
                page.locator(".jp-OutputArea-output:is([data-mime-type*='stderr'], [data-mime-type*='error'])").count()
                == 0
            )
            assert page.evaluate(SMALLEST) >= topology_svg.READABLE
            assert jupyter.violations(page, ".lab-live") == []
            assert page.locator(".lab-snapshot:visible").count() == 0
            page.get_by_role("menuitem", name="File", exact=True).click()
            page.get_by_text("Save Notebook", exact=True).first.click()
            eventually(lambda: "lab-snapshot" in saved.read_text())
        assert problems == []
        assert saved.stat().st_size < 150_000
        assert "widgets" not in json.loads(saved.read_text())["metadata"]
        with jupyter.serving(*serve) as address, jupyter.page(browser, []) as page:  # the widgets' kernel has gone
            jupyter.open_notebook(page, address, saved.name)
            eventually(lambda: page.locator(".lab-snapshot:visible").count() == 16)
            assert page.get_by_text("model not found").locator("visible=true").count() == 0
            assert page.evaluate(
                "Array.from(document.querySelectorAll('.lab-snapshot img')).every(i => i.naturalWidth > 0)"
            )
            assert page.locator(".lab-snapshot .lab-tile:visible").count() >= 3
            jupyter.screenshot(page, "04_saved")
