"""A step whose process was killed leaves topics and a group on a Kafka that outlives it: a later step removes them."""

import time

from labkit import Lab
from labkit.kafka import clients
from labkit.kafka.groups import Groups
from labkit.kafka.topics import Topics
from labkit.stepping.leftovers import GROUP, OLD
from tests.stepping import shapes
from tests.stepping.records import reading, send
from tests.topics import topics_of
from tests.waiting import eventually


def leave(lab: Lab, began: float) -> Groups:
    """Leave what a step leaves that began then: topics, a changelog, and a group that has committed."""
    mine = topics_of(lab)
    groups = Groups(Topics(mine.address, f"{mine.namespace}step-{int(began):08x}-0123abcd-"))
    groups.topics.create("sensor", f"changelog__{groups.topics.namespace}{GROUP}--sensor--default")
    groups.commit(GROUP, {"sensor": {0: 0}})
    return groups


def is_there(groups: Groups) -> tuple[bool, bool]:
    """Whether its topics, and its group, are there."""
    topics = groups.topics
    listed = topics.requests.settle(lambda admin, _: {"all": admin.list_consumer_groups()})["all"].valid
    has_topics = any(topics.namespace in each for each in topics.requests.metadata())
    return has_topics, f"{topics.namespace}{GROUP}" in {each.group_id for each in listed}


def test_what_is_old_goes_and_what_is_new_stays(lab: Lab) -> None:
    send(lab, "sensor", reading("porch", 0))
    old, new = leave(lab, time.time() - OLD - 60), leave(lab, time.time() - 60)
    lab.step(shapes.as_it_is, reads="sensor")
    assert is_there(old) == (False, False)
    assert is_there(new) == (True, True)


def test_what_is_still_at_work_stays(lab: Lab) -> None:
    send(lab, "sensor", reading("porch", 0))
    old = leave(lab, time.time() - OLD - 60)
    consumer = clients.consumer(lab.broker.address, **{"group.id": old.topics.namespace + GROUP})
    consumer.subscribe([old.topics.full("sensor")])
    eventually(lambda: consumer.poll(0.1) or old.assigned(GROUP))
    lab.step(shapes.as_it_is, reads="sensor")
    consumer.poll(0)
    assert is_there(old)[0]
    consumer.close()
    lab.step(shapes.as_it_is, reads="sensor")
    assert is_there(old) == (False, False)
