"""The site's pages say what is true; `.ci/run` builds it, and takes a broken link for an error."""

import json
import re
from pathlib import Path

import pytest
from nbformat.v4 import new_output

from scripts.executed import WIDGET, as_shown

ROOT = Path(__file__).parents[2]
ENTRY = re.compile(r"^(\S.*)\n    (.+) \[(\d\d)\]\(notebooks/(.+)\.ipynb\)$", re.MULTILINE)
GLOSSARY = ENTRY.findall((ROOT / "docs/site/glossary.md").read_text())
LESSONS = [each for each in sorted((ROOT / "notebooks").glob("*.ipynb")) if "exercises" not in each.name]


def prose(notebook: Path) -> str:
    cells = json.loads(notebook.read_text())["cells"]
    return "\n".join("".join(each["source"]) for each in cells if each["cell_type"] == "markdown")


PROSE = {each.stem: prose(each) for each in LESSONS}


def says(lesson: str, term: str, mark: str = "") -> bool:
    """Whether a lesson uses a term; `mark` is what stands before and after it."""
    words = re.escape(term.removesuffix(" window"))  # "tumbling, hopping and sliding windows"
    return bool(re.search(rf"(?i){mark}\b{words}(e?s)?( windows?)?\b{mark}", PROSE[lesson]))


def test_the_glossary_is_in_order_and_every_lesson_adds_to_it() -> None:
    terms = [term for term, *_ in GLOSSARY]
    assert terms == sorted(terms, key=str.lower)
    assert {lesson for *_, lesson in GLOSSARY} == PROSE.keys() - {
        "10_your_project",
        "11_incidents",
    }  # which explain nothing new


@pytest.mark.parametrize(("term", "meaning", "number", "lesson"), GLOSSARY, ids=[each[0] for each in GLOSSARY])
def test_a_term_is_introduced_where_the_glossary_says(term: str, meaning: str, number: str, lesson: str) -> None:
    assert lesson.startswith(f"{number}_")
    assert meaning.endswith(".")
    in_bold = [name for name in PROSE if says(name, term, r"\*\*")]
    assert lesson == in_bold[0] if in_bold else says(lesson, term)


def test_a_page_shows_pictures_for_widgets_and_the_last_of_lines_that_overwrite_each_other() -> None:
    said = ["\r1 of 3 (1 s)", "\r2 of 3 (2 s)", "\r3 of 3 (2 s)\n", "done\n"]
    widget, picture = (new_output("display_data", {kind: "x"}) for kind in (WIDGET, "text/html"))
    printed, shown = as_shown([*(new_output("stream", text=each) for each in said), widget, picture])
    assert printed.text == "3 of 3 (2 s)\ndone\n"
    assert shown == picture
