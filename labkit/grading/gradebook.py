"""The marks of a class as files: gradebook.csv, a results.json and a page of feedback for each student."""

import csv
import datetime
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from labkit.exercises.exercise import Exercise
from labkit.grading.grade import Plan, by_student, slug

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(out: Path, plan: Plan, reports: Sequence[dict[str, Any]], exercises: Sequence[Exercise]) -> list[Path]:
    """Write everything into a folder; returns the files for the class."""
    (out / "feedback").mkdir(parents=True, exist_ok=True)
    for student, theirs in by_student(reports):
        name = slug(student)
        (out / "feedback" / f"{name}.json").write_text(json.dumps(results(theirs), indent=2))
        (out / "feedback" / f"{name}.html").write_text(page(student, theirs))
    table = out / "gradebook.csv"
    table.write_text(gradebook(plan, reports, exercises))
    return [table]


def gradebook(plan: Plan, reports: Sequence[dict[str, Any]], exercises: Sequence[Exercise]) -> str:
    """One row per student and one per file that could not be read. Columns as nbgrader has them, then each exercise."""
    text = io.StringIO()
    names = [each.name for each in exercises]
    heads = ["assignment", "timestamp", "student_id", "score", "max_score", "status", "seconds", *names, "remarks"]
    table = csv.writer(text, lineterminator="\n")
    table.writerow(heads)
    for row in _rows(plan, reports, exercises):
        table.writerow([_harmless(each) for each in row])
    return text.getvalue()


def _rows(plan: Plan, reports: Sequence[dict[str, Any]], exercises: Sequence[Exercise]) -> Iterator[list[Any]]:
    out_of = sum(each.points for each in exercises)
    older = {student: f"{file} is older than {newer}" for student, file, newer in plan.older}
    graded = set()
    for student, theirs in by_student(reports):
        graded.add(student)
        points = {each["name"]: each["points"] for report in theirs for each in report["exercises"]}
        newest = max(report["modified"] for report in theirs)
        time = datetime.datetime.fromtimestamp(newest, datetime.UTC).isoformat(timespec="seconds")
        status = next((each["status"] for each in theirs if each["status"] != "ok"), "ok")
        seconds = round(sum(report["seconds"] for report in theirs), 1)
        unread = [f"{file}: {reason}" for name, file, reason in plan.unreadable if name == student]
        remarks = "; ".join([*unread, *([older[student]] if student in older else [])])
        marks = [points.get(each.name, "") for each in exercises]
        yield ["exercises", time, student, sum(points.values()), out_of, status, seconds, *marks, remarks]
    for student, file, reason in plan.unreadable:
        if student not in graded:
            nothing = [""] * len(exercises)
            yield ["exercises", "", student, 0, out_of, "unreadable", "", *nothing, f"{file}: {reason}"]


def _harmless(value: Any) -> Any:
    """A spreadsheet must not take a text for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def results(reports: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A student's results as Gradescope's autograders give them (results.json), with all that labkit knows beside."""
    tests = [_test(each) for report in reports for each in report["exercises"]]
    return {
        "score": sum(each["score"] for each in tests),
        "execution_time": sum(report["seconds"] for report in reports),
        "output": "; ".join(f"{report['file']}: {report['status']}" for report in reports),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": {"reports": list(reports)},
    }


def _test(exercise: dict[str, Any]) -> dict[str, Any]:
    lines = [f"{'holds      ' if each['holds'] else 'falls short'}  {each['words']}" for each in exercise["behaviours"]]
    return {
        "name": f"{exercise['name']}: {exercise['title']}",
        "score": exercise["points"],
        "max_score": exercise["out_of"],
        "status": "passed" if exercise["points"] == exercise["out_of"] else "failed",
        "output": "\n".join([*lines, *exercise["diagnosis"]]),
        "output_format": "text",
        "visibility": "visible",
    }


# ---------------------------------------------------------------- the page

PAGE = Markup(
    "<!DOCTYPE html><html lang='en'><meta charset='utf-8'><title>Feedback for {student}</title>"
    "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    "<style>body{{font:16px/1.5 sans-serif;max-width:72em;margin:2em auto;padding:0 1em}}"
    "td,th{{padding:2px 16px 2px 0;text-align:left;vertical-align:top}}</style>"
    "<h1>Feedback for {student}</h1><p>{points} of {out_of} points</p>{body}</html>"
)


def page(student: str, reports: Sequence[dict[str, Any]]) -> str:
    """A student's feedback as one HTML file without scripts, everything of the submission escaped."""
    exercises = [each for report in reports for each in report["exercises"]]
    remarks = [Markup("<p>{}: {}, {} s</p>").format(each["file"], each["status"], each["seconds"]) for each in reports]
    body = Markup().join([*remarks, *map(_section, exercises)])
    points, out_of = sum(each["points"] for each in exercises), sum(each["out_of"] for each in exercises)
    return str(PAGE.format(student=student, points=points, out_of=out_of, body=body))


def _section(exercise: dict[str, Any]) -> Markup:
    title = Markup("<h2>{}: {} ({} of {} points)</h2>").format(
        exercise["name"], exercise["title"], exercise["points"], exercise["out_of"]
    )
    row = Markup("<tr><td>{}</td><td>{}</td></tr>")
    marks = [
        row.format("✓ holds" if each["holds"] else "✗ falls short", each["words"]) for each in exercise["behaviours"]
    ]
    parts = [title, Markup("<table>{}</table>").format(Markup().join(marks))]
    parts += [Markup("<p>{}</p>").format(each) for each in exercise["diagnosis"]]
    parts += [_evidence(exercise["evidence"])] if exercise["evidence"] else []
    passed = exercise["points"] == exercise["out_of"]
    more = [exercise["discussion"]] if passed else [f"Hint: {each}" for each in exercise["hints"]]
    return Markup().join([*parts, *(Markup("<p>{}</p>").format(each) for each in more)])


def _evidence(lines: Sequence[Sequence[Any]]) -> Markup:
    heads = Markup("<tr><th></th><th>went in</th><th>expected</th><th>came out</th></tr>")
    row = Markup("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>")
    cells = [
        row.format("→ wrong" if wrong else "", *(Markup("<br>").join(each) for each in (sent, expected, got)))
        for sent, expected, got, wrong in lines
    ]
    return Markup("<table>{}{}</table>").format(heads, Markup().join(cells))
