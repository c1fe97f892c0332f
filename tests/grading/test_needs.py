"""A class is graded without a download of what none of its exercises needs."""

import pytest

from labkit.grading import authoring, needs

COLLECTION = authoring.of_the_package()


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        ([], ["Kafka"]),
        (["damp-rooms", "which-records"], ["Kafka"]),
        (["compatible-change", "contract-or-dead-letter"], ["Kafka", "the schema registry"]),
        (["flink-extremes"], ["Kafka", "Flink's connector and planner"]),
    ],
)
def test_only_what_the_exercises_need_is_fetched(names: list[str], wanted: list[str]) -> None:
    exercises = [COLLECTION.folder.exercise(each) for each in names]
    assert [installation.what for installation, _ in needs.installations(exercises)] == wanted
