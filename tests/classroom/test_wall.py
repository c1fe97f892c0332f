"""The wall of a class on a real Kafka with logins: what students send, what the teacher counts, and what goes wrong."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException, Message, Producer, TopicPartition

from labkit.classroom import boards
from labkit.classroom.folder import Folder, Wall
from labkit.classroom.nodes import inside
from labkit.kafka import properties as files
from labkit.kafka.topics import Topics
from labkit.wall import course, given, records
from labkit.wall.given import SAID, Given
from labkit.wall.reading import Counts
from labkit.wall.serving import PARTITIONS
from labkit.wall.tally import Table, Tally
from tests.classroom.test_class import Room, properties, room
from tests.waiting import eventually

pytestmark = pytest.mark.usefixtures("installation")

STUDENT = """
from labkit import Lab

def damp_rooms(readings):
    secret_code = 60
    return readings.filter(lambda reading: reading["humidty"] > secret_code)

with Lab() as lab:
    lab.student = "Anna Ek"
    lab.check("damp-rooms", damp_rooms)
    lab.check("which-windows", None)
    lab.raise_hand("B4")
    input()
"""
LIMIT = 120  # seconds, on a busy computer


@pytest.fixture(scope="module")
def walled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with room(tmp_path_factory.mktemp("walled"), "--wall") as found:
        yield found


@pytest.fixture
def _as_teacher(walled: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(files.FILE, str(walled.path / "class/admin.properties"))


def client(walled: Room, name: str) -> dict[str, str]:
    """What Kafka's clients make of the file of a student."""
    found = properties(walled.path / f"class/students/{name}.properties")
    return {name: value for name, value in found.items() if not name.startswith("#")}


def of(walled: Room, name: str) -> Given:
    """What the file of a student says about the wall."""
    found = properties(walled.path / f"class/students/{name}.properties")
    return Given(found[given.TOPIC], found[given.PSEUDONYM], found["bootstrap.servers"], client(walled, name))


def wall_of(walled: Room) -> Wall:
    wall = Folder(walled.path / "class").settings().wall
    assert wall
    return wall


def address(walled: Room) -> str:
    return inside(Folder(walled.path / "class").settings())


class Reader:
    """Who looks at the wall."""

    def __init__(self, walled: Room) -> None:
        self.counts = Counts(Topics(address(walled), wall_of(walled).namespace))
        self.table = Table(course.exercises(), course.asked())

    def tally(self) -> Tally:
        for item in self.counts.read(0.2):
            self.table.take(item)
        return self.table.tally(self.counts.now())

    def until(self, holds: Callable[[Tally], object]) -> Tally:
        eventually(lambda: holds(self.tally()), LIMIT)
        return self.tally()


@contextlib.contextmanager
def counting(walled: Room) -> Iterator[Reader]:
    with boards.counting(Folder(walled.path / "class"), address(walled), wall_of(walled)):
        reader = Reader(walled)
        try:
            yield reader
        finally:
            reader.counts.close()


def say(walled: Room, name: str, *said: records.Record | bytes, key: str | None = None) -> list[str]:
    """Write to the wall as a student may by hand; returns why Kafka refused records."""
    errors: list[str] = []
    producer = Producer(client(walled, name) | {"logger": None, "batch.size": 2000})  # Kafka refuses large batches
    for each in said:
        value = each if isinstance(each, bytes) else records.packed(each)
        producer.produce(of(walled, name).topic, value, key or of(walled, name).pseudonym, on_delivery=note(errors))
    producer.flush(LIMIT)
    return errors


def note(errors: list[str]) -> Callable[[object, object], None]:
    return lambda error, _: errors.append(error.name()) if error else None  # type: ignore[attr-defined, func-returns-value]


def verdict(passed: bool) -> records.Record:
    holds = "1" * len(course.exercises()["coldest"].behaviours)
    return {"exercise": "coldest", "passed": passed, "holds": holds if passed else "0" + holds[1:], "slip": ""}


def of_exercise(tally: Tally, name: str) -> tuple[int, int]:
    """How many have tried it, and passed."""
    return next(((each.tried, each.passed) for each in tally.exercises if each.name == name), (0, 0))


def answers(tally: Tally, name: str) -> list[tuple[int, ...]]:
    """How many have given each answer, in each round."""
    return next(([each.students for each in asked.bars] for asked in tally.questions if asked.name == name), [])


