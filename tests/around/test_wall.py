"""The wall of a class in a real Chromium, as on a projector: what it shows is what students have sent."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from labkit.wall import course, given, records
from tests.around import jupyter
from tests.classroom.test_class import Room, room
from tests.classroom.test_wall import of, say, verdict
from tests.waiting import eventually

pytestmark = [pytest.mark.usefixtures("installation"), pytest.mark.slow]
SIZE = {"width": 1920, "height": 1080}
FITS = "() => document.querySelector('.lab-board-page').getBoundingClientRect().bottom <= innerHeight"


@pytest.fixture(scope="module")
def walled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with room(tmp_path_factory.mktemp("wall"), "--wall") as found:
        yield found


def shows(page: Page, area: str, pattern: str) -> bool:
    return bool(re.search(pattern, page.locator(f".lab-area-{area}").inner_text()))


def alive(walled: Room) -> bool:
    """Both students give a sign of life: on a busy computer the last one may be a minute old."""
    return say(walled, "anna", records.of_life("")) == say(walled, "ben.akesson", records.of_life("")) == []


def test_the_wall_shows_what_students_send_and_begins_another_round(walled: Room, browser: Browser) -> None:
    problems: list[str] = []
    with (
        jupyter.serving("class", "board", "--folder", str(walled.path / "class")) as address,
        jupyter.page(browser, problems) as page,
    ):
        page.set_viewport_size(SIZE)
        page.goto(address)
        page.wait_for_selector(".lab-board")
        eventually(lambda: shows(page, "there", "Nobody has said anything yet"), jupyter.LIMIT)
        say(walled, "anna", records.of_life("02_filter_exercises"), verdict(False), records.of_hand(True, "B4"))
        say(walled, "ben.akesson", records.of_life("02_filter"), verdict(True), records.of_hand(True, ""))
        say(walled, "anna", records.of_prediction("01-keys", "spread"))
        pattern = r"2\s+students here now\s+2\s+hands up"
        eventually(lambda: alive(walled) and shows(page, "head", pattern), jupyter.LIMIT)
        first = course.exercises()["coldest"].behaviours[0]
        for pattern in (r"coldest.*\s+1 of 2 passed", f"1: {re.escape(first)}"):
            eventually(lambda pattern=pattern: shows(page, "exercises", pattern), jupyter.LIMIT)  # type: ignore[misc]
        label = given.label(of(walled, "ben.akesson").pseudonym)
        eventually(lambda: shows(page, "hands", rf"B4 .*\s+{label}"), jupyter.LIMIT)
        eventually(lambda: shows(page, "question", "Answers: 1"), jupyter.LIMIT)
        page.get_by_role("button", name="Answer again").click()
        eventually(lambda: shows(page, "question", "1st round 1, 2nd round 0"), jupyter.LIMIT)
        say(walled, "anna", records.of_prediction("01-keys", "same"))
        eventually(lambda: shows(page, "question", "1st round 1, 2nd round 1"), jupyter.LIMIT)
        assert page.evaluate(FITS)
        assert jupyter.violations(page) == []
        jupyter.screenshot(page, "wall_two")
    assert problems == []
