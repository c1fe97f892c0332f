"""The alert filter against an oracle in plain Python, through a real broker."""

import itertools
import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkit import Lab
from labkit.kafka import clients
from labkit.pipelines import alert_filter

temperatures = st.one_of(st.floats(-300, 60), st.sampled_from([29.84, 29.85, 29.86, -273.15]), st.just("hot"))
readings = st.fixed_dictionaries(
    {"device": st.sampled_from(["a", "b"]), "temperature": temperatures, "humidity": st.floats(-5, 105)},
    optional={"timestamp": st.just(1_700_000_000_000), "room": st.text(max_size=5)},
)
records = st.lists(st.one_of(readings.map(json.dumps), st.sampled_from(["?", "null", "[]", "{}"])), max_size=30)


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
def test_every_record_becomes_what_the_oracle_says(lab: Lab, texts: list[str]) -> None:
    lab.create_topic("sensor")
    producer = clients.producer(lab.broker.address)
    for text in texts:
        producer.produce(lab.full_name("sensor"), text.encode())
    producer.flush(10)
    run = lab.run(alert_filter, reads="sensor", writes="alert")
    run.wait_until_caught_up()
    run.stop()
    expected = [oracle(text) for text in texts]
    assert [each.value for each in lab.records("alert")] == [each for each in expected if isinstance(each, dict)]
    assert run.dead_letters == len(lab.records("sensor.dead-letter")) == expected.count("bad")
    lab.reset()


def test_the_threshold_itself_is_no_alert(lab: Lab) -> None:
    stamps = itertools.count(1_700_000_000_000)
    exactly = 303 - 273.15
    near = [exactly - 0.01, exactly, exactly + 0.01]
    base = {"device": "a", "humidity": 40.0}
    sent = [base | {"temperature": each, "timestamp": next(stamps)} for each in near]
    assert lab.produce(sent, per_second=None).wait(10)
    lab.run(alert_filter, reads="sensor", writes="alert").wait_until_caught_up()
    kelvins = [each.value["kelvin"] for each in lab.records("alert")]
    assert kelvins == [each + 273.15 for each in near if each + 273.15 > 303]
