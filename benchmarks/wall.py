"""From a student's verdict to the wall: 300 simulated students, on the Kafka of a class with logins

`lab class board` counts and serves the page, as for a class; Chromium shows it on 1,920 by 1,080 pixels. Twenty clients
with logins of their own send for the 300 students. *Counted* is when the count that has the verdict can be read from
Kafka, *on the page* when a frame that shows it has been drawn. Spread: 300 verdicts in 60 seconds, beside 300 signs of
life every 20 seconds. At once: all 300 verdicts in one moment. Flood: like spread, while one more student sends as much
as Kafka takes from a student, which is 1 MB a second; those whose records share its partition, one in twelve, are in
rows of their own. The n-th verdict that was sent is taken for the n-th that was counted. Aim: 1 s.
"""

import contextlib
import functools
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import report
from confluent_kafka import Producer
from playwright.sync_api import Page, sync_playwright

from labkit.kafka import properties
from labkit.kafka.topics import Topics
from labkit.loopback import free_ports
from labkit.wall import course, given, records
from labkit.wall.reading import Counts

STUDENTS, CLIENTS = 300, 20
SPREAD = 60.0  # seconds
LIMIT = 120.0  # seconds
LAB = Path(sys.executable).with_name("lab")
WATCH = """() => {
    window.seen = [];
    const look = () => requestAnimationFrame(() => requestAnimationFrame(() => {
        for (const card of document.querySelectorAll('.lab-tried')) {
            const found = card.innerText.match(/^(\\S+)[^]*?of (\\d+) passed/);
            if (found) window.seen.push([found[1], Number(found[2]), Date.now()]);
        }
    }));
    new MutationObserver(look).observe(document.querySelector('.lab-board'), {subtree: true, childList: true});
}"""


Seconds = tuple[list[float], list[float]]  # until counted, and until on the page


class Class:
    """A class with a wall, in a folder; `seen` has when so many verdicts on an exercise had been counted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen: dict[str, list[float]] = {}
        files = [self.file(number) for number in range(STUDENTS)]
        self.of_students = [_given(each) for each in files]
        settings = {"batch.size": 2000, "linger.ms": 2, "log_level": 0}  # the class ends before its clients
        self._clients = [Producer({"bootstrap.servers": g.address, **g.client, **settings}) for g in self.of_students]
        del self._clients[CLIENTS:]
        self._closing = threading.Event()
        os.environ[properties.FILE] = str(folder / "class/admin.properties")
        self._counts = Counts(Topics(properties.address(), self.of_students[0].topic.removesuffix(given.SAID)))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.partitions = self._partitions()

    def file(self, number: int) -> Path:
        return self.folder / f"class/students/student{number}.properties"

    def _partitions(self) -> dict[int, int]:
        """The partition of each student's records, also of the one who floods."""
        found: dict[int, int] = {}
        for number, who in enumerate([*self.of_students, _given(self.file(STUDENTS))]):
            on_delivery = functools.partial(lambda n, _, message: found.update({n: message.partition()}), number)
            life = records.packed(records.of_life("01_producer"))
            client = self._clients[number % CLIENTS]
            client.produce(who.topic, life, who.pseudonym, on_delivery=on_delivery)
        self.flush()
        return found

    def groups(self, name: str) -> dict[str, list[int]]:
        """The students of each row: under a flood, those who share its partition have one of their own."""
        if name != "flood":
            return {name: [*range(STUDENTS)]}
        beside = [n for n in range(STUDENTS) if self.partitions[n] == self.partitions[STUDENTS]]
        return {name: sorted({*range(STUDENTS)} - {*beside}), f"{name}, its partition": beside}

    def _read(self) -> None:
        while not self._closing.is_set():
            for item in self._counts.read(0.1):
                kind, _, name = item["item"].partition(" ")
                if kind == "exercise":
                    times = self.seen.setdefault(name, [])
                    times += [time.time()] * (item["tried"] - len(times))

    def send(self, number: int, record: records.Record) -> None:
        """Send for a student."""
        client, who = self._clients[number % CLIENTS], self.of_students[number]

        def on_delivery(error: object, _: object) -> None:
            assert not error

        client.produce(who.topic, records.packed(record), who.pseudonym, on_delivery=on_delivery)
        client.poll(0)

    def flush(self) -> None:
        for each in self._clients:
            each.flush(LIMIT)

    def poll(self) -> None:
        for each in self._clients:
            each.poll(0)

    def close(self) -> None:
        self._closing.set()
        self._reader.join()


def _given(file: Path) -> given.Given:
    os.environ[given.VARIABLE] = str(file)
    found = given.given()
    assert found
    return found


def verdict(exercise: str, luck: random.Random) -> records.Record:
    size = len(course.exercises()[exercise].behaviours)
    holds = "".join(luck.choice("1110") for _ in range(size))
    return {"exercise": exercise, "passed": "0" not in holds, "holds": holds, "slip": ""}


