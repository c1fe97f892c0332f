"""Whose a file is: the names that the LMS or the instructor has given decide, and never one that a student chose."""

from pathlib import PurePosixPath

import pytest

from labkit import LabError
from labkit.grading import layouts
from labkit.grading.roster import Person, knows

NOTEBOOK = "02_filter_exercises.ipynb"

# As Moodle's mod/assign, Canvas's content_zipper.rb, nbgrader's exchange and ILIAS's ilExSubmission write them, and as
# instructors show those of Blackboard and Brightspace.
EXPORTS = {
    "Moodle": {
        f"Anna Ek_4711_assignsubmission_file_/{NOTEBOOK}": "Anna Ek_4711",
        "Anna Ek_4711_assignsubmission_onlinetext_/onlinetext.html": "Anna Ek_4711",
        f"Group A-Cleo Müller_123456_assignsubmission_file/sub/{NOTEBOOK}": "Group A-Cleo Müller_123456",
        f"Participant_9_assignsubmission_file_{NOTEBOOK}": "Participant_9",
    },
    "Canvas": {
        f"dorndora_98765_1234567_{NOTEBOOK}": "dorndora_98765",
        "dorndora_LATE_98765_1234567_02_filter_exercises-1.ipynb": "dorndora_98765",
        f"o_brienpat_98766_1234568_{NOTEBOOK}": "o_brienpat_98766",
        "emmaerin_98767_text.html": "emmaerin_98767",
        f"LATE_anon_x7Kp2_1234569_{NOTEBOOK}": "anon_x7Kp2",
    },
    "nbgrader": {
        f"submitted/ben/week2/{NOTEBOOK}": "ben",
        f"submitted/anna/week2/{NOTEBOOK}": "anna",
    },
    "Blackboard": {
        f"Week 2_ekanna_attempt_2026-11-26-13-12-00_{NOTEBOOK}": "ekanna",
        "Week 2_ekanna_attempt_2026-11-26-13-12-00.txt": "ekanna",
        f"Week 2_boz_attempt_2026-11-27-09-00-00_{NOTEBOOK}": "boz",
    },
    "Brightspace": {
        f"41-77 - Anna Ek - Nov 26, 2026 112 PM/{NOTEBOOK}": "Anna Ek_41",
        f"42-77 - Ben Öz - Dec 1, 2026 1159 PM - {NOTEBOOK}": "Ben Öz_42",
        f"42-77 - Ben Öz - Dec 2, 2026 1201 AM - {NOTEBOOK}": "Ben Öz_42",
    },
    "ILIAS": {
        f"Ek_Anna_aek_4711/{NOTEBOOK}": "Ek_Anna_aek_4711",
        f"Öz_Ben_b_oz_4712/{NOTEBOOK}": "Öz_Ben_b_oz_4712",
    },
    "a folder or a notebook for each student": {
        f"anna/{NOTEBOOK}": "anna",
        f"ben/deep/er/{NOTEBOOK}.json": "ben",
        "emil.ipynb": "emil",
        "fred.ipynb.json": "fred",
        "GERD.IPYNB": "GERD",
    },
}


def people(*names: str) -> dict[str, Person]:
    return {name: Person(name) for name in names}


def students(*paths: str, roster: tuple[str, ...] = ()) -> dict[str, str]:
    """Whose each file is."""
    found = [PurePosixPath(each) for each in paths]
    layout = layouts.decide(found, knows(people(*roster)))
    return {str(path): place.student for path in found if (place := layout.place(path))}


def name_of(*paths: str) -> str:
    return layouts.decide(map(PurePosixPath, paths)).name


@pytest.mark.parametrize("name", EXPORTS)
def test_each_lms_is_told_by_its_names_and_so_are_its_students(name: str) -> None:
    assert students(*EXPORTS[name]) == EXPORTS[name]
    assert name_of(*EXPORTS[name]) == name


@pytest.mark.parametrize("name", EXPORTS)
@pytest.mark.parametrize("around", ["class", "class/2026", "a b/c/d"])
def test_folders_around_the_class_make_no_difference(name: str, around: str) -> None:
    inside = {f"{around}/{path}": student for path, student in EXPORTS[name].items()}
    if name.startswith("a folder"):  # a notebook beside folders makes a student's folder of the one around
        inside = {path: student for path, student in inside.items() if f"/{student}/" in path}
    assert students(*inside) == inside


