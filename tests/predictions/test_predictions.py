"""Predictions: the answer comes when somebody has committed themselves, and wrong ones come again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit import LabError, progress
from labkit.predictions import Predictions, overview
from labkit.predictions.form import Form, Line
from labkit.predictions.question import find, questions


@pytest.fixture(autouse=True)
def _no_progress_of_the_developers_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_PROGRESS", str(tmp_path / "progress.json"))


class Page:
    """What has been displayed, and the lab's predictions."""

    def __init__(self) -> None:
        self.shown: list[Form | Line] = []
        self.predictions = Predictions(self.shown.append)

    def ask(self, name: str, **given: object) -> Form:
        self.predictions.ask(name, given)
        form = self.shown[-1]
        assert isinstance(form, Form)
        return form

    def tell(self, name: str, found: object, **given: object) -> Line:
        self.predictions.tell(name, found, given)
        line = self.shown[-1]
        assert isinstance(line, Line)
        return line

    def warm_up(self, lesson: str) -> list[Form]:
        before = len(self.shown)
        self.predictions.warm_up(lesson)
        return [each for each in self.shown[before:] if isinstance(each, Form)]


@pytest.fixture
def page() -> Iterator[Page]:
    return Page()


def commit(form: Form, answer: str) -> None:
    form.entry.value = answer
    form.button.click()


def live(widget: Form | Line) -> str:
    """What a student sees, and what a screen reader is told."""
    return str(widget.children[-1].value)


def state(name: str) -> str:
    return str(overview.table().set_index("name").loc[name, "state"])


def test_the_answer_is_told_only_when_somebody_has_predicted(page: Page) -> None:
    form = page.ask("01-keys")
    line = page.tell("01-keys", "same")
    assert "Predict first" in live(line)
    assert "same partition" not in live(line)
    assert state("01-keys") == "not yet"
    commit(form, "spread")
    assert "You have said: Spread over all partitions" in live(form)
    told = "✖ You said: Spread over all partitions, to share the load. It is: All in the same partition, since"
    assert told in live(line)
    assert "would then have no order" in live(line)  # what this wrong choice needs to be told
    assert "hashes the key" in live(line)
    assert form.entry.disabled
    assert form.button.disabled
    assert state("01-keys") == "wrong"


def test_whoever_has_predicted_first_is_told_at_once(page: Page) -> None:
    commit(page.ask("01-keys"), "same")
    assert state("01-keys") == "the answer is still to come"
    line = page.tell("01-keys", "same")
    assert "✔ You said: All in the same partition, since the key decides. That is right." in live(line)
    assert state("01-keys") == "right"


def test_what_was_found_counts_not_what_the_book_says(page: Page) -> None:
    commit(page.ask("01-keys"), "same")
    assert "It is: Spread over all partitions" in live(page.tell("01-keys", "spread"))


def test_a_prediction_is_kept_and_may_be_made_anew(page: Page) -> None:
    commit(page.ask("01-keys"), "spread")
    page.tell("01-keys", "same")
    later = Page()
    form = later.ask("01-keys")
    assert "You have said: Spread over all partitions, to share the load. You may predict anew." in live(form)
    line = later.tell("01-keys", "same")
    assert "✖" in live(line)
    commit(form, "same")
    assert "✔" in live(line)
    assert state("01-keys") == "right"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("60", "✔ You said: 60 records. That is right."),
        ("60,0", "✔"),
        ("30", "but the rate is 2."),
        ("20", "one device sends, and there are 3"),
        ("6", "in one second, and there are 10"),
        ("10", "but the rate is 2. That is what one device sends"),  # it lacks both
        ("61", "✔ You said: 61 records. That is right. Exactly, it is 60 records."),
        ("62", "✖ You said: 62 records. It is: 60 records."),
    ],
)
def test_a_number_is_told_which_factor_it_lacks(page: Page, said: str, told: str) -> None:
    given = {"devices": 3, "rate": 2.0, "seconds": 10}
    form = page.ask("00-count", **given)
    line = page.tell("00-count", 60, **given)
    commit(form, said)
    assert told in live(line)


