"""Feedback as an LMS takes it: a zip with a page for each student, named so that the page finds its way."""

import io
import zipfile
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import PurePosixPath

from labkit.grading.layouts import canvas, moodle
from labkit.grading.results import Result

PAGE = "feedback.html"

Name = Callable[[Result], str]


def zips(found: Sequence[Result], pages: Mapping[str, str], participants: Collection[str]) -> dict[str, bytes]:
    """Returns the zips, by name. `pages` has the pages by student, `participants` the ids on Moodle's worksheet."""

    def for_moodle(result: Result) -> str:
        person = result.person
        return moodle.feedback(person.name, person.id) if person.id in participants else ""

    made = {"canvas": _zip(found, pages, for_canvas), "moodle": _zip(found, pages, for_moodle)}
    return {f"{name}_feedback.zip": content for name, content in made.items() if content}


def _zip(found: Sequence[Result], pages: Mapping[str, str], name: Name) -> bytes:
    """Returns a zip with the pages of those who have a name in it; empty if nobody has."""
    named = [(folder, pages[each.student]) for each in found if each.reports and (folder := name(each))]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for folder, page in named:
            packed.writestr(zipfile.ZipInfo(f"{folder}{PAGE}"), page, zipfile.ZIP_DEFLATED)  # no date: the same bytes
    return content.getvalue() if named else b""


def for_canvas(result: Result) -> str:
    """Returns the part of a submitted file's name by which Canvas finds the student again."""
    names = (canvas.feedback(PurePosixPath(each.file).name) for each in result.notebooks if each.said_late is not None)
    return next(filter(None, names), "")
