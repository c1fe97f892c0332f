"""What is kept of a class between two commands, in a folder that only its owner can read."""

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel

from labkit.broker.login import Login
from labkit.broker.server import Ports
from labkit.classroom import students
from labkit.errors import LabError
from labkit.kafka import properties
from labkit.wall import given

PRIVATE = 0o700
SCRAM = {"security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512"}


class Wall(BaseModel):
    """The wall of a class: what the names of its topics begin with, and the secret behind the pseudonyms."""

    namespace: str
    key: str

    def topic(self, name: str) -> str:
        return self.namespace + name

    def pseudonym(self, login: str) -> str:
        return given.pseudonym(self.key, login)


class Settings(BaseModel):
    """Where the Kafka of a class is. Without `nodes` it is a cluster that somebody else runs."""

    address: str  # for students
    host: str = ""
    port: int = 0  # of the first node; the others have the next ones
    nodes: tuple[Ports, ...] = ()  # on loopback, for the nodes themselves and for whoever administers them
    administrator: Login | None = None  # on these
    open: bool = False  # to anybody, without a login
    wall: Wall | None = None  # if the class has one


class Folder:
    """The folder of a class: settings, logins, certificate, data, logs, and a file for each student."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.files = self.path / "students"
        self.authority = self.path / "ca.pem"  # the certificate that clients must trust
        self.admin = self.path / "admin.properties"
        self._settings, self._logins = self.path / "class.json", self.path / "logins.json"

    @property
    def exists(self) -> bool:
        return self._settings.exists()

    def create(self) -> None:
        self.files.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        self.path.chmod(PRIVATE)
        (self.path / ".gitignore").write_text("*\n")  # passwords

    def settings(self) -> Settings:
        """Raises LabError if there is no class here."""
        if not self.exists:
            raise LabError(f"There is no class in {self.path}: lab class start --students students.csv makes one.")
        return Settings.model_validate_json(self._settings.read_text())

    def keep(self, settings: Settings) -> None:
        _write(self._settings, settings.model_dump_json(indent=2))

    def logins(self) -> dict[str, str]:
        """The password of each student."""
        found: dict[str, str] = json.loads(self._logins.read_text()) if self._logins.exists() else {}
        return found

    def changed(self) -> float:
        """When students were added last."""
        return self._logins.stat().st_mtime if self._logins.exists() else 0.0

    def keep_logins(self, logins: Mapping[str, str]) -> None:
        _write(self._logins, json.dumps(dict(logins), indent=2))

    def hand_out(self, settings: Settings, logins: Mapping[str, str]) -> None:
        """Write the one file that each of these students needs."""
        authority = self.authority.read_text() if self.authority.exists() else ""
        for login, password in logins.items():
            lines = {properties.SERVERS: settings.address, properties.OWN_NAMESPACE: students.namespace(login)}
            if not settings.open:
                lines |= SCRAM | {"sasl.username": login, "sasl.password": password}
                lines |= {"ssl.ca.pem": authority.strip()} if authority else {}
            if settings.wall:
                lines |= given.lines(settings.wall.namespace, settings.wall.key, login)
            properties.write(self.files / f"{login}.properties", lines)


def _write(file: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    unfinished = file.with_name(f"{file.name}.new")
    unfinished.touch(mode=0o600)
    unfinished.write_text(text)
    unfinished.replace(file)


def authority_of(given: Mapping[str, str]) -> str:
    """Returns the certificate that an administrator's properties trust; empty for one that every computer trusts."""
    if pem := given.get("ssl.ca.pem", ""):
        return pem
    file = given.get("ssl.ca.location", "")
    return Path(file).read_text() if file else ""
