"""What all tests share: one real broker for the session, and on it a lab of its own for each test that asks."""

import importlib.util
import itertools
import os
import shutil
import sys
import uuid
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings
from jupyter_client.connect import LocalPortCache
from playwright.sync_api import Browser
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from labkit import Lab, loopback
from labkit.broker import OwnBroker, training
from labkit.broker.installation import KafkaInstallation, kafka_installation
from labkit.flink import NotInstalled, flink_installation
from labkit.flink import training as flink_training
from labkit.flink.installation import FlinkInstallation
from labkit.jvm import store
from labkit.schema_registry import OwnRegistry, registry_installation
from labkit.schema_registry import training as registry_training
from labkit.schema_registry.installation import RegistryInstallation
from tests.around import jupyter
from tests.broker.lives import link_or_copy

# Or each of the hundreds of processes that tests start compiles labkit anew, where somebody has set this.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A slow test on a busy machine is no failure, and a red build must be red again when it is run again.
settings.register_profile("labkit", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("labkit")

# Prefixes of test names, by what loads the machine or is shared: one worker runs all that begin so, one by one.
LOGIN = ("kafka/test_secured", "kafka/test_class", "classroom/test_class", "classroom/test_wall")
HEAVY = {
    "Flink": ("tests/flink/",),
    "Chromium": (
        *(f"tests/around/test_{name}.py" for name in ("exercises", "dashboard", "browser", "pace", "soak", "wall")),
        "tests/stepping/test_page.py",
    ),
    "a cluster": ("tests/broker/test_cluster.py", "tests/incidents/test_cluster.py"),
    "sandboxes": tuple(f"tests/grading/test_{name}.py" for name in ("grade", "hostile", "sandbox")),  # with fork bombs
    "a login": tuple(f"tests/{name}.py" for name in LOGIN),
    "a hub": ("tests/hub/test_hub.py",),
}
GRADING = tuple(f"tests/grading/test_{name}.py" for name in ("grade", "command", "hostile", "sandbox"))
EXECUTION = "tests/notebooks/test_execution.py"
IN_CHROMIUM = {"tests/around/test_browser.py": "02_filter", "tests/around/test_dashboard.py": "04_live_charts"}
LONG = (*GRADING, "notebooks/", EXECUTION, "tests/around/", "tests/broker/")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What failed shows the log of its Kafka. On CI, which must have everything, a skipped test has failed."""
    report = yield
    if report.failed and isinstance(lab := getattr(item, "funcargs", {}).get("lab"), Lab):
        report.sections.append(("Kafka's log", "".join(lab.broker.log(200))))
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, though CI is set: {report.longrepr}"
    return report


class KernelPorts(LocalPortCache):
    def find_available_port(self, ip: str) -> int:  # noqa: ARG002
        return loopback.free_ports(1)[0]


def pytest_configure() -> None:
    """Each worker has ports of its own, one after the other, for its kernels too.

    A port is found some seconds before a kernel, a Flink or a secured Kafka takes it, and they never try another: what
    a test of another worker starts must not have found the same.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = loopback.PORTS.start - 1_000 * (worker % 8 + 1)
    own = itertools.cycle(range(first, first + 1_000))
    loopback.in_any_order = lambda: own
    KernelPorts.instance()


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Four on two cores, because tests mostly wait; none for single files or -k, which are faster without."""
    return 4 if any(Path(each).is_dir() for each in config.args) and not config.getoption("keyword") else 0


class OneForAllOfAKind(LoadScopeScheduling):
    """One worker runs all heavy tests of a kind, one by one; the others share the rest, test by test.

    That is what `--dist loadgroup` is for, but pytest-xdist 3.8 sees no groups with pytest 9.2 (its issue 1386).
    """

    def _split_scope(self, nodeid: str) -> str:
        return next((kind for kind, prefixes in HEAVY.items() if nodeid.startswith(prefixes)), nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneForAllOfAKind:
    return OneForAllOfAKind(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None]:
    """Heavy and long tests start first, so that the workers finish at the same time."""
    without_what_runs_twice(config, items)
    yield  # those that -m does not select are gone
    without_soak(config, items)
    first = (*itertools.chain(*HEAVY.values()), *LONG)
    items.sort(key=lambda item: next((n for n, each in enumerate(first) if item.nodeid.startswith(each)), len(first)))
    without_flink(config, items)
    if sys.platform != "linux":  # there is no bubblewrap
        items[:] = [item for item in items if not item.nodeid.startswith(GRADING)]


def without_what_runs_twice(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A notebook at which a test looks more closely, as it is or in Chromium, is not run by nbmake too; if that test is
    slow, only when it is asked for.
    """
    tried = (item.nodeid.partition("[")[2].rstrip("]") for item in items if EXECUTION in item.nodeid)
    closely = {each.partition(" on ")[0] for each in tried}
    if jupyter.chromium():
        files = {item.nodeid.partition("::")[0] for item in items}
        closely |= {notebook for file, notebook in IN_CHROMIUM.items() if file in files}
    twice = [item for item in items if item.nodeid.endswith(".ipynb") and Path(item.name).stem in closely]
    items[:] = [item for item in items if item not in twice]
    config.hook.pytest_deselected(items=twice)


def without_soak(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A case that takes very long may belong to a slow test: `-m slow` does not ask for it."""
    if "soak" in config.option.markexpr or not config.option.markexpr:
        return
    longest = [item for item in items if item.get_closest_marker("soak")]
    items[:] = [item for item in items if item not in longest]
    config.hook.pytest_deselected(items=longest)


def without_flink(config: pytest.Config, items: list[pytest.Item]) -> None:
    """There is no Flink for the newest Pythons, and nothing of it to test; everything else works there."""
    if importlib.util.find_spec("pyflink"):
        return
    flinks = [item for item in items if "flink" in item.nodeid]
    if sys.version_info >= (3, 13):
        items[:] = [item for item in items if item not in flinks]
        config.hook.pytest_deselected(items=flinks)
    for item in flinks:
        item.add_marker(pytest.mark.skip(reason="Flink is not installed: uv run --all-extras pytest"))


@pytest.fixture(autouse=True)
def _nothing_of_the_developers_own_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAB_BROKER", raising=False)
    monkeypatch.delenv("LAB_NAMESPACE", raising=False)
    monkeypatch.delenv("LAB_KAFKA_CONFIG", raising=False)
    monkeypatch.delenv("LAB_REGISTRY", raising=False)
    monkeypatch.delenv("LAB_WALL", raising=False)


@pytest.fixture(scope="session")
def one_at_a_time(tmp_path_factory: pytest.TempPathFactory) -> FileLock:
    """A lock that all parallel workers share: their temporary directories have the same parent."""
    return FileLock(tmp_path_factory.getbasetemp().parent / "one-at-a-time.lock")


@pytest.fixture(scope="session")
def installation(one_at_a_time: FileLock) -> KafkaInstallation:
    """The developer's own cache, ahead-of-time cache included: no training disturbs the tests later.

    A training that finds another at work returns at once, without a cache: hence the lock.
    """
    place = store.prepare(kafka_installation())
    with one_at_a_time:
        training.train(place)
    return place


@pytest.fixture
def own_installation(installation: KafkaInstallation, tmp_path: Path) -> KafkaInstallation:
    """A complete cache for one test, except for the ahead-of-time cache.

    Its jars are hard links to the developer's: replace them, never write into them.
    """
    own = kafka_installation(tmp_path / "labkit")
    shutil.copytree(installation.directory / "jars", own.directory / "jars", copy_function=link_or_copy)
    shutil.copytree(installation.data, own.data)
    for sealed in (installation.data, installation.jar_directory):
        shutil.copy(f"{sealed}.sha256", own.directory)
    assert own.is_whole()
    return own


@pytest.fixture(scope="session")
def flink(one_at_a_time: FileLock) -> FlinkInstallation | None:
    """The same for Flink; None where there is none."""
    try:
        place = store.prepare(flink_installation())
    except NotInstalled:
        return None
    with one_at_a_time:
        flink_training.train(place)
    return place


@pytest.fixture(scope="session")
def registry_files(one_at_a_time: FileLock) -> RegistryInstallation:
    """The same for the schema registry."""
    with one_at_a_time:
        place = store.prepare(registry_installation())
        registry_training.train(place)
    return place


@pytest.fixture(scope="session")
def registry(registry_files: RegistryInstallation) -> Iterator[OwnRegistry]:
    registry = OwnRegistry(registry_files)
    yield registry
    registry.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a module. Playwright's event loop is in the way of other tests as long as it is there."""
    with jupyter.launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def broker(installation: KafkaInstallation) -> Iterator[OwnBroker]:
    broker = OwnBroker(installation)
    yield broker
    broker.close()


@pytest.fixture(scope="session")
def kafka_broker(broker: OwnBroker) -> OwnBroker:
    """The one on which `labkit.testing` works here."""
    return broker


@pytest.fixture(scope="module")
def shared(broker: OwnBroker) -> Iterator[Lab]:
    """One lab for a module whose tests need topics and runs of their own, but no lab."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_BROKER", broker.address)
        patch.setenv("LAB_NAMESPACE", f"test-{uuid.uuid4().hex[:8]}-")
        lab = Lab()
    with lab:
        yield lab
        lab.reset()


@pytest.fixture
def lab(kafka: Lab) -> Lab:
    """A lab on the session's broker, with topics and groups that no other test sees."""
    return kafka
