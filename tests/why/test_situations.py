"""`lab.why(run)` is right in planted situations: what is the matter, in which order, and with which numbers."""

import pytest

from labkit import Lab
from tests.why import situations
from tests.why.conftest import Plant
from tests.why.situations import Situation

PAIRS = [pytest.param(each, marks=pytest.mark.slow) for each in situations.PAIRS[situations.SAMPLE :]]
PLANTED = [*situations.ONE, *situations.PAIRS[: situations.SAMPLE], *PAIRS, *situations.HEALTHY]


@pytest.mark.parametrize("situation", PLANTED, ids=lambda each: each.name)
def test_what_is_the_matter(shared: Lab, plant: Plant, situation: Situation) -> None:
    run, topics = plant(situation.sent, situation.pipeline, **situation.options)
    found = shared.why(run)
    assert [type(each) for each in found.causes] == [*situation.matter], str(found)
    text = " ".join(found.sentences)
    for each in situation.words or ["Nothing is wrong."]:
        for name, topic in topics.items():
            each = each.replace(f"{{{name}}}", topic)
        assert each in text