@contextlib.contextmanager
def program(walled: Room, name: str, source: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """A program of a student, who may be told to go on by lines of standard input."""
    file = walled.path / f"class/students/{name}.properties"
    clean = {each: value for each, value in os.environ.items() if not each.startswith("LAB_")}
    here = clean | {"LAB_KAFKA_CONFIG": str(file), "LAB_PROGRESS": str(walled.path / "progress.json")} | variables
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", source], env=here, cwd=walled.path, text=True, **pipes) as running:  # type: ignore[call-overload]
        try:
            yield running
        finally:
            running.kill()


def run(walled: Room, name: str, source: str, until: bytes = b"", **variables: str) -> tuple[str, str]:
    """What a program of a student prints, and what it complains of; it may go on when `until` is in a new record."""
    before = len(everything(walled))
    with program(walled, name, source, **variables) as running:
        if until:
            eventually(lambda: until in b" ".join(everything(walled)[before:]), LIMIT)
        out, error = running.communicate("\n", timeout=180)
    return out, error


def everything(walled: Room) -> list[bytes]:
    """Keys and values on the wall's topic, as only the teacher can read them."""
    admin = files.parsed(walled.path / "class/admin.properties", "the teacher's")
    return read(admin, of(walled, "anna").topic)


def read(settings: dict[str, str], topic: str) -> list[bytes]:
    """Keys and values in the order in which Kafka got them. Raises KafkaException if Kafka refuses."""
    consumer = Consumer(settings | {"group.id": "anna-spy", "enable.auto.commit": False, "logger": None})
    try:
        partitions = [TopicPartition(topic, number, 0) for number in range(PARTITIONS)]
        # The tests write no transactions, so each offset is a record.
        held = sum(consumer.get_watermark_offsets(each, timeout=LIMIT)[1] for each in partitions)
        consumer.assign(partitions)
        found = [_polled(consumer) for _ in range(held)]
    finally:
        consumer.close()
    in_turn = sorted(found, key=lambda each: (each.timestamp()[1], each.partition(), each.offset()))
    return [part or b"" for each in in_turn for part in (each.key(), each.value())]


def _polled(consumer: Consumer) -> Message:
    message = consumer.poll(LIMIT)
    assert message is not None
    if message.error():
        raise KafkaException(message.error())
    return message


def refused(walled: Room, found: Tally) -> dict[str, int]:
    """How many records were left out, and why. The next record, here of nobody, lets the wall know."""
    say(walled, "anna", records.of_life(""), key="somebody else")
    return dict(found.refused)


@pytest.mark.slow
def test_a_student_writes_to_the_wall_and_reads_nothing_of_it(walled: Room) -> None:
    anna, ben = of(walled, "anna"), of(walled, "ben.akesson")
    assert anna.topic == ben.topic
    assert anna.pseudonym != ben.pseudonym
    assert say(walled, "anna", records.of_life("")) == []
    with pytest.raises(KafkaException, match="TOPIC_AUTHORIZATION_FAILED"):
        read(client(walled, "anna"), anna.topic)
    errors: list[str] = []
    producer = Producer(client(walled, "anna") | {"logger": None})
    for other in ("counts", "anything"):
        producer.produce(anna.topic.removesuffix(SAID) + other, b"{}", on_delivery=note(errors))
    producer.flush(LIMIT)
    assert errors == ["TOPIC_AUTHORIZATION_FAILED"] * 2
    text = (walled.path / "class/students/anna.properties").read_text()
    assert wall_of(walled).key not in text


def test_what_a_lab_sends_has_no_name_and_no_code(walled: Room) -> None:
    before = len(everything(walled))
    out, error = run(walled, "anna", STUDENT, until=b'"B4"')
    label = given.label(of(walled, "anna").pseudonym)
    assert out.count("Your class has a wall") == 1
    assert f"as {label}, without your name and your code. LAB_WALL=0 keeps you off it." in out
    assert "Traceback" not in error
    sent = everything(walled)[before:]
    assert {*sent[::2]} == {of(walled, "anna").pseudonym.encode()}
    values = [records.parsed(each, course.course()) for each in sent[1::2]]
    exercises = [each for each in values if each and "exercise" in each]
    assert [each["exercise"] for each in exercises] == ["damp-rooms"]  # the other was not answered
    assert exercises[0]["slip"] == "raises KeyError"
    assert {"hand": True, "seat": "B4"} in values
    assert {"alive": ""} in values
    for each in (b"anna", b"Anna", b"Ek", b"secret", b"humidty", b"filter"):
        assert not [value for value in sent if each in value]


def test_whoever_keeps_off_the_wall_sends_nothing(walled: Room) -> None:
    before = len(everything(walled))
    source = (
        "from labkit import Lab, LabError\nwith Lab() as lab:\n    lab.check('damp-rooms', lambda readings: readings)\n"
    )
    source += "    try:\n        lab.raise_hand()\n    except LabError as error:\n        print(error)"
    out, _ = run(walled, "anna", source, LAB_WALL="0")
    assert (
        out
        == "There is no wall here: your teacher's file for you names one if your class has it, unless LAB_WALL is 0.\n"
    )
    assert len(everything(walled)) == before


@pytest.mark.usefixtures("_as_teacher")
def test_the_newest_word_of_each_counts_in_rounds_and_nothing_is_forgotten(walled: Room) -> None:
    keys = course.asked()["01-keys"].choices
    same = [*keys].index("same")
    with counting(walled) as wall:
        say(walled, "anna", verdict(False), records.of_prediction("01-keys", "spread"))
        say(walled, "ben.akesson", verdict(False), records.of_prediction("01-keys", "same"))
        say(walled, "anna", verdict(True), verdict(True))
        tally = wall.until(lambda found: of_exercise(found, "coldest") == (2, 1))
        (coldest,) = [each for each in tally.exercises if each.name == "coldest"]
        assert [each.students for each in coldest.fails] == [1]
        with contextlib.closing(boards.board_of(Folder(walled.path / "class"), address(walled))) as board:
            board.begin_round("01-keys")
        wall.until(lambda found: all(len(each) == 2 for each in answers(found, "01-keys") or [()]))
        say(walled, "anna", records.of_prediction("01-keys", "same"))
        wall.until(lambda found: answers(found, "01-keys")[same] == (1, 1))
    say(walled, "ben.akesson", verdict(True))  # while nobody counts
    with counting(walled) as wall:
        tally = wall.until(lambda found: of_exercise(found, "coldest") == (2, 2))
        assert answers(tally, "01-keys")[same] == (1, 1)


@pytest.mark.usefixtures("_as_teacher")
def test_two_notebooks_with_one_file_are_one_student(walled: Room) -> None:
    with counting(walled) as wall:
        before = wall.tally()
        for notebook in ("01_producer", "02_filter"):
            say(walled, "anna", records.of_life(notebook), records.of_hand(True, "12"))
        again = records.of_life("02_filter")
        tally = wall.until(lambda found: say(walled, "anna", again) == [] and ("02_filter", 1) in found.there)
        assert dict(tally.there).get("01_producer", 0) == dict(before.there).get("01_producer", 0) == 0
        assert [where for where, _ in tally.hands].count("12") == 1
        say(walled, "anna", records.of_hand(False, ""))
        wall.until(lambda found: "12" not in [where for where, _ in found.hands])


@pytest.mark.slow
@pytest.mark.usefixtures("_as_teacher")
def test_a_flood_and_garbage_cost_the_others_nothing(walled: Room) -> None:
    """20,000 records, as fast as Kafka takes them from one student."""
    label = given.label(of(walled, "ben.akesson").pseudonym)
    garbage = [b"\xff", b"{}", b"[" * 300, b"null", b"x" * 3000, records.packed(records.of_round("01-keys"))]
    with counting(walled) as wall:
        assert say(walled, "anna", *garbage) == []
        assert say(walled, "anna", verdict(True), key="somebody else") == []
        wall.until(lambda found: {"unknown", "unreadable"} <= refused(walled, found).keys())
        assert say(walled, "anna", os.urandom(5000)) == ["MSG_SIZE_TOO_LARGE"]
        assert say(walled, "ben.akesson", *([verdict(True), verdict(False)] * 10_000)) == []
        say(walled, "anna", records.of_hand(True, "99"))
        tally = wall.until(lambda found: "99" in [where for where, _ in found.hands])
        assert of_exercise(tally, "coldest")[0] <= 2
        many = 10_000  # not all: Kafka slows the student down, and every ten seconds some are let through
        tally = wall.until(lambda found: refused(walled, found).get("too many", 0) > many)
        assert dict(tally.floods)[label] > many
        say(walled, "anna", records.of_hand(False, ""))


@pytest.mark.slow
@pytest.mark.usefixtures("_as_teacher")
def test_kafka_is_killed_in_mid_lesson_and_started_again(walled: Room) -> None:
    source = (
        "from labkit import Lab\nlab = Lab()\nprint('ready', flush=True)\nlab.raise_hand('C1')\ninput()\n"
        "lab.raise_hand('C2')\nprint('raised', flush=True)\ninput()\nlab.close()"
    )
    with counting(walled) as wall, program(walled, "anna", source) as student:
        assert student.stdin
        assert student.stdout
        wall.until(lambda found: "C1" in [where for where, _ in found.hands])
        walled.kill(1)
        student.stdin.write("\n")
        student.stdin.flush()
        eventually(lambda: "raised" in student.stdout.readline(), LIMIT)  # type: ignore[union-attr]
        eventually(lambda: wall.tally() and wall.counts.away, LIMIT)
        walled.lab("class", "start")
        wall.until(lambda found: "C2" in [where for where, _ in found.hands])
        eventually(lambda: wall.tally() and not wall.counts.away, LIMIT)


def test_a_wrong_password_is_one_line_and_no_thread_hangs(walled: Room) -> None:
    file = walled.path / "wrong.properties"
    file.write_text((walled.path / "class/students/anna.properties").read_text().replace("password=", "password=x"))
    out, error = run(walled, "anna", "from labkit import Lab\nLab()", LAB_KAFKA_CONFIG=str(file))
    assert out == ""
    (line,) = error.splitlines()
    assert line.startswith("LabError: Kafka at ")
    assert "refused the login" in line


@pytest.mark.slow
def test_on_a_kafka_of_ones_own_one_is_on_the_wall_all_the_same(walled: Room) -> None:
    """As in lessons 06 and 07. With a wrong password nothing is sent, and nothing else is different."""
    right = walled.path / "class/students/anna.properties"
    wrong = walled.path / "wrong.properties"
    wrong.write_text(right.read_text().replace("password=", "password=x"))
    source = (
        "from labkit import Lab\nwith Lab() as lab:\n    lab.raise_hand('{}')\n    print(lab.broker.own)\n    input()"
    )
    for file, seat, until in ((right, "D1", b'"D1"'), (wrong, "D2", b"")):
        out, error = run(walled, "anna", source.format(seat), until, LAB_KAFKA_CONFIG="", LAB_WALL=str(file))
        assert (out.splitlines()[-1], error) == ("True", "")
    sent = [records.parsed(each, course.course()) for each in everything(walled)[1::2]]
    assert {"hand": True, "seat": "D1"} in sent
    assert {"hand": True, "seat": "D2"} not in sent


@pytest.mark.slow
@pytest.mark.usefixtures("_as_teacher")
def test_a_wall_is_taken_down_and_put_up_again_without_what_was_on_it(walled: Room) -> None:
    """The last test of this Kafka."""
    old, key = of(walled, "anna"), wall_of(walled).key
    assert "The class has no wall any more" in walled.lab("class", "start", "--no-wall")
    assert "#lab" not in (walled.path / "class/students/anna.properties").read_text()
    errors: list[str] = []
    producer = Producer(client(walled, "anna") | {"logger": None})
    producer.produce(old.topic, b"{}", old.pseudonym, on_delivery=note(errors))
    producer.flush(LIMIT)
    assert errors == ["TOPIC_AUTHORIZATION_FAILED"]
    assert "The class has no wall: lab class start --wall" in walled.lab("class", "board", code=1)
    assert "The class has a wall now" in walled.lab("class", "start", "--wall")
    assert wall_of(walled).key != key
    walled.lab("class", "add", "carla")
    life = records.of_life("01_producer")
    with counting(walled) as wall:
        tally = wall.until(lambda found: say(walled, "carla", life) == [] and found.there)
        assert (tally.students, tally.exercises, tally.hands) == (1, (), ())


@pytest.mark.slow
def test_without_logins_there_is_no_wall(tmp_path: Path) -> None:
    with room(tmp_path, "--open") as opened:
        assert "A wall needs logins" in opened.lab("class", "start", "--wall", code=1)
