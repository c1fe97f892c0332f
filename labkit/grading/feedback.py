"""A student's feedback: a page, and the same in the format of Gradescope's autograders (results.json)."""

from typing import Any

from labkit.grading import pages
from labkit.grading.course import Criterion
from labkit.grading.results import Result
from labkit.grading.submissions import Submission

NOT_JUDGED = "not judged yet"
NOT_HANDED_IN, NOT_REACHED = "Not handed in", "The notebook did not get to the check."


def results_json(result: Result) -> dict[str, Any]:
    """Returns a results.json, with everything else that labkit knows added."""
    judged = {each["name"]: each for each in result.exercises}
    criteria = {each.name: each for each in result.criteria}
    tests = [
        _by_hand(result, criteria[name]) if name in criteria else _test(result, name, judged.get(name))
        for name in result.worth
    ]
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


def _by_hand(result: Result, criterion: Criterion) -> dict[str, Any]:
    return {
        "name": criterion.name,
        "score": round(result.points.get(criterion.name, 0), 2),
        "max_score": criterion.points,
        "output": criterion.text if criterion.name in result.points else f"{criterion.text} ({NOT_JUDGED})",
        "output_format": "text",
        "visibility": "visible",
    }


def lines(exercise: dict[str, Any]) -> list[str]:
    """Returns the behaviours of an exercise, and what went wrong, as text."""
    marks = [f"{how:13}  {what}" for how, what in _marks(exercise)]
    return [*marks, *_explained(exercise)]


def _marks(exercise: dict[str, Any]) -> list[tuple[str, str]]:
    """Returns which behaviours hold; of a question only whether the answer is right, and of no answer nothing."""
    if not _was_judged(exercise):
        return []
    if exercise["student"] is not None:
        return [("✓ right" if exercise["points"] else "✗ not right", "Your answer")]
    return [("✓ holds" if each["holds"] else "✗ falls short", each["description"]) for each in exercise["behaviours"]]


def _explained(exercise: dict[str, Any]) -> list[str]:
    """Returns what the records show, or, where nothing was handed in, what the check itself said."""
    if _was_judged(exercise):
        return list(exercise["diagnosis"])
    return [exercise["said"]] if exercise["state"] else [NOT_REACHED, *exercise["diagnosis"]]


def _was_judged(exercise: dict[str, Any]) -> bool:
    return bool(exercise["points"]) or exercise["state"] == "handed in"


def remarks(result: Result) -> list[str]:
    """Remarks on a result as a whole, apart from its marks."""
    said = [f"{each['file']}: {each['status']}, {each['seconds']} s" for each in result.reports]
    if result.handed_in:
        said.append(f"Handed in {result.handed_in}")
    said += _late(result)
    if result.status == "missing":
        said.append("Nothing was handed in.")
    trouble = [each for report in result.reports for each in report["trouble"][1:]]
    return [*said, *result.remarks, *trouble]


def comment(result: Result) -> str:
    """Returns a comment for the LMS: what was earned, in one line that says nothing in a submission's own words."""
    marks = [f"{name} {result.points.get(name, 0):.4g} of {worth:g}" for name, worth in result.worth.items() if worth]
    return ". ".join([*_late(result), f"Points: {', '.join(marks)}", "The details are in your feedback page."])


def _late(result: Result) -> list[str]:
    less = f", {result.penalty:.4g} points less" if result.penalty else ""
    days = "1 day" if result.days_late == 1 else f"{result.days_late} days"
    return [f"Late by {days}{less}"] if result.days_late else []


def page(result: Result) -> str:
    """Returns a student's feedback as one HTML file without scripts; all text from the submission is escaped."""
    known = {*(each["name"] for each in result.exercises), *(each.name for each in result.criteria)}
    left_out = [name for name in result.worth if name not in known]
    missing = [f"{NOT_HANDED_IN}: {', '.join(left_out)}"] if left_out else []
    student, said = result.person.name or result.student, [*remarks(result), *missing]
    code = [(each.file, _code(each)) for each in result.notebooks]
    shown = pages.template("feedback.html.jinja")
    helpers = {"explained": _explained, "marks": _marks, "was_judged": _was_judged, "not_judged": NOT_JUDGED}
    return shown.render(result=result, student=student, remarks=said, code=code, **helpers)


def _code(notebook: Submission) -> list[tuple[int, str]]:
    """Returns the code cells, with their places in the notebook."""
    return [
        (number, each.source) for number, each in enumerate(notebook.cells, 1) if each.is_code and each.source.strip()
    ]
