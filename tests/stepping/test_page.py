"""The page of a step: stepped through by keyboard in Chromium, without a network."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from labkit import Lab, LabError
from labkit.pipelines import average_temperature
from labkit.stepping import Steps, page
from tests.around import jupyter
from tests.stepping import shapes
from tests.stepping.records import START, Raw, disorder, reading, send
from tests.waiting import eventually

HOSTILE = "</script><img src=x onerror=document.title='pwned'><!--\u2028"


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Any]:
    """Opens the saved page of some steps offline, and fails if it asks for anything or complains."""
    problems: list[str] = []

    def open_page(steps: Steps, width: int = 1280, scheme: str = "light") -> Page:
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, offline=True)  # type: ignore[arg-type]
        shown = context.new_page()
        shown.set_default_timeout(5000)
        shown.on("pageerror", lambda error: problems.append(str(error)))
        shown.on("console", lambda message: problems.append(message.text) if message.type != "log" else None)
        shown.on("request", lambda asked: problems.append(asked.url) if not asked.url.startswith("file:") else None)
        shown.goto(steps.save(tmp_path / "step.html").as_uri())
        return shown

    yield open_page
    assert problems == []


@pytest.fixture
def steps(lab: Lab) -> Steps:
    """Windows of two keys: comes out, waits, is late, cannot be read."""
    times = [("porch", 0), ("oven", 1), ("porch", 2), ("porch", 8), ("porch", 1), ("oven", 30)]
    send(lab, "sensor", *(reading(*each) for each in times), Raw(b"oven", b"{broken", START))
    return lab.step(shapes.tumbling, reads="sensor", writes="means")


def said(shown: Page) -> str:
    return shown.locator("#now").text_content() or ""


def at(shown: Page) -> str:
    return (shown.locator("#number").text_content() or "").split(" ")[0]


def test_one_steps_by_keyboard_and_jumps(steps: Steps, opened: Any) -> None:
    shown = opened(steps)
    assert shown.title() == "Step through tumbling"
    assert at(shown) == "0"
    for key, place in (
        ("ArrowRight", "1"),
        ("ArrowDown", "2"),
        ("ArrowLeft", "1"),
        ("End", "6"),
        ("ArrowRight", "6"),
        ("Home", "0"),
    ):
        shown.keyboard.press(key)
        assert at(shown) == place
    for name, places in (
        ("comes out (1)", "3"),
        ("is late (1)", "4"),
        ("closes a window (2)", "53"),
        ("is left out (3)", "456"),
    ):
        button = shown.get_by_role("button", name=name)
        button.focus()
        for place in places:
            shown.keyboard.press("Enter")
            assert at(shown) == place
    assert shown.get_by_role("button", name="fails (0)").is_disabled()
    shown.get_by_role("slider").focus()
    shown.keyboard.press("Home")
    shown.keyboard.press("ArrowRight")
    assert at(shown) == "1"
    shown.locator("#records button").nth(3).click()
    shown.keyboard.press("ArrowDown")
    assert at(shown) == "4"
    assert shown.evaluate("document.activeElement.getAttribute('aria-current')") == "step"


@pytest.mark.slow
def test_it_plays_by_itself_until_the_end_or_until_somebody_steps(steps: Steps, opened: Any) -> None:
    shown = opened(steps)
    shown.clock.install()
    button = shown.locator("#play")
    button.focus()
    shown.keyboard.press("Enter")
    assert button.text_content() == "❚❚ Pause"
    shown.clock.run_for(2000)
    assert at(shown) == "2"
    shown.keyboard.press("ArrowRight")
    assert button.text_content() == "▶ Play"
    shown.clock.run_for(5000)
    assert at(shown) == "3"
    button.click()
    shown.clock.run_for(10_000)
    assert (at(shown), button.text_content()) == ("6", "▶ Play")
    button.click()
    assert at(shown) == "0"


def test_one_steps_through_the_records_of_a_key(steps: Steps, opened: Any) -> None:
    shown = opened(steps)
    keys = shown.get_by_label("Key")
    assert keys.locator("option").all_inner_texts() == ["all", "oven", "porch"]
    keys.select_option("porch")
    shown.locator("#slider").focus()
    places = [at(shown)]
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight", "Home", "End"):
        shown.keyboard.press(key)
        places.append(at(shown))
    assert places == ["0", "2", "3", "4", "4", "0", "4"]
    assert shown.locator("#records li:visible").count() == 4
    shown.get_by_role("button", name="closes a window (2)").click()
    assert at(shown) == "3"
    keys.select_option("oven")
    assert at(shown) == "1"


def test_it_shows_what_each_line_did_and_what_is_open(steps: Steps, opened: Any) -> None:
    shown = opened(steps)
    for step in steps:
        row = shown.locator("#source tr.reached")
        assert row.count() == len({each.line for each in step.outcomes})
        for each in step.outcomes:
            assert row.get_by_text(each.words[0]).count() >= 1
            assert each.words[0] in said(shown)
        assert shown.locator("#written tbody tr").count() == len(step.came_out) + len(step.written)
        shown.keyboard.press("ArrowRight")
    assert "cannot be read" in said(shown)
    shown.keyboard.press("Home")
    for _ in range(3):
        shown.keyboard.press("ArrowRight")
    rows = [each.inner_text().split("\t")[:4] for each in shown.locator("#windows tbody tr").all()]
    assert rows == [
        ["porch", "22:13:20 – 22:13:25", "mean 20, n 2", "closed by this record"],
        ["porch", "22:13:25 – 22:13:30", "mean 20, n 1", "22:13:31 or later, of its key"],
        ["oven", "22:13:20 – 22:13:25", "mean 20, n 1", "22:13:26 or later, of its key"],
    ]
    jupyter.screenshot(shown, "step")
    bars = [each.bounding_box() for each in shown.locator("#windows .bar").all()]
    lane = shown.locator("#windows .lane").first.bounding_box()
    assert lane
    scale = lane["width"] / 11  # from 22:13:20 to 22:13:31
    for bar, seconds in zip(bars, (0, 5, 0), strict=True):
        assert bar
        assert abs(bar["x"] - lane["x"] - seconds * scale) < 3
        assert abs(bar["width"] - 5 * scale) < 3
    state = [each.inner_text().split("\t") for each in shown.locator("#state tbody tr").all()]
    assert ["porch", "event time", "22:13:22", "22:13:28"] in state


def test_fields_that_a_line_has_changed_are_marked(lab: Lab, opened: Any) -> None:
    def changed(readings):
        return readings.apply(lambda each: each | {"temperature": 7, "kelvin": 280.15})

    send(lab, "sensor", reading("porch", 0))
    shown = opened(lab.step(changed, reads="sensor"))
    shown.locator("#source summary").press("Enter")
    expect(shown.locator("#source details mark")).to_have_text(["temperature 7", "kelvin 280.15"])
    out = "out: device porch, temperature 7, humidity 50, timestamp 22:13:20, kelvin 280.15"
    expect(shown.locator("#source details p").last).to_have_text(out)
    assert Axe().run(shown).response["violations"] == []


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1920, "light"), (1280, "dark")])
def test_it_is_accessible_and_fits_the_page(steps: Steps, opened: Any, width: int, scheme: str) -> None:
    shown = opened(steps, width, scheme)
    for _ in steps:
        found = Axe().run(shown).response["violations"]
        assert [f"{each['id']}: {[node['target'] for node in each['nodes']]}" for each in found] == []
        assert shown.evaluate("document.documentElement.scrollWidth") <= width
        shown.keyboard.press("ArrowRight")


@pytest.mark.parametrize("width", [1280, 1920])
def test_two_pages_step_together(lab: Lab, opened: Any, width: int) -> None:
    send(lab, "sensor", *(reading("porch", second) for second in (0, 1, 7, 9, 2, 15)))
    shown = opened(lab.step(shapes.tumbling, shapes.as_it_is, reads="sensor"), width)
    left, right = (shown.frame_locator("iframe").nth(each) for each in range(2))

    def places() -> set[str]:
        return {(each.locator("#number").text_content() or "").split(" ")[0] for each in (left, right)}

    shown.get_by_text("Record 0: ≠ what comes out differs. tumbling: nothing | as_it_is: porch:").wait_for()
    left.locator("#next").focus()
    for _ in range(2):  # without a pause: neither page may undo what the other hears of
        shown.keyboard.press("ArrowRight")
    eventually(lambda: places() == {"2"})
    assert left.locator("#source").evaluate("each => each.clientWidth") > width * 0.4
    right.locator("#previous").click()
    eventually(lambda: places() == {"1"})
    shown.get_by_role("button", name="Next that differs (6)").focus()
    shown.keyboard.press("Enter")
    eventually(lambda: places() == {"2"})
    shown.get_by_text("They part: tumbling in line").wait_for()
    expect(left.locator("tr:has(.apart)")).to_contain_text(["final()≠", "return"])
    expect(right.locator("tr:has(.apart)")).to_have_count(0)  # it has no line at all
    jupyter.screenshot(shown, f"steps_side_by_side_{width}")
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(shown).response["violations"]
    assert [f"{each['id']}: {[node['target'] for node in each['nodes']]}" for each in found] == []


def test_whatever_is_in_a_record_stays_text(lab: Lab, opened: Any) -> None:
    def hostile(stream):
        stream = stream.update(lambda value: value.update({HOSTILE: HOSTILE}))
        stream = stream.apply(lambda value, state: state.set(HOSTILE, HOSTILE) or value, stateful=True)
        return stream.apply(lambda value: 1 / 0 if value["n"] else value)

    send(lab, "hostile", *(Raw(HOSTILE.encode(), orjson.dumps({"n": n, "x": HOSTILE}), START) for n in range(2)))
    send(lab, "hostile", Raw(b"\xff", HOSTILE.encode(), START))
    shown = opened(lab.step(hostile, reads="hostile", name=HOSTILE))
    for key in ("Home", "End"):
        shown.keyboard.press(key)
        assert shown.title() == f"Step through {HOSTILE}"
        assert shown.locator("img").count() == 0
        assert shown.locator("script").count() == 2
        assert shown.locator("#value").text_content().count(HOSTILE) == 1


@pytest.mark.slow
def test_a_page_of_100_records_is_small_and_shows_each(lab: Lab, opened: Any) -> None:
    send(lab, "sensor", *disorder(1, 120, bad=False))
    steps = lab.step(average_temperature, reads="sensor")
    assert len(steps) == 100
    assert len(page.of(steps)) < 1_000_000
    shown = opened(steps)
    numbers = shown.evaluate(
        "Array.from({length: 100}, (_, n) => (show(n), document.getElementById('number').textContent))"
    )
    assert numbers == [f"{number} of 0 to 99" for number in range(100)]


@pytest.mark.slow
def test_a_frame_of_its_own_opens_at_a_record_beside_what_is_expected(steps: Steps, browser: Browser) -> None:
    framed = page.framed(steps, at=3, expected=["<b>mean 3"])
    found = re.fullmatch(
        r'<iframe title="[^"]*" sandbox="allow-scripts" style="[^"]*" srcdoc="([^"]*)"></iframe>', framed
    )
    assert found
    assert len(framed) < len(page.of(steps)) / 2
    outside = browser.new_page()
    outside.set_content(framed)
    shown = outside.frame_locator("iframe")
    expect(shown.locator("#what")).to_have_text("Record 3: sensor, partition 0, offset 3, porch, 2023-11-14 22:13:28")
    expect(shown.locator("#written tr.changed")).to_have_text(["expected<b>mean 3"])
    shown.locator("#slider").press("Home")
    expect(shown.locator("#number")).to_have_text("0 of 0 to 6")
    assert shown.locator("#written tr.changed").count() == 0
    outside.close()


def test_a_file_that_cannot_be_written_is_said(steps: Steps, tmp_path: Path) -> None:
    with pytest.raises(LabError, match="cannot be written"):
        steps.save(tmp_path / "no such folder" / "step.html")
