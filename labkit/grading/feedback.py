"""A student's feedback: a page, and the same in the format of Gradescope's autograders (results.json)."""

import datetime
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from labkit.grading.results import Result

NOT_HANDED_IN = "Not handed in"


def results_json(result: Result) -> dict[str, Any]:
    """Returns a results.json, with everything else that labkit knows added."""
    judged = {each["name"]: each for each in result.exercises}
    tests = [_test(result, name, judged.get(name)) for name in result.worth]
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


def _test(result: Result, name: str, exercise: dict[str, Any] | None) -> dict[str, Any]:
    points, worth = round(result.points.get(name, 0), 2), result.worth[name]
    said = [result.reasons[name]] if name in result.reasons else []
    return {
        "name": f"{name}: {exercise['title']}" if exercise else name,
        "score": points,
        "max_score": worth,
        "status": "passed" if points >= worth else "failed",
        "output": "\n".join([*said, *(lines(exercise) if exercise else [NOT_HANDED_IN])]),
        "output_format": "text",
        "visibility": "visible",
    }


def lines(exercise: dict[str, Any]) -> list[str]:
    """The behaviours of an exercise, and what went wrong, as text."""
    marks = [f"{'holds      ' if each['holds'] else 'falls short'}  {each['words']}" for each in exercise["behaviours"]]
    return [*marks, *_said(exercise), *exercise["diagnosis"]]


def _said(exercise: dict[str, Any]) -> list[str]:
    """What the check itself said, unless the records already show it."""
    said = exercise["said"] or "The notebook did not get to the check."
    return [] if exercise["points"] or "handed in" in said else [said]


def remarks(result: Result) -> list[str]:
    """Remarks on a result as a whole, apart from its marks."""
    said = [f"{each['file']}: {each['status']}, {each['seconds']} s" for each in result.reports]
    if result.submitted:
        said.append(f"Handed in {time(result.submitted)}")
    if result.penalty:
        said.append(f"Late: {result.penalty:.4g} points less")
    if result.status == "missing":
        said.append("Nothing was handed in.")
    trouble = [each for report in result.reports for each in report["trouble"][1:]]
    return [*said, *result.remarks, *trouble]


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
    """A student's feedback as one HTML file without scripts; all text from the submission is escaped."""
    left_out = [name for name in result.worth if name not in {each["name"] for each in result.exercises}]
    said = [*remarks(result), *([f"{NOT_HANDED_IN}: {', '.join(left_out)}"] if left_out else [])]
    paragraphs = [Markup("<p>{}</p>").format(each) for each in said]
    body = Markup().join([*paragraphs, *(_section(result, each) for each in result.exercises)])
    points, out_of = f"{result.score:.4g}", f"{result.out_of:g}"
    return str(PAGE.format(student=result.person.name or result.student, points=points, out_of=out_of, body=body))


def _section(result: Result, exercise: dict[str, Any]) -> Markup:
    name = exercise["name"]
    title = Markup("<h2>{}: {} ({:.4g} of {:g} points)</h2>").format(
        name, exercise["title"], result.points[name], result.worth[name]
    )
    reason = [Markup("<p><b>{}</b></p>").format(result.reasons[name])] if name in result.reasons else []
    row = Markup("<tr><td>{}</td><td>{}</td></tr>")
    marks = [
        row.format("✓ holds" if each["holds"] else "✗ falls short", each["words"]) for each in exercise["behaviours"]
    ]
    parts = [title, *reason, Markup("<table>{}</table>").format(Markup().join(marks))]
    parts += [Markup("<p>{}</p>").format(each) for each in [*_said(exercise), *exercise["diagnosis"]]]
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
