"""The records that go into the topics of the exercises, and those that come out."""

import base64
import json

from labkit.exercises.delivery import Outgoing, deliver
from labkit.grading.runner.job import ExerciseTopics, Limits
from labkit.grading.runner.messages import Channel, Message
from labkit.kafka import tap
from labkit.kafka.topics import Topics

FLUSH_LIMIT = 30.0  # seconds


def fill(topics: Topics, exercises: list[ExerciseTopics]) -> None:
    """Creates the topics, and writes the readings. Raises NoAnswer unless Kafka acknowledges them all."""
    for exercise in exercises:
        topics.create(*exercise.inputs, partitions=exercise.partitions)
        topics.create(*exercise.outputs)
    outgoing = (
        Outgoing(topic, base64.b64decode(value), key, timestamp)
        for exercise in exercises
        for topic, key, value, timestamp in exercise.readings
    )
    deliver(topics.address, outgoing, FLUSH_LIMIT)


def hand_out(channel: Channel, limits: Limits, topics: Topics, topic: str) -> None:
    """Sends every record of a topic, up to the limits; none if an endless loop has filled the topic."""
    size = 0
    if not topics.partitions(topic):
        return
    if topics.count(topic) > limits.records:
        channel.send(Message.TOO_MUCH, topic=topic)
        return
    for record in tap.everything(topics, topic, raw=True):
        value = base64.b64encode((record.value or b"")[: limits.record_size + 1]).decode()
        fields = {"topic": topic, "key": record.key, "time": record.timestamp, "headers": record.headers}
        fields |= {"value": value}
        size += len(json.dumps(fields))
        if size > limits.topic_size:
            channel.send(Message.TOO_MUCH, topic=topic)
            return
        channel.send(Message.RECORD, **fields)
