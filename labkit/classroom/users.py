"""What the students of a class may do: a login each, permissions in their namespace, and a quota."""

import subprocess
import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from confluent_kafka import ConsumerGroupState, KafkaError, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    ConsumerGroupListing,
    OffsetSpec,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from labkit.broker import server
from labkit.broker.installation import KafkaInstallation
from labkit.broker.node import cause
from labkit.classroom.students import namespace
from labkit.errors import LabError
from labkit.kafka import java, properties
from labkit.kafka.offsets import INTERNAL
from labkit.kafka.requests import Requests, wait_for_promised

ITERATIONS = 4096  # of the hash of a password, as Kafka's own tools take them
SCRAM = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS)
QUOTA = (  # each second, docs/cluster.md: of bytes, of a thread, of partitions that are created or deleted
    "producer_byte_rate=1000000,consumer_byte_rate=1000000,request_percentage=50,controller_mutation_rate=10"
)
UNLIMITED = "controller_mutation_rate=1000000"  # for whoever deletes what students have
AT_REST = (ConsumerGroupState.EMPTY, ConsumerGroupState.DEAD)  # groups without members
TOOL_LIMIT = 90.0  # seconds; it takes about two
ATTEMPTS = 2  # on a busy computer it gives up too early


class Work(NamedTuple):
    """What a student has in Kafka: topics, their partitions, the records in them, and consumer groups that are at work
    now.
    """

    student: str
    topics: int
    partitions: int
    records: int
    at_work: int


def admit(address: str, logins: Mapping[str, str]) -> None:
    """Give each of these students the login and the permissions; those who have them already keep them."""
    requests = Requests(address, lambda: None)
    users = [UserScramCredentialUpsertion(login, SCRAM, password.encode()) for login, password in logins.items()]
    bindings = [each for login in logins for each in _permissions(login)]
    requests.settle(lambda admin, limit: admin.alter_user_scram_credentials(users, request_timeout=limit))
    requests.settle(lambda admin, limit: admin.create_acls(bindings, request_timeout=limit))


def check_free(address: str, logins: Collection[str]) -> None:
    """Raises LabError if a Kafka has users of these names already, who are no students: it would lock them out."""
    requests = Requests(address, lambda: None)
    found = requests.settle(lambda admin, limit: {"all": admin.describe_user_scram_credentials(request_timeout=limit)})
    own = properties.of(address).get("sasl.username")
    if taken := sorted({*found["all"], own} & {*logins}):
        raise LabError(f"This Kafka has users of the names {', '.join(taken)} already: give these students others.")


def _permissions(login: str) -> list[AclBinding]:
    """Everything in the namespace, and in the topics where Quix Streams keeps state for it; nothing else."""
    mine = namespace(login)
    resources = [(ResourceType.TOPIC, f"{kind}{mine}") for kind in ("", *INTERNAL)]
    resources += [(ResourceType.GROUP, mine), (ResourceType.TRANSACTIONAL_ID, mine)]
    allowed = (f"User:{login}", "*", AclOperation.ALL, AclPermissionType.ALLOW)
    return [AclBinding(kind, name, ResourcePatternType.PREFIXED, *allowed) for kind, name in resources]


def let_write(address: str, logins: Collection[str], topic: str) -> None:
    """Let these students write to a topic of the class, and neither read it nor anything else."""
    requests, bindings = Requests(address, lambda: None), [each for login in logins for each in _writing(login, topic)]
    if bindings:
        requests.settle(lambda admin, limit: admin.create_acls(bindings, request_timeout=limit))


def let_nobody_write(address: str, topic: str) -> None:
    """Take back what `let_write` gave."""
    anything = (ResourceType.TOPIC, topic, ResourcePatternType.LITERAL, None, None)
    everybody = [AclBindingFilter(*anything, AclOperation.ANY, AclPermissionType.ANY)]
    requests = Requests(address, lambda: None)
    requests.settle(lambda admin, limit: admin.delete_acls(everybody, request_timeout=limit))


def _writing(login: str, topic: str) -> list[AclBinding]:
    allowed = (AclOperation.WRITE, AclOperation.DESCRIBE)
    place = (ResourceType.TOPIC, topic, ResourcePatternType.LITERAL, f"User:{login}", "*")
    return [AclBinding(*place, each, AclPermissionType.ALLOW) for each in allowed]