def test_what_is_no_answer_is_said_and_not_taken(page: Page) -> None:
    number = page.ask("00-count", devices=3, rate=2.0, seconds=10)
    commit(number, "many")
    assert "Type a number, such as 12." in live(number)
    choice = page.ask("01-keys")
    choice.button.click()
    assert "Choose one first." in live(choice)
    assert not choice.button.disabled
    assert progress.predicted() == {}


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("01-kees", {}, "There is no prediction '01-kees': did you mean '01-keys'"),
        ("00-count", {"devices": 3, "seconds": 1}, "00-count needs rate=: its text names it"),
    ],
)
def test_a_mistake_of_whoever_writes_a_lesson_is_one_line(
    page: Page, name: str, given: dict[str, object], message: str
) -> None:
    with pytest.raises(LabError, match=message):
        page.ask(name, **given)
    with pytest.raises(LabError, match=message):
        page.tell(name, 1, **given)
    with pytest.raises(LabError, match=r"'middle' is none of the choices: spread, same, emptiest"):
        page.tell("01-keys", "middle")


def test_unattended_it_says_that_nobody_has_predicted_and_goes_on(page: Page) -> None:
    form, line = page.ask("01-keys"), page.tell("01-keys", "same")
    assert "- All in the same partition" in form.words()
    assert line.snapshot.words().startswith(
        "No prediction was made. It is: All in the same partition, since the key decides."
    )
    assert "<li>All in the same partition, since the key decides</li>" in form.static_html()
    assert "It is: All in the same partition, since the key decides." in line.snapshot.html()


def test_a_wrong_prediction_is_asked_again_two_lessons_later_until_it_is_right(page: Page) -> None:
    for name in ("01-groups", "01-keys"):
        commit(page.ask(name), "spread" if name == "01-keys" else "all")
    page.tell("01-keys", "same")
    page.tell("01-groups", "all")
    assert page.warm_up("02") == []
    (again,) = Page().warm_up("03")
    assert again.words() != page.ask("01-keys").words()
    wrong = {each.value for each in again.asked.choices} - {again.asked.right} or {"7"}
    commit(again, min(wrong))
    assert "✖" in live(again)
    (third,) = page.warm_up("04")
    commit(third, str(third.asked.right))
    assert "✔" in live(third)
    assert page.warm_up("05") == []
    assert state("01-keys") == "right in a warm-up"


def test_a_warm_up_has_three_questions_at_most(page: Page) -> None:
    for name in [each for each in questions() if each[:2] in ("01", "02")]:
        found = find(name)
        commit(page.ask(name), next(each.value for each in found.choices if each.value != found.right))
        page.tell(name, found.right)
    assert len(page.warm_up("04")) == 3


@pytest.mark.parametrize("content", [b"[1]", None])
def test_a_lesson_goes_on_where_nothing_can_be_kept(page: Page, content: bytes | None) -> None:
    if content:
        progress.path().write_bytes(content)
    else:
        progress.path().mkdir()  # reading a directory is an error
    form, line = page.ask("01-keys"), page.tell("01-keys", "same")
    commit(form, "spread")
    assert "✖ You said: Spread" in live(line)
    page.warm_up("03")


def test_texts_are_shown_as_text(page: Page) -> None:
    form = page.ask("00-count", devices="<b>3", rate=2.0, seconds=10)
    assert "&lt;b&gt;3" in form.children[0].value
    assert "<code>sensor</code>" in form.children[0].value


def test_the_overview_shows_every_exercise_and_prediction() -> None:
    table = overview.table()
    assert len(table) > 60
    for shown in (repr(table), table._repr_html_()):
        assert not [name for name in table["name"] if name not in shown]
