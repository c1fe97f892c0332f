"""`lab step` and `lab why` on a Kafka that asks for a login, by a user who may only read the topic."""

from pathlib import Path

import orjson
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from labkit.broker.installation import KafkaInstallation
from tests import commands
from tests.kafka.secured import Secured, secured

pytestmark = pytest.mark.slow

READER, PASSWORD = "reader", "the-password-of-the-reader"
PIPELINE = 'def hot(orders):\n    return orders[orders["temperature"] > 23]\n'


def as_admin(kafka: Secured) -> None:
    """Make a topic with five records, and a user who may read it and do nothing else."""
    lines = (line.partition(" = ") for line in kafka.properties().read_text().splitlines() if " = " in line)
    login = {"bootstrap.servers": kafka.address, **{name: value for name, _, value in lines}}
    admin, producer = AdminClient(login), Producer(login)
    admin.create_topics([NewTopic("orders", 1, 1)])["orders"].result(30)
    for n in range(5):
        producer.produce("orders", orjson.dumps({"temperature": 20 + n}), b"porch", timestamp=1_700_000_000_000 + n)
    assert producer.flush(30) == 0
    scram = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    user = UserScramCredentialUpsertion(READER, scram, PASSWORD.encode())
    admin.alter_user_scram_credentials([user])[READER].result(30)
    place = (ResourceType.TOPIC, "orders", ResourcePatternType.LITERAL, f"User:{READER}", "*")
    may_read = AclBinding(*place, AclOperation.READ, AclPermissionType.ALLOW)
    admin.create_acls([may_read])[may_read].result(30)


def test_a_user_who_may_only_read_the_topic_steps_through_it(
    installation: KafkaInstallation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text(PIPELINE)
    monkeypatch.chdir(tmp_path)
    with secured(installation, tmp_path) as kafka:
        with monkeypatch.context() as patch:
            patch.setenv("LAB_KAFKA_CONFIG", str(kafka.properties()))
            as_admin(kafka)
        monkeypatch.setenv("LAB_BROKER", kafka.address)
        monkeypatch.setenv("LAB_KAFKA_CONFIG", str(kafka.properties(READER, PASSWORD)))
        stepped = commands.lab("step", "mine.py:hot", "--reads", "orders")
        assert stepped.output.endswith("hot: 5 records in, 1 out\n")
        assert "temperature is 20, not > 23: left out here" in stepped.output
        assert (
            "hot, given 5 records.\nNothing is wrong." in commands.lab("why", "mine.py:hot", "--reads", "orders").output
        )
