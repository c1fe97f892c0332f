"""The topics that an application has for itself, changelogs and repartition topics, and how it creates topics."""

import time
from collections.abc import Collection, Sequence
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic
from quixstreams.models.topics import Topic, TopicAdmin, TopicConfig, TopicManager
from quixstreams.models.topics.exceptions import CreateTopicFailure

from labkit.kafka.names import LONGEST, allowed
from labkit.kafka.requests import REQUEST_LIMIT, wait_for_promised
from labkit.kafka.topics import Topics
from labkit.runs.deserializers import Skip
from labkit.waiting import Deadline

NEW = 10.0  # seconds within which every broker knows a new topic
LONGEST_STREAM = 190  # characters: `--groupby--` and a name may follow, and a directory's name has up to 255


class CarefulTopics(TopicManager):
    """Keeps changelog records out of the pipeline, and names internal topics as Kafka allows.

    An application also subscribes to its changelogs, pauses them, and reads them (without a deserializer) only to
    recover its state. A changelog record delivered at any other time, as happened once, would end the run: there is no
    pipeline for its topic.
    """

    def changelog_topic(self, *args: Any, **kwargs: Any) -> Topic:
        topic = super().changelog_topic(*args, **kwargs)
        # Skip by the key: every changelog record has one, but not all have a value.
        topic._key_deserializer = Skip()  # type: ignore[no-untyped-call]
        return topic

    def stream_id_from_topics(self, topics: Sequence[Topic]) -> str:
        """Name the streams of joined topics too as a directory may be called."""
        return allowed(super().stream_id_from_topics(topics), LONGEST_STREAM)

    def _internal_name(self, topic_type: Any, topic_name: str | None, suffix: str) -> str:
        """Keep the beginning, by which the topics of a group are found."""
        begin, name = f"{topic_type}__{self._consumer_group}--", super()._internal_name(topic_type, topic_name, suffix)
        return begin + allowed(name.removeprefix(begin), LONGEST - len(begin))


class PromptAdmin(TopicAdmin):
    """Returns as soon as topics are created: Quix Streams would sleep a whole second for each first.

    It uses a client that is already connected. TopicAdmin reconnects for every request, because it tests its client's
    truth value, and a client without pending work has length 0.
    """

    def __init__(self, topics: Topics) -> None:
        self._topics = topics
        self._created: set[str] = set()

    @property
    def admin_client(self) -> AdminClient:
        return self._topics.admin

    def inspect_topics(self, topic_names: list[str], timeout: float = 30) -> dict[str, TopicConfig | None]:
        """Repeat the request if a topic is so new that not all brokers know it yet."""
        deadline, new = Deadline(NEW), self._created.intersection(topic_names)
        while True:
            try:
                found: dict[str, TopicConfig | None] = super().inspect_topics(topic_names, timeout)
                if all(found[name] for name in new) or deadline.has_passed():
                    return found
            except KafkaException as error:
                if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART or deadline.has_passed():
                    raise
            time.sleep(0.02)

    def create_topics(self, topics: list[Topic], timeout: float = 30, finalize_timeout: float = 60) -> None:
        """Create the topics that do not exist yet. Raises CreateTopicFailure if Kafka refuses."""
        existing = self.list_topics(timeout)
        new = [_new_topic(each) for each in topics if each.name not in existing]
        futures = self.admin_client.create_topics(new, request_timeout=timeout) if new else {}
        self._created.update(futures)
        for name, future in futures.items():
            try:
                future.result(finalize_timeout)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise CreateTopicFailure(f'Failed to create topic "{name}": {error.args[0].str()}') from error
        wait_for_promised(lambda: self._knows(futures))

    def _knows(self, names: Collection[str]) -> bool:
        """Whether the topics exist. A request without a limit could wait for ever for a broker that is overloaded."""
        try:
            return {*names} <= self.list_topics(REQUEST_LIMIT).keys()
        except KafkaException:
            return False


def _new_topic(topic: Topic) -> NewTopic:
    config = topic.create_config or TopicConfig(num_partitions=1, replication_factor=1)
    return NewTopic(topic.name, config.num_partitions, config.replication_factor, config=config.extra_config or {})
