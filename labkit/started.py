"""What a lab has started: its workers by what they do, its views, and the notebook cell that each belongs to."""

import functools
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from labkit import cells
from labkit.runs.worker import Identity, Worker, Workers


class Closable(Protocol):
    def close(self) -> None: ...


View = TypeVar("View", bound=Closable)


class Started:
    """Running a cell again replaces what it has started before; so does starting the same again in another cell.

    `show` displays a worker below the present cell.
    """

    def __init__(self, show: Callable[[Worker], object]) -> None:
        self._show = show
        self._workers: dict[Identity, tuple[Worker, cells.Cell]] = {}
        self._views: list[tuple[Closable, cells.Cell]] = []

    @property
    def workers(self) -> Workers:
        """In the order of their start."""
        return Workers(worker for worker, _ in list(self._workers.values()))

    def replaced_by(self, new: Identity) -> list[Worker]:
        """The worker with this identity; if there is none, those that an earlier execution of the present cell has
        started under this name, or to write to this topic: the cell has been edited.
        """
        if new in self._workers:
            return [self._workers[new][0]]
        name, _, writes = new
        return [each for each in self._by_this_cell() if each.name == name or (writes and each.writes == writes)]

    def replace(self, new: Worker) -> list[Worker]:
        """End what a new worker takes the place of."""
        replaced = self.replaced_by(new.identity)
        for other in replaced:
            other.stop()
            same = other.identity == new.identity
            new.replaces.append(other.name if same else f"{other.name} ({other.route})")
        return replaced

    def adopt(self, worker: Worker, replaced: Sequence[Worker]) -> None:
        """Look after a worker; until now those that it replaces were there to be seen, as ended."""
        for other in replaced:
            other.retire("a newer one has taken its place")
            if other.identity != worker.identity:  # else the new one takes its place, in the topology too
                del self._workers[other.identity]
        worker.show = self._show_in_order
        cells.at_the_end(functools.partial(self._finish, worker))
        self._workers[worker.identity] = (worker, cells.current())

    def keep(self) -> None:
        """Let what earlier executions of the present cell have started go on, as if this one had."""
        for worker in self._by_this_cell():
            self._workers[worker.identity] = (worker, cells.current())

    def watch(self, view: View) -> View:
        """Look after a view; those that an earlier execution of the present cell has shown end."""
        here = cells.current()
        older = [each for each, cell in self._views if cell.is_older_execution_of(here)]
        for each in older:
            each.close()
        self._views = [(each, cell) for each, cell in self._views if each not in older]
        self._views.append((view, here))
        return view

    def stop(self) -> None:
        """End all of them, and forget them."""
        for worker in self.workers:
            worker.retire("lab.stop() has ended it; run its cell again")
        for view, _ in self._views:
            view.close()
        self._workers.clear()
        self._views.clear()

    def _show_in_order(self, worker: Worker) -> None:
        """Show a worker below what the present cell has started before it: its last line is displayed first."""
        here = cells.current()
        for other, cell in list(self._workers.values()):
            if other is worker:
                break
            if cell == here and here.execution:
                other.show_once()
        self._show(worker)

    def _by_this_cell(self) -> list[Worker]:
        """What earlier executions of the present cell have started."""
        here = cells.current()
        return [worker for worker, cell in list(self._workers.values()) if cell.is_older_execution_of(here)]

    def _finish(self, newest: Worker, succeeded: bool) -> None:
        """After a cell: show what it has started, and end what only its earlier executions have.

        Not if it has failed: what it has not come to start anew goes on as it was.
        """
        newest.show_once()
        for other in self._by_this_cell() if succeeded else ():
            other.retire("its cell has been run again without it")
            newest.replaces.append(f"{other.name} ({other.route})")
            del self._workers[other.identity]
