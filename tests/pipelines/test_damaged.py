"""Damaged and random records go through every pipeline: those that are no readings are set aside, and no run dies."""

import json
import random

from labkit import Lab
from labkit.kafka import clients
from labkit.kafka.tap import everything
from labkit.pipelines import PIPELINES
from tests.damage import damaged
from tests.readings.test_reading import GOOD, bad_fields, strict_json
from tests.topics import topics_of

RECORDS = 10_000
BEGIN = 1_700_000_000_000


def is_reading(raw: bytes) -> bool:
    try:
        said = strict_json(raw)
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and not bad_fields(said)


def record(number: int, dice: random.Random) -> bytes:
    if dice.random() < 0.1:
        return dice.randbytes(dice.randrange(80))
    raw = json.dumps(GOOD | {"temperature": dice.uniform(20, 40), "timestamp": BEGIN + number}).encode()
    return damaged(raw, dice)


def test_what_is_no_reading_is_set_aside_by_every_pipeline_and_none_dies(lab: Lab) -> None:
    dice = random.Random(0)
    values = [record(number, dice) for number in range(RECORDS)]
    letters = [each for each in values if not is_reading(each)]
    assert 0.1 * RECORDS < len(letters) < 0.9 * RECORDS
    lab.create_topic("sensor", "alert")
    producer = clients.producer(lab.broker.address)
    for topic in ("sensor", "alert"):
        for number, each in enumerate(values):
            producer.produce(lab.full_name(topic), each, "sensor-1", timestamp=BEGIN + number)
        assert producer.flush(20) == 0

    for name, stage in PIPELINES.items():
        run = lab.run(stage.function, reads=stage.reads, writes=f"{name}-out")
        run.wait_until_caught_up()
        run.stop()
        assert (run.status, run.records_in, run.dead_letters) == ("stopped", RECORDS, len(letters)), name
        found = everything(topics_of(lab), f"{stage.reads}.dead-letter", raw=True)
        assert [each.value for each in found][-len(letters) :] == letters, name
