"""Which answers are the same but for names and comments."""

import json

import pytest

from labkit.grading import authoring
from labkit.grading.copies import copies
from labkit.grading.exercises import Exercises
from tests.grading.reports import task

ANSWER = authoring.of_the_package().solution("dead-letters").read_text() + '\nlab.check("dead-letters", answer)'

OTHER = {
    "renamed": (ANSWER.replace("answer", "mine").replace("stream", "s"), True),
    "commented": (ANSWER.replace("\n    ", "\n    # mine\n    "), True),
    "with a magic": ("%time\n" + ANSWER, True),
    "checked twice": (ANSWER + '\nlab.check("dead-letters", answer)', True),
    "another constant": (ANSWER.replace("reason", "why"), False),
    "short": ('lab.check("dead-letters", lambda stream: stream)', False),
    "not Python": ("def answer(:\n" + ANSWER, False),
    "endless": ("+".join(["1"] * 50_000) + "\n" + ANSWER, False),
}


@pytest.mark.parametrize("how", OTHER)
def test_names_comments_and_layout_make_no_difference_and_all_else_does(how: str) -> None:
    code, same = OTHER[how]
    assert code != ANSWER
    found = [each.students for each in copies([task("anna", code=ANSWER), task("ben", code=code)]).copies]
    assert found == ([("anna", "ben")] if same else [])


def test_an_answer_is_compared_with_the_reference_of_its_exercise() -> None:
    references = Exercises((authoring.of_the_package(),)).references()
    assert {*references} == {each.name for each in authoring.of_the_package().folder.exercises()}
    mine = ANSWER.replace("answer", "mine").replace("examined", "seen")
    other = ANSWER.replace('"no JSON"', '"broken"')
    compared = copies([task("anna", code=mine), task("ben", code=other)], references)
    assert [(each.exercise, each.students) for each in compared.copies] == [("dead-letters", ("the reference", "anna"))]


def test_an_answer_with_the_numbers_of_the_recording_is_told_and_one_with_a_few_of_them_is_not() -> None:
    package = authoring.of_the_package()
    rows = next(iter(json.loads(package.folder.recording("damp-rooms").read_text()).values()))["out"]
    pasted = f"rows = {rows!r}\ndef mine(readings):\n    return rows\nlab.check('damp-rooms', mine)"
    reference = package.solution("damp-rooms").read_text() + "\nlab.check('damp-rooms', answer)"
    few = f"seen = {[row['temperature'] for row in rows[:5]]}\n{reference}"
    damp = task("anna", code=pasted), task("ben", code=few)
    recordings = Exercises((package,)).recordings()
    assert [each.students for each in copies(damp, {}, recordings).copies] == [("the recording", "anna")]


def test_answers_that_are_short_are_the_same_by_chance() -> None:
    short = 'lab.check("dead-letters", lambda stream: stream)'
    assert copies([task("anna", code=short), task("ben", code=short)]).copies == []


def test_another_name_for_an_error_or_a_module_makes_no_difference() -> None:
    name = "error"
    long = "return [" + ", ".join(f"each + {number}" for number in range(12)) + "]"
    code = f"import json as {name}s\ndef mine(each):\n    try:\n        {long}\n    except ValueError as {name}:\n"
    code += f"        return {name}s.dumps(f'no JSON: {{{name}}}')\nlab.check('dead-letters', mine)"
    other = code.replace(f"{name}s", "problems").replace(name, "problem")
    assert [each.students for each in copies([task("anna", code=code), task("ben", code=other)]).copies] == [
        ("anna", "ben")
    ]


def test_a_constant_of_thousands_of_digits_is_compared_like_any_other() -> None:
    big = ANSWER.replace('"no JSON"', f"0x{'f' * 4000}")
    students = [task("anna", code=big), task("ben", code=big), task("cleo", code=big.replace("0xf", "0xe"))]
    compared = copies(students)
    assert ([each.students for each in compared.copies], compared.failed) == ([("anna", "ben")], {})


@pytest.mark.slow
def test_what_is_too_long_or_too_deep_to_be_compared_is_said_and_the_others_are_compared() -> None:
    chain = "\n".join(f"def f{number}(): return f{number + 1}" for number in range(40_000))
    deep = "def f0(): return " + "-" * 3000 + "1"
    hostile = {name: f"{code}\nlab.check('dead-letters', f0)" for name, code in (("chain", chain), ("deep", deep))}
    tasks = [task(name, code=code) for name, code in hostile.items()]
    compared = copies([*tasks, task("anna", code=ANSWER), task("ben", code=ANSWER)])
    assert [each.students for each in compared.copies] == [("anna", "ben")]
    assert compared.failed["chain"] == ["dead-letters: not compared with others' answers (TooLong)"]


def test_answers_made_of_the_smaller_step_say_so_and_others_do_not() -> None:
    package = authoring.of_the_package()
    exercises = Exercises((package,))
    step = exercises.smaller_steps()["dead-letters"]
    repaired = step.replace(*package.solutions_of(package.folder.exercise("dead-letters")).REPAIR)
    assert repaired != step
    answers = {
        "anna": repaired,
        "ben": repaired.replace("value", "reading"),
        "carl": repaired.replace("def dead_letters", "LIMIT = 0\n\n\ndef dead_letters").replace(
            '!= ""', "> str(LIMIT)"
        ),
        "dora": ANSWER.replace("answer", "mine"),
        "emil": step,
    }
    tasks = [task(student, code=code) for student, code in answers.items()]
    found = {each.students for each in copies(tasks, exercises.references(), {}, exercises.smaller_steps()).copies}
    smaller = "the smaller step"
    assert found == {(smaller, "anna", "ben"), (smaller, "carl"), (smaller, "emil"), ("the reference", "dora")}
