"""The wall of a class as its teacher runs it: one process counts, and each visitor's page shows the counts."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labkit.classroom.folder import Folder, Wall
from labkit.kafka import properties
from labkit.kafka.topics import Topics
from labkit.wall import given, serving
from labkit.wall.given import TEACHER

if TYPE_CHECKING:
    from labkit.wall.board import Board

CELL = "from pathlib import Path\n\nfrom labkit.classroom import boards\n\nboards.show(Path({folder!r}))"


LOOK = 1.0  # seconds between two looks whether there are new students


class Labels:
    """The label of each pseudonym of a class, the teacher's among them, as the folder says at the moment."""

    def __init__(self, place: Folder, wall: Wall) -> None:
        self._place, self._wall = place, wall
        self._found: dict[str, str] = {}
        self._asked = self._changed = 0.0

    def __call__(self) -> Mapping[str, str]:
        if (now := time.monotonic()) > self._asked + LOOK:
            self._asked = now
            if (changed := self._place.changed()) != self._changed:
                names = map(self._wall.pseudonym, self._place.logins())
                self._found = {name: given.label(name) for name in names} | {teacher(self._wall): TEACHER}
                self._changed = changed
        return self._found


def teacher(wall: Wall) -> str:
    """Returns the pseudonym that begins rounds; no login has a hyphen."""
    return wall.pseudonym("class-teacher")


@contextlib.contextmanager
def counting(place: Folder, address: str, wall: Wall) -> Iterator[None]:
    """Count what students send as long as the block lasts."""
    topics = Topics(address, wall.namespace)
    serving.create_topics(topics)
    run = serving.counting_run(topics, Labels(place, wall), place.path / "wall")
    run.start()
    try:
        yield
    finally:
        run.stop()
        if run.error:
            click.echo(f"The wall was no longer counted: {run.error}", err=True)
        topics.disconnect()


def board_of(place: Folder, address: str) -> Board:
    """Returns the view of the wall of a class, to be started and displayed."""
    wall = place.settings().wall
    assert wall
    return serving.board(Topics(address, wall.namespace), teacher(wall))


def show(folder: Path) -> None:
    """Display the wall below the current cell."""
    view = board_of(Folder(folder), properties.address())
    view.start()
    view.snapshot.show()