ALONE = {  # what the roster calls the student, and what the files do
    f"class/Anna Ek_4711_assignsubmission_file_/{NOTEBOOK}": ("4711", "Anna Ek_4711"),
    f"class/ekanna_98765_1_{NOTEBOOK}": ("98765", "ekanna_98765"),
    f"class/Week 2_aek_attempt_2026-11-26-13-12-00_{NOTEBOOK}": ("aek", "aek"),
    f"class/41-77 - Anna Ek - Nov 26, 2026 112 PM/{NOTEBOOK}": ("Anna Ek", "Anna Ek_41"),
    f"class/Ek_Anna_aek_4711/{NOTEBOOK}": ("aek", "Ek_Anna_aek_4711"),
    f"class/submitted/aek/week2/{NOTEBOOK}": ("aek", "aek"),
}


@pytest.mark.parametrize("path", ALONE)
def test_whoever_is_alone_in_a_folder_around_the_class_is_told_by_the_roster(path: str) -> None:
    known, student = ALONE[path]
    assert students(path, roster=(known,)) == {path: student}
    assert students(path, roster=(known, "class")) == {path: "class"}, "a student may name a folder so"
    assert students(path) == {path: "class"}


EVIL = [
    "eveevil_22_3_x_4711_assignsubmission_file.ipynb", "x_4711_assignsubmission_file_/02.ipynb", "x_1_2_y.ipynb",
    "anna_LATE_4711_1_02.ipynb", "submitted/anna/week2/02.ipynb", "Ek_Anna_aek_4711/02.ipynb", "timestamp.txt",
    "x_boz_attempt_2026-01-01-00-00-00_02.ipynb", "42-77 - Ben Öz - Jan 1, 2026 100 AM - 02.ipynb",
    "../anna/02.ipynb", "anna_4711_1_02.ipynb/02.ipynb", "source/week2/02.ipynb", "class/anna/02.ipynb",
]  # fmt: skip
FOLDERS = {  # what belongs to eve alone, in each layout
    "Moodle": ("Eve_22_assignsubmission_file_/", "Eve_22"),
    "Canvas": ("eveevil_22_3_", "eveevil_22"),
    "nbgrader": ("submitted/eve/week2/", "eve"),
    "Blackboard": ("Week 2_eve_attempt_2026-11-26-13-12-00_", "eve"),
    "Brightspace": ("22-77 - Eve Evil - Nov 26, 2026 112 PM/", "Eve Evil_22"),
    "ILIAS": ("Evil_Eve_eve_22/", "Evil_Eve_eve_22"),
    "a folder or a notebook for each student": ("eve/", "eve"),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_nothing_that_a_student_names_takes_the_place_of_another(name: str) -> None:
    before, eve = FOLDERS[name]
    honest = EXPORTS[name]
    named = {f"{before}{each.replace('/', '_') if before.endswith('_') else each}": eve for each in EVIL}
    assert students(*honest, *named) == honest | named
    assert name_of(*honest, *named) == name


def test_canvas_alone_says_that_a_file_is_late() -> None:
    def said(path: str, *others: str) -> bool | None:
        place = layouts.decide(map(PurePosixPath, (path, *others))).place(PurePosixPath(path))
        assert place
        return place.said_late

    canvas = [*EXPORTS["Canvas"]]
    assert [said(each, *canvas) for each in canvas] == [False, True, False, False, True]
    for folder in ("Anna Ek_4711_assignsubmission_file_", "aek", "submitted/aek/week2"):
        assert said(f"{folder}/x_1_2_02.ipynb") is None
        assert said(f"{folder}/x_LATE_1_2_02.ipynb") is None


@pytest.mark.parametrize(
    ("path", "time"),
    [
        (f"Week 2_ekanna_attempt_2026-11-26-13-12-05_{NOTEBOOK}", (2026, 11, 26, 13, 12, 5)),
        (f"42-77 - Ben Öz - Dec 2, 2026 1201 AM - {NOTEBOOK}", (2026, 12, 2, 0, 1)),
        (f"41-77 - Anna Ek - Sep 6, 2026 112 PM/{NOTEBOOK}", (2026, 9, 6, 13, 12)),
        ("W_aek_attempt_2026-11-26-13-12-05_W_aek_attempt_2026-01-01-00-00-00_02.ipynb", (2026, 11, 26, 13, 12, 5)),
        ("41-77 - A - Sep 6, 2026 112 PM - B - Jan 1, 2026 100 AM - 02.ipynb", (2026, 9, 6, 13, 12)),
    ],
)
def test_the_time_is_in_the_name(path: str, time: tuple[int, ...]) -> None:
    place = layouts.decide([PurePosixPath(path)], lambda _: True).place(PurePosixPath(path))
    assert place
    assert place.time == time


def test_only_what_was_submitted_counts_in_the_folder_of_an_nbgrader_course() -> None:
    others = [f"{each}/week2/{NOTEBOOK}" for each in ("source", "release")]
    others += [f"{each}/anna/week2/{NOTEBOOK}" for each in ("autograded", "feedback")]
    assert {*students(*others, *EXPORTS["nbgrader"]).values()} == {"anna", "ben"}


SWAPPED = [f"submitted/week2/{name}/{NOTEBOOK}" for name in ("anna", "ben")]


def test_assignments_above_students_are_told_by_the_roster_or_the_source() -> None:
    assert {*students(*SWAPPED, roster=("ben",)).values()} == {"anna", "ben"}
    assert {*students(*SWAPPED, f"source/week2/{NOTEBOOK}").values()} == {"anna", "ben"}
    with pytest.raises(LabError, match="is 'week2' a student or an assignment"):
        students(*SWAPPED)
    weeks = [f"submitted/anna/week{number}/{NOTEBOOK}" for number in (1, 2)]
    assert {*students(*weeks, roster=("Anna",)).values()} == {"anna"}
    assert {*students(*weeks, f"source/week1/{NOTEBOOK}", f"source/week2/{NOTEBOOK}").values()} == {"anna"}


def test_the_folder_of_the_only_student_is_not_taken_for_one_around_the_class() -> None:
    assert {*students(f"anna/{NOTEBOOK}", f"anna/old/{NOTEBOOK}").values()} == {"anna"}
    assert {*students(f"anna/one/{NOTEBOOK}", f"anna/two/{NOTEBOOK}", roster=("anna",)).values()} == {"anna"}
    assert {*students(f"class/anna/{NOTEBOOK}", roster=("anna",)).values()} == {"anna"}


def test_a_name_from_a_mac_is_the_same_name() -> None:
    assert students("Cleo Mu\u0308ller/02.ipynb") == {"Cleo Mu\u0308ller/02.ipynb": "Cleo Müller"}


@pytest.mark.parametrize("name", [each for each in EXPORTS if not each.startswith("a folder")])
@pytest.mark.parametrize("notes", ["grading_notes.txt", "class/grading_notes.txt"])
def test_notes_beside_what_was_handed_in_make_no_difference(name: str, notes: str) -> None:
    for count in (1, len(EXPORTS[name])):
        some = dict([*EXPORTS[name].items()][:count])
        around = {f"class/{path}": student for path, student in some.items()} if "/" in notes else some
        known = (*some.values(),) if count == 1 else ()
        assert students(*around, notes, roster=known) == around
        assert layouts.decide(map(PurePosixPath, (*around, notes)), knows(people(*known))).name == name


def test_folders_in_the_only_folder_are_taken_for_students_and_that_is_said_unless_the_roster_knows_better() -> None:
    parts = [f"aek/{each}/{NOTEBOOK}" for each in ("sub1", "sub2")]
    assert {*students(*parts).values()} == {"sub1", "sub2"}
    assert name_of(*parts).endswith(", in aek (if that is a student's folder, name the student in [roster])")
    assert {*students(*parts, roster=("aek",)).values()} == {"aek"}
    for others in (["ben/02.ipynb"], ["ben.ipynb"], ["aek/02.ipynb"]):
        assert {*students(*parts, *others).values()} == {"aek"} | ({"ben"} if "ben" in others[0] else set())
        assert name_of(*parts, *others) == "a folder or a notebook for each student"
