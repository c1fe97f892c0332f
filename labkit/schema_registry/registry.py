"""A schema registry to work with: one that is already running, or one that this process starts and stops."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies

from labkit import tables
from labkit.errors import LabError, NoAnswer
from labkit.jvm import store, training
from labkit.loopback import HOST
from labkit.runs import quix
from labkit.schema_registry import node, server
from labkit.schema_registry.installation import RegistryInstallation, registry_installation

if TYPE_CHECKING:
    import pandas as pd
    from confluent_kafka.schema_registry import SchemaRegistryClient

T = TypeVar("T")

ADDRESS = "LAB_REGISTRY"
ANSWER_LIMIT = 4.0  # seconds
NO_PROXY = ("no_proxy", "NO_PROXY")  # clients ask for them in this order


class SchemaRegistry(Protocol):
    """`url` is for the clients and serializers of Quix Streams and confluent-kafka."""

    url: str

    @property
    def alive(self) -> bool:
        """Whether it is still running, as far as anybody here can know."""

    def subjects(self) -> pd.DataFrame:
        """Every subject of this lab, with its versions: the number of each, its id, and the kind of its schema.

        Raises NoAnswer if the registry does not answer. Example: registry.subjects()
        """

    def close(self) -> None: ...


class _Registry:
    """Subjects are named after topics: those of other namespaces are not shown."""

    def __init__(self, url: str, namespace: str) -> None:
        self.url, self._namespace = url, namespace

    def subjects(self) -> pd.DataFrame:
        return tables.of_subjects(_asked(self.url, self._rows))

    def _rows(self, client: SchemaRegistryClient) -> list[tuple[str, int, int, str]]:
        names = [each for each in client.get_subjects() if each.startswith(self._namespace)]
        versions = [client.get_version(name, number) for name in sorted(names) for number in client.get_versions(name)]
        return [
            (each.subject.removeprefix(self._namespace), each.version, each.schema_id, each.schema.schema_type)
            for each in versions
        ]

    def __repr__(self) -> str:
        return f"<schema registry at {shown(self.url)}>"


class ExternalRegistry(_Registry):
    """A registry that somebody else started, with the API of Confluent's: `docker compose`, a class's, a company's."""

    alive = True

    def __init__(self, url: str, namespace: str = "") -> None:
        if not url.startswith(("http://", "https://")):
            raise LabError(f"{ADDRESS} is {url!r}: give its URL, such as http://127.0.0.1:8081.")
        super().__init__(url.rstrip("/"), namespace)
        try:
            _asked(self.url, lambda client: client.get_subjects())
        except NoAnswer as error:
            raise NoAnswer(
                f"{error} Start it, correct {ADDRESS}, or unset it and the lab starts a registry of its own."
            ) from None

    def close(self) -> None:
        """Leave it as it is."""


class OwnRegistry(_Registry):
    """A registry that is removed, with its schemas, on `close` or when this process ends, however that happens."""

    def __init__(self, installation: RegistryInstallation | None = None, namespace: str = "") -> None:
        installation = store.prepare(installation or registry_installation())
        options = installation.aot_options()
        self._node = node.start(installation, options)
        self._trainer = None if options else training.start(installation, "labkit.schema_registry.training")
        _reach_directly()
        super().__init__(self._node.url, namespace)

    @property
    def alive(self) -> bool:
        return self._node.process.alive

    def log(self) -> str:
        """What it has logged."""
        return self._node.process.log()

    def close(self) -> None:
        if self._trainer:
            self._trainer.close()
        self._node.process.close()


def address() -> str:
    """Returns the URL of the registry to use; empty if the lab should start one of its own."""
    return os.environ.get(ADDRESS, "").strip()


def find_or_start(namespace: str = "") -> SchemaRegistry:
    """The registry that LAB_REGISTRY names, else a new one. Raises LabError if neither can be reached or started."""
    if url := address():
        return ExternalRegistry(url, namespace)
    return OwnRegistry(namespace=namespace)


def shown(url: str) -> str:
    """Returns a URL without the login in it."""
    found = urlsplit(url)
    return found._replace(netloc=found.netloc.rpartition("@")[2]).geturl()


def _asked(url: str, ask: Callable[[SchemaRegistryClient], T]) -> T:
    """Ask a registry. Raises NoAnswer, in one line, if it does not answer, or not as a registry does."""
    quix.prepare()  # these imports warn, too
    from confluent_kafka.schema_registry import SchemaRegistryClient, SchemaRegistryError
    from httpx import HTTPError, InvalidURL

    where = shown(url)
    try:
        with SchemaRegistryClient({"url": url, "timeout": ANSWER_LIMIT, "max.retries": 0}) as client:
            return ask(client)
    except SchemaRegistryError as error:
        if error.http_status_code in (401, 403):
            raise NoAnswer(f"The schema registry at {where} refused the login.") from None
        raise NoAnswer(
            f"What answers at {where} is no schema registry ({error.http_status_code}): the API for Confluent's "
            f"clients may have a path, such as {server.API}."
        ) from None
    except (HTTPError, InvalidURL, ValueError):
        raise NoAnswer(f"No schema registry answers at {where}.") from None


def _reach_directly() -> None:
    """Let HTTP clients of this process and its children go to loopback without the user's proxy, if there is one."""
    known = os.environ.get(NO_PROXY[0]) or os.environ.get(NO_PROXY[1], "")
    if getproxies() and HOST not in known.split(","):
        os.environ.update(dict.fromkeys(NO_PROXY, f"{known},{HOST}".strip(",")))
