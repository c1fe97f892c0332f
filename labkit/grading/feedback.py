"""A student's feedback: a page, and the same as Gradescope's autograders give it (results.json)."""

import datetime
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from labkit.grading.results import Result


def results_json(result: Result) -> dict[str, Any]:
    """A results.json, with all that labkit knows beside."""
    tests = [_test(each) for report in result.reports for each in report["exercises"]]
    return {
        "score": round(result.score, 2),
        "execution_time": result.seconds,
        "output": "; ".join(remarks(result)),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": {"max_score": result.out_of, "reports": result.reports},
    }


def _test(exercise: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": f"{exercise['name']}: {exercise['title']}",
        "score": exercise["points"],
        "max_score": exercise["out_of"],
        "status": "passed" if exercise["points"] == exercise["out_of"] else "failed",
        "output": "\n".join(lines(exercise)),
        "output_format": "text",
        "visibility": "visible",
    }


def lines(exercise: dict[str, Any]) -> list[str]:
    """The behaviours of an exercise, and what went wrong, as text."""
    marks = [f"{'holds      ' if each['holds'] else 'falls short'}  {each['words']}" for each in exercise["behaviours"]]
    return [*marks, *exercise["diagnosis"]]


def remarks(result: Result) -> list[str]:
    """What is to be said of a result as a whole, but for its marks."""
    said = [f"{each['file']}: {each['status']}, {each['seconds']} s" for each in result.reports]
    if result.submitted:
        said.append(f"Handed in {time(result.submitted)}")
    if result.penalty:
        said.append(f"Late: {result.penalty:g} points less")
    return [*said, *result.remarks]


def time(seconds: float) -> str:
    """A time as ISO text, in UTC."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(timespec="seconds")


PAGE = Markup(
    "<!DOCTYPE html><html lang='en'><meta charset='utf-8'><title>Feedback for {student}</title>"
    "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    "<style>body{{font:16px/1.5 sans-serif;max-width:72em;margin:2em auto;padding:0 1em}}"
    "td,th{{padding:2px 16px 2px 0;text-align:left;vertical-align:top}}</style>"
    "<h1>Feedback for {student}</h1><p>{points} of {out_of} points</p>{body}</html>"
)


def page(result: Result) -> str:
    """A student's feedback as one HTML file without scripts, everything of the submission escaped."""
    exercises = [each for report in result.reports for each in report["exercises"]]
    said = [Markup("<p>{}</p>").format(each) for each in remarks(result)]
    body = Markup().join([*said, *map(_section, exercises)])
    points, out_of = f"{result.score:g}", f"{result.out_of:g}"
    return str(PAGE.format(student=result.name or result.student, points=points, out_of=out_of, body=body))


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