def limit(installation: KafkaInstallation, address: str) -> None:
    """Limit what one student may take of the network and of Kafka's time. Raises LabError if Kafka refuses.

    The administrator may delete as fast as Kafka can. There is no such request in confluent-kafka 2.12; Kafka's own
    tool has one.
    """
    _set_quota(installation, address, QUOTA, "--entity-default")
    if user := properties.of(address).get("sasl.username"):
        _set_quota(installation, address, UNLIMITED, "--entity-name", user)


def _set_quota(installation: KafkaInstallation, address: str, quota: str, *whose: str) -> None:
    """Raises LabError if Kafka refuses."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "client.properties")
        file.touch(mode=0o600)
        file.write_text(java.lines(java.translated(properties.of(address))))
        given = ["--bootstrap-server", address, "--command-config", str(file), "--add-config", quota]
        tool = ["kafka.admin.ConfigCommand", "--alter", "--entity-type", "users", *whose, *given]
        for _ in range(ATTEMPTS):
            command = server.java(installation.classpath, tool)
            done = subprocess.run(command, capture_output=True, text=True, timeout=TOOL_LIMIT)
            if not done.returncode:
                return
    raise LabError(f"No quota has been set; start it once more. Kafka's tool says: {cause(done.stderr + done.stdout)}")


def forget(address: str, login: str) -> tuple[int, int]:
    """Delete all topics of a student, and all groups that nobody is a member of. Returns how many these were."""
    requests, mine = Requests(address, lambda: None), namespace(login)
    beginnings = (mine, *(f"{kind}{mine}" for kind in INTERNAL))
    topics = [name for name in requests.metadata() if name.startswith(beginnings)]
    groups = [each.group_id for each in _groups(requests) if each.group_id.startswith(mine)]
    fine = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.GROUP_ID_NOT_FOUND, KafkaError.NON_EMPTY_GROUP)
    done = {}
    if groups:
        done = requests.settle(lambda admin, limit: admin.delete_consumer_groups(groups, request_timeout=limit), *fine)
    if topics:
        requests.settle(lambda admin, limit: admin.delete_topics(topics, request_timeout=limit), *fine)
        wait_for_promised(lambda: set(topics).isdisjoint(requests.metadata()))
    return len(topics), len(done)


def work(address: str, logins: Collection[str]) -> list[Work]:
    """Returns what each student has in Kafka now."""
    requests = Requests(address, lambda: None)
    everything = requests.metadata()
    topics = {name: each for name, each in everything.items() if not name.startswith(("__", *INTERNAL))}
    records = _records(requests, [TopicPartition(name, each) for name in topics for each in topics[name].partitions])
    busy = [each.group_id for each in _groups(requests) if each.state not in AT_REST]

    def of(login: str) -> Work:
        mine = namespace(login)
        held = sum(count for name, count in records.items() if name.startswith(mine))
        owned = (mine, *(f"{kind}{mine}" for kind in INTERNAL))
        partitions = sum(len(each.partitions) for name, each in everything.items() if name.startswith(owned))
        return Work(login, _count(topics, mine), partitions, held, _count(busy, mine))

    return [*map(of, sorted(logins))]


def _records(requests: Requests, partitions: Sequence[TopicPartition]) -> Counter[str]:
    """Returns how many records, with the markers of transactions, each topic holds."""
    found: Counter[str] = Counter()
    for sign, spec in ((1, OffsetSpec.latest()), (-1, OffsetSpec.earliest())) if partitions else ():
        for partition, offset in _offsets(requests, dict.fromkeys(partitions, spec)).items():
            found[partition.topic] += sign * offset
    return found


def _offsets(requests: Requests, wanted: Mapping[TopicPartition, OffsetSpec]) -> dict[TopicPartition, int]:
    """Returns offsets; a topic that has just been deleted has none."""
    found = requests.settle(
        lambda admin, limit: admin.list_offsets(wanted, request_timeout=limit), KafkaError.UNKNOWN_TOPIC_OR_PART
    )
    return {partition: each.offset for partition, each in found.items()}


def _groups(requests: Requests) -> list[ConsumerGroupListing]:
    asked = requests.settle(lambda admin, limit: {"all": admin.list_consumer_groups(request_timeout=limit)})
    groups: list[ConsumerGroupListing] = asked["all"].valid
    return groups


def _count(names: Iterable[str], beginning: str) -> int:
    return sum(name.startswith(beginning) for name in names)
