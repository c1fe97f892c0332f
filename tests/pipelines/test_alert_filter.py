"""The alert filter against an oracle in plain Python, through a real broker."""

import json
from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkit.pipelines import alert_filter
from labkit.testing.trial import UnderTest

temperatures = st.one_of(st.floats(-300, 60), st.sampled_from([29.84, 29.85, 29.86, -273.15]), st.just("hot"))
readings = st.fixed_dictionaries(
    {"device": st.sampled_from(["a", "b"]), "temperature": temperatures, "humidity": st.floats(-5, 105)},
    optional={"timestamp": st.just(1_700_000_000_000), "room": st.text(max_size=5)},
)
records = st.lists(
    st.one_of(readings.map(json.dumps), st.sampled_from(["?", "null", "[]", "{}"])), min_size=1, max_size=30
)


def oracle(text: str) -> dict[str, object] | str | None:
    """What becomes of a record: the alert that it causes, None if it is cool, or `bad`."""
    try:
        reading = json.loads(text)
        good = (
            reading["temperature"] >= -273.15
            and 0 <= reading["humidity"] <= 100
            and isinstance(reading["device"], str)
            and reading["timestamp"] >= 0
        )
    except (ValueError, TypeError, KeyError):
        return "bad"
    if not good:
        return "bad"
    kelvin = reading["temperature"] + 273.15
    return reading | {"kelvin": kelvin} if kelvin > 303 else None


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records)
def test_every_record_becomes_what_the_oracle_says(pipeline: Callable[..., UnderTest], texts: list[str]) -> None:
    expected = [oracle(text) for text in texts]
    given = pipeline(alert_filter, reads="sensor").given([each.encode() for each in texts])
    given.gives([each for each in expected if isinstance(each, dict)])
    assert [bool(each.unreadable) for each in given.steps] == [each == "bad" for each in expected]


def test_the_threshold_itself_is_no_alert(pipeline: Callable[..., UnderTest]) -> None:
    exactly = 303 - 273.15
    base = {"device": "a", "humidity": 40.0}
    sent = [base | {"temperature": exactly + n / 100, "timestamp": 1_700_000_000_000 + n} for n in (-1, 0, 1)]
    kelvins = [each | {"kelvin": each["temperature"] + 273.15} for each in sent]
    pipeline(alert_filter, reads="sensor").given(sent).gives([each for each in kelvins if each["kelvin"] > 303])