def flood(file: str) -> None:
    """Send verdicts as one student, as fast as Kafka takes them, until this process is ended."""
    who = _given(Path(file))
    client, luck = Producer({"bootstrap.servers": who.address, **who.client, "batch.size": 3900}), random.Random(0)
    while True:
        with contextlib.suppress(BufferError):
            client.produce(who.topic, records.packed(verdict("damp-rooms", luck)), who.pseudonym)
        client.poll(0)


@contextlib.contextmanager
def flooding(file: Path) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, __file__, "--flood", str(file)])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def measure(room: Class, page: Page, groups: dict[str, list[int]], spread: float) -> dict[str, Seconds]:
    """Seconds until each verdict had been counted, and until it was on the page, of each group of students: they have
    exercises of their own.
    """
    luck = random.Random("".join(groups))
    begun = time.time()
    sent: dict[str, list[float]] = {exercise: [] for exercise in groups}
    due = [(begun + luck.random() * spread, n, exercise) for exercise, some in groups.items() for n in some]
    lives = [(begun + 20 * n / STUDENTS, n % STUDENTS, "") for n in range(int(STUDENTS * spread / 20))]
    for when, number, exercise in sorted(due + lives):
        while time.time() < when:
            room.poll()
            time.sleep(0.002)
        if exercise:
            sent[exercise].append(time.time())
        room.send(number, verdict(exercise, luck) if exercise else records.of_life("01_producer"))
    room.flush()
    return {exercise: _seconds(room, page, exercise, times) for exercise, times in sent.items()}


def _seconds(room: Class, page: Page, exercise: str, sent: list[float]) -> Seconds:
    _until(lambda: len(room.seen.get(exercise, ())) >= len(sent))
    page.wait_for_function(f"window.seen.some(each => each[0] == '{exercise}' && each[1] >= {len(sent)})")
    shown: list[tuple[int, float]] = page.evaluate(
        f"window.seen.filter(each => each[0] == '{exercise}').map(each => [each[1], each[2]])"
    )
    counted = [room.seen[exercise][n] - each for n, each in enumerate(sent)]
    painted = [min(at for many, at in shown if many > n) / 1000 - each for n, each in enumerate(sent)]
    return counted, painted


def _until(holds: object) -> None:
    end = time.monotonic() + LIMIT
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < end, "not counted"
        time.sleep(0.05)


def row(name: str, seconds: Sequence[float]) -> list[object]:
    found = sorted(seconds)
    return [name, len(found), statistics.median(found), found[int(len(found) * 0.95)], found[-1]]


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of the page."""
    with (folder / "board.log").open("w") as log:
        process = subprocess.Popen([LAB, "class", "board", "--no-browser", "--port", "0"], cwd=folder, stderr=log)
        try:
            _until(lambda: "token=" in (folder / "board.log").read_text())
            found = re.search(r"http://\S+token=\S+", (folder / "board.log").read_text())
            assert found
            yield found[0]
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()


def main() -> None:
    given_arguments = report.arguments(__doc__, repeats=2).parse_args()
    exercises = (each for each in course.exercises() if each != "damp-rooms")
    found: dict[str, Seconds] = {}
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        (folder / "students.csv").write_text("".join(f"student{n}\n" for n in range(STUDENTS + 1)))
        begin = ["class", "start", "--students", "students.csv", "--wall", "--port", str(free_ports(1)[0])]
        subprocess.run([LAB, *begin], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        try:
            with serving(folder) as address, sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
                )
                page = browser.new_page(viewport={"width": 1920, "height": 1080})
                page.set_default_timeout(LIMIT * 1000)
                page.goto(address)
                page.wait_for_selector(".lab-board")
                page.evaluate(WATCH)
                room = Class(folder)
                for _ in range(given_arguments.repeats):
                    for name, spread in (("spread", SPREAD), ("at once", 0.0), ("flood", SPREAD)):
                        print(name, file=sys.stderr, flush=True)
                        groups = room.groups(name)
                        own = {each: next(exercises) for each in groups}
                        with flooding(room.file(STUDENTS)) if name == "flood" else contextlib.nullcontext():
                            result = measure(room, page, {own[each]: some for each, some in groups.items()}, spread)
                        for each in groups:
                            print(row(each, result[own[each]][1]), file=sys.stderr, flush=True)
                            for old, new in zip(found.setdefault(each, ([], [])), result[own[each]], strict=True):
                                old.extend(new)
                room.close()
                browser.close()
        finally:
            subprocess.run([LAB, "class", "stop"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    rows = [
        row(f"{name}, {kind}", each)
        for name, both in found.items()
        for kind, each in zip(("counted", "on the page"), both, strict=True)
    ]
    heads = ["seconds from verdict to wall", "verdicts", "p50", "p95", "max"]
    report.write(__file__, __doc__, given_arguments.repeats, report.table(heads, rows))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--flood"]:
        flood(sys.argv[2])
    main()
