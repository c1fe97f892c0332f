"""deploy/tljh/lab.py in a real JupyterHub with its real proxy: five users at once, one of them not in the class."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from labkit.loopback import free_ports
from tests.around import jupyter
from tests.hub.hub import PASSWORD, Hub, User, proxy, shared_cache

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("installation"),
    pytest.mark.skipif(not shutil.which("bwrap"), reason="there is no bubblewrap here (on Debian: apt-get install it)"),
]
STUDENTS = ["anna", "ben", "cem", "dora"]
GUEST = "eve"  # not in the class
LAB = Path(sys.executable).with_name("lab")

WRITE = """
import os, pathlib
try:
    (pathlib.Path(os.environ["LAB_CACHE"]) / "mine").touch()
except PermissionError:
    print("refused")
"""
READ = """
try:
    print(open({path!r}).read())
except PermissionError:
    print("refused")
"""
TOPICS = """
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from labkit.kafka import properties
lines = {{"log_level": 0}} if {stranger} else properties.of(lab.broker.address)
try:
    print(*sorted(AdminClient({{"bootstrap.servers": {address!r}, **lines}}).list_topics(timeout=5).topics))
except KafkaException:
    print("refused")
"""
MAPPED = """
import os, psutil
own = [each for each in psutil.process_iter() if each.name() == "java" and each.uids().real == os.getuid()]
print(*{each.path for java in own for each in java.memory_maps()})
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Other users must get into it, so it cannot be pytest's."""
    found = Path(tempfile.mkdtemp(prefix="labkit-hub-"))
    found.chmod(0o711)
    yield found
    for each in found.glob("cache/**/"):
        each.chmod(0o755)
    shutil.rmtree(found)


@pytest.fixture(scope="module")
def classroom(folder: Path) -> Iterator[Path]:
    """The folder of a class whose Kafka runs on this computer."""
    students = folder / "students.csv"
    students.write_text("\n".join(STUDENTS))
    start = ["start", "--students", str(students), "--folder", str(folder / "class"), "--port", str(free_ports(1)[0])]
    try:
        subprocess.run([LAB, "class", *start], check=True, timeout=180, capture_output=True)
        yield folder / "class"
    finally:
        subprocess.run([LAB, "class", "stop", "--folder", str(folder / "class")], timeout=60, capture_output=True)


@pytest.fixture(scope="module")
def hub(folder: Path, classroom: Path) -> Iterator[Hub]:
    variables = {
        "LAB_CACHE": str(shared_cache(folder / "cache")),
        "LAB_CLASS": str(classroom),
        "LAB_HANDED_OUT": str(folder / "run"),
    }
    found = Hub(folder, proxy(folder / "npm"), [*STUDENTS, GUEST], variables)
    try:
        found.wait()
        yield found
    finally:
        found.close()
        print(found.log())


def everybody(function, users: list[User]) -> list:  # type: ignore[no-untyped-def,type-arg]
    with ThreadPoolExecutor(len(users)) as pool:
        return [*pool.map(function, users)]


@pytest.fixture(scope="module")
def users(hub: Hub) -> list[User]:
    """All have logged in, and their servers have started at once."""
    for each in hub.users:
        each.log_in()
        each.start()
    for each in hub.users:
        each.wait()
    return hub.users


def test_each_runs_the_first_lesson_and_windows_in_a_namespace_of_their_own(users: list[User]) -> None:
    def study(user: User) -> str:
        with user.kernel() as kernel:
            kernel.run_notebook("00_start_here.ipynb")
        with user.kernel() as kernel:
            kernel.run_notebook("03_windows.ipynb")
            return kernel.run("print(lab.full_name('sensor'))").strip()

    assert everybody(study, users) == [*(f"{name}-sensor" for name in STUDENTS), "sensor"]


def test_nobody_gets_at_what_is_anothers(users: list[User], folder: Path) -> None:
    anna, ben, *_, eve = users
    assert ben.ask(f"/hub/api/users/{ben.name}")["name"] == "ben"
    assert anna.refused("/hub/api/users/ben") in (403, 404)
    assert anna.refused("/hub/api/users") == 403
    assert anna.refused("/user/ben/api/contents") in (403, 404)
    assert anna.refused("/hub/api/users/ben/server", "DELETE") in (403, 404)

    with anna.kernel() as of_anna, ben.kernel() as of_ben, eve.kernel() as of_eve:
        for each in (of_anna, of_ben, of_eve):
            each.run("from labkit import Lab; lab = Lab(); print(lab); lab.create_topic('mine')")
        kafka = of_anna.run("print(lab.broker.address)").strip()
        of_eves = of_eve.run("print(lab.broker.address)").strip()
        assert kafka != of_eves
        seen = of_anna.run(TOPICS.format(stranger=False, address=kafka)).split()
        assert "anna-mine" in seen
        assert [each for each in seen if not each.startswith(("anna-", "changelog__anna-", "repartition__anna-"))] == []
        assert of_anna.run(TOPICS.format(stranger=True, address=kafka)).strip() == "refused"
        assert of_anna.run(TOPICS.format(stranger=True, address=of_eves)).strip() == "refused"
        assert of_anna.run(WRITE).strip() == "refused"
        mapped = of_eve.run(MAPPED).split()
        assert [each for each in mapped if each.startswith(str(folder / "cache")) and each.endswith("jvm.aot")]
        if os.geteuid() == 0:
            assert of_anna.run("print(os.getuid())").strip() == str(anna.uid)
            secret = of_ben.run("import os; print(os.environ['LAB_KAFKA_CONFIG'])").strip()
            assert "sasl.password" in of_ben.run(READ.format(path=secret))
            own = of_eve.run("import os; print(os.environ['LAB_OWN_KAFKA_CONFIG'])").strip()
            inside = of_ben.run("print(os.getppid())").strip()
            notebook = ben.home / "labkit-notebooks/00_start_here.ipynb"
            for path in (secret, own, notebook, f"/proc/{inside}/environ", folder / "class/logins.json"):
                assert of_anna.run(READ.format(path=str(path))).strip() == "refused", path


def test_a_hub_that_is_killed_disturbs_nobody(hub: Hub, users: list[User]) -> None:
    anna, ben, *_ = users
    with anna.kernel() as kernel:
        server = kernel.run("import os; before = 20; print(os.getppid())")
        hub.kill()
        assert kernel.run("print(before + 1)").strip() == "21"
        hub.wait()
        assert kernel.run("print(before + 2)").strip() == "22"
        assert kernel.run("print(os.getppid())") == server
    for user in (anna, ben):
        user.wait()
    ben.log_in()
    with ben.kernel() as kernel:
        assert kernel.run("from labkit import Lab; print(Lab().full_name('sensor'))").strip() == "ben-sensor"


@pytest.mark.usefixtures("users")
def test_a_browser_opens_the_first_lesson_runs_it_and_shows_the_dashboard(hub: Hub, browser: Browser) -> None:
    with jupyter.page(browser, []) as page:
        page.goto(f"{hub.address}/hub/login")
        page.get_by_label("Username:").fill("cem")
        page.get_by_label("Password:").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_selector(".jp-Notebook .jp-CodeCell")
        assert "00_start_here.ipynb" in page.url
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        jupyter.run_all_cells(page)
        page.get_by_text("In the topic now:").wait_for()
        page.goto(f"{hub.address}/user/cem/dashboard/")
        page.get_by_text("alert-count").first.wait_for()
