"""What a broker starts from is verified before every start, and made again where it is damaged."""

import contextlib
import dataclasses
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from labkit import LabError
from labkit.broker import installation, server
from labkit.broker.installation import KAFKA_LOCK, KafkaInstallation, kafka_installation
from labkit.jvm import store, training
from labkit.jvm.jars import Lock
from tests.broker.lives import descendants, lives, python
from tests.waiting import eventually

PREPARE = """
from pathlib import Path
from labkit.broker.installation import kafka_installation
from labkit.jvm import store
store.prepare(kafka_installation(Path({!r})))
"""
WHOLE = {"jars", "jars.sha256", "data", "data.sha256"}


def smallest_jars(count: int = 1) -> list:
    return sorted(Lock.read(KAFKA_LOCK).jars, key=lambda jar: jar.size)[:count]


def names_in(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


@contextlib.contextmanager
def skipped_without_network() -> Iterator[None]:
    try:
        yield
    except LabError as error:
        if "Could not download" in str(error):
            pytest.skip(str(error))
        raise


# ---------------------------------------------------------------------- jars


def test_a_damaged_and_an_absent_jar_are_fetched_again(
    own_installation: KafkaInstallation, capfd: pytest.CaptureFixture
) -> None:
    damaged, absent = smallest_jars(2)
    for jar in (damaged, absent):
        (own_installation.directory / "jars" / jar.filename).unlink()
    (own_installation.directory / "jars" / damaged.filename).write_bytes(b"something else")
    (own_installation.directory / "download").mkdir()
    (own_installation.directory / "download" / "half.jar").write_bytes(b"what a killed download left")
    assert set(own_installation.missing()) == {damaged, absent}

    with skipped_without_network():
        store.prepare(own_installation)

    assert own_installation.is_whole()
    assert names_in(own_installation.directory) == WHOLE
    assert "Downloading Kafka (once)" in capfd.readouterr().err


def test_a_download_that_is_not_the_locked_jar_is_refused_and_not_kept(own_installation: KafkaInstallation) -> None:
    (jar,) = smallest_jars()
    lock = dataclasses.replace(own_installation.lock, jars=(dataclasses.replace(jar, sha256="0" * 64),))
    suspicious = KafkaInstallation("Kafka", lock, own_installation.directory)

    with pytest.raises(LabError, match="is not the locked jar") as error, skipped_without_network():
        store.prepare(suspicious)

    assert jar.filename in str(error.value)
    assert len(str(error.value).splitlines()) == 1
    assert suspicious.missing(), "the jar is in the cache"
    assert names_in(own_installation.directory) == WHOLE


def test_without_a_network_one_line_names_the_jar(
    own_installation: KafkaInstallation, monkeypatch: pytest.MonkeyPatch
) -> None:
    (jar,) = smallest_jars()
    (own_installation.directory / "jars" / jar.filename).unlink()
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nobody listens at the discard port
    monkeypatch.setenv("NO_PROXY", "")

    with pytest.raises(LabError, match="check the network") as error:
        store.prepare(own_installation)

    assert jar.coordinates in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_the_lock_names_every_jar_once_with_a_digest() -> None:
    jars = Lock.read(KAFKA_LOCK).jars
    assert len({jar.filename for jar in jars}) == len(jars)
    assert all(len(bytes.fromhex(jar.sha256)) == 32 and jar.size > 0 for jar in jars)


def test_all_users_of_a_computer_can_share_a_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tried by users who may not write there in tests/hub."""
    monkeypatch.setenv("LAB_CACHE", str(tmp_path / "shared"))
    assert installation.kafka_installation().directory.parent == tmp_path / "shared"
    (tmp_path / "shared").write_text("a file, in which nobody can make a directory")
    with pytest.raises(LabError) as refused:
        store.prepare(installation.kafka_installation())
    assert f"`LAB_CACHE={tmp_path / 'shared'} lab fetch`" in str(refused.value)


# ------------------------------------------------- data and ahead-of-time cache


def test_a_broker_can_write_in_its_copy_of_data_that_are_read_only(
    own_installation: KafkaInstallation, tmp_path: Path
) -> None:
    for each in (*own_installation.data.iterdir(), own_installation.data):
        each.chmod(each.stat().st_mode & ~0o222)
    own_installation.copy_data(tmp_path / "copy")
    own_installation.data.chmod(0o700)
    assert [
        each for each in (tmp_path / "copy", *(tmp_path / "copy").iterdir()) if not each.stat().st_mode & 0o200
    ] == []


def test_any_damage_to_the_data_directory_is_noticed(own_installation: KafkaInstallation) -> None:
    original = own_installation.data.rename(own_installation.data.with_name("original"))
    damages = {
        "truncated": lambda: next(own_installation.data.glob("*.checkpoint")).write_bytes(b""),
        "less": lambda: (own_installation.data / "meta.properties").unlink(),
        "more": lambda: (own_installation.data / "other").write_text("other"),
        "gone": lambda: shutil.rmtree(own_installation.data),
    }
    for name, damage in damages.items():
        shutil.copytree(original, own_installation.data)
        assert own_installation.is_whole()
        damage()
        assert not own_installation.is_whole(), name
        shutil.rmtree(own_installation.data, ignore_errors=True)


def test_a_truncated_data_directory_is_made_again(own_installation: KafkaInstallation) -> None:
    files = names_in(own_installation.data)
    (own_installation.data / "bootstrap.checkpoint").write_bytes(b"")

    store.prepare(own_installation)

    assert own_installation.is_whole()
    assert names_in(own_installation.data) == files
    assert names_in(own_installation.directory) == WHOLE


def test_a_damaged_ahead_of_time_cache_is_not_used_and_may_be_trained_again(
    own_installation: KafkaInstallation,
) -> None:
    train(own_installation, b"cache")
    assert own_installation.aot == own_installation.aot_file

    own_installation.aot_file.write_bytes(b"cach")
    assert own_installation.aot is None
    train(own_installation, b"cache")
    assert own_installation.aot == own_installation.aot_file


def test_a_trained_cache_is_not_trained_again(own_installation: KafkaInstallation) -> None:
    train(own_installation, b"cache")
    with training.exclusive(own_installation) as fresh:
        assert fresh is None


def test_only_one_trains_at_a_time(own_installation: KafkaInstallation) -> None:
    def look() -> None:
        with training.exclusive(own_installation) as fresh:
            seen.append(fresh)

    seen: list[Path | None] = []
    with training.exclusive(own_installation) as fresh:
        assert fresh
        other = threading.Thread(target=look)
        other.start()
        other.join(5)
        fresh.write_bytes(b"cache")
    assert seen == [None]


def test_a_training_that_fails_or_was_killed_leaves_nothing(own_installation: KafkaInstallation) -> None:
    killed = own_installation.directory / "training"
    killed.mkdir()
    (killed / "jvm.aot.config").write_bytes(b"half-made")

    with contextlib.suppress(ZeroDivisionError), training.exclusive(own_installation) as fresh:
        assert fresh
        fresh.write_bytes(b"half-made")
        raise ZeroDivisionError

    assert own_installation.aot is None
    assert names_in(own_installation.directory) == WHOLE


def train(own_installation: KafkaInstallation, content: bytes) -> None:
    with training.exclusive(own_installation) as fresh:
        assert fresh
        fresh.write_bytes(content)


# ------------------------------------------------------------------ many at once


def test_two_processes_that_prepare_at_once_both_succeed(own_installation: KafkaInstallation) -> None:
    shutil.rmtree(own_installation.data)
    script = PREPARE.format(str(own_installation.directory.parent))
    with python(script) as one, python(script) as other:
        for child in (one, other):
            _, errors = child.communicate(timeout=30)
            assert (child.returncode, errors) == (0, "")
    assert own_installation.is_whole()
    assert names_in(own_installation.directory) == WHOLE


@pytest.mark.slow
def test_a_killed_preparation_leaves_no_process_and_does_not_disturb_the_next(
    own_installation: KafkaInstallation,
) -> None:
    shutil.rmtree(own_installation.data)
    with python(PREPARE.format(str(own_installation.directory.parent))) as child:
        jvm = eventually(lambda: next((each for each in descendants(child.pid) if each.name() == "java"), None))
        jvm.suspend()  # else it may be done before anybody ends it
        child.kill()
    try:
        store.prepare(own_installation)
        assert own_installation.is_whole()
        assert names_in(own_installation.directory) == WHOLE
        eventually(lambda: not lives(jvm))
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            jvm.kill()


# -------------------------------------------------------------------------- key


def test_another_lock_jre_or_jvm_flag_has_another_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lock = Lock.read(KAFKA_LOCK)
    places = [kafka_installation(tmp_path), kafka_installation(tmp_path, dataclasses.replace(lock, sha256="other"))]
    with monkeypatch.context() as patch:
        patch.setattr(server, "FLAGS", (*server.FLAGS, "-Xss1m"))
        places.append(kafka_installation(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(installation, "version", lambda _: "26.0.0")
        places.append(kafka_installation(tmp_path))

    assert len({own_installation.directory for own_installation in places}) == len(places)
    assert kafka_installation(tmp_path) == places[0]
    assert all(own_installation.directory.parent == tmp_path for own_installation in places)


def test_asking_for_a_place_makes_nothing(tmp_path: Path) -> None:
    kafka_installation(tmp_path)
    assert not names_in(tmp_path)
