"""What a lab has started: its workers by identity, its views, and the notebook cell of each."""

import contextlib
import functools
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

from labkit import cells
from labkit.errors import LabError
from labkit.runs.worker import Identity, Worker, Workers


class LiveView(Protocol):
    def start(self) -> None: ...

    def close(self) -> None: ...


View = TypeVar("View", bound=LiveView)


class Started:
    """Running a cell again replaces what it started before; so does starting the same worker in another cell.

    `show` displays a worker below the current cell: in a notebook at the cell's end, unless the cell has done so.
    """

    def __init__(self, show: Callable[[Worker], object]) -> None:
        self._show = show
        self._shown: weakref.WeakKeyDictionary[Worker, int] = weakref.WeakKeyDictionary()  # since which start
        self._workers: dict[Identity, tuple[Worker, cells.Cell]] = {}
        self._views: list[tuple[LiveView, cells.Cell]] = []

    @property
    def workers(self) -> Workers:
        """The workers in the order in which they were started."""
        return Workers(worker for worker, _ in list(self._workers.values()))

    def replaced_by(self, new: Identity) -> list[Worker]:
        """The worker with this identity. If there is none, as in an edited cell, the workers with this name or output
        topic that an earlier execution of the current cell started.
        """
        if new in self._workers:
            return [self._workers[new][0]]
        name, _, writes = new
        return [each for each in self._by_this_cell() if each.name == name or (writes and each.writes == writes)]

    @contextlib.contextmanager
    def kept(self, new: Identity) -> Iterator[None]:
        """If what would replace a live worker fails in this context, say that the earlier one goes on, and show it."""
        try:
            yield
        except Exception as error:
            kept = [each for each in self.replaced_by(new) if each.alive]
            for each in kept:
                cells.at_the_end(functools.partial(self._show_again, each))
            words = f"The earlier {' and '.join(each.name for each in kept)} is still running."
            if kept and isinstance(error, LabError):
                raise type(error)(f"{error} {words}") from error
            if kept:
                error.add_note(words)
            raise

    def replace(self, new: Worker) -> list[Worker]:
        """Stop the workers that a new one replaces, and return them."""
        replaced = self.replaced_by(new.identity)
        for other in replaced:
            other.stop()
            same = other.identity == new.identity
            new.replaces.append(other.name if same else f"{other.name} ({other.flow})")
        return replaced

    def adopt(self, worker: Worker, replaced: Sequence[Worker]) -> None:
        """Register a worker in place of those that it replaces, which were still shown as stopped until now."""
        for other in replaced:
            other.retire("a newer one has taken its place")
            if other.identity != worker.identity:  # otherwise the new one takes its place, in the topology too
                del self._workers[other.identity]
        cells.at_the_end(functools.partial(self._finish, worker))
        self._workers[worker.identity] = (worker, cells.current())

    def keep(self) -> None:
        """Keep what earlier executions of the current cell started, as if this one had started it."""
        for worker in self._by_this_cell():
            self._workers[worker.identity] = (worker, cells.current())

    def watch(self, view: View) -> View:
        """Start a view, and close those that earlier executions of the current cell showed."""
        here = cells.current()
        older = [each for each, cell in self._views if cell.is_older_execution_of(here)]
        for each in older:
            each.close()
        self._views = [(each, cell) for each, cell in self._views if each not in older]
        self._views.append((view, here))
        view.start()
        return view

    def drop(self, workers: Iterable[Worker], reason: str) -> None:
        """Stop some workers for good, and forget them."""
        for worker in workers:
            worker.retire(reason)
            self._workers.pop(worker.identity, None)

    def stop(self) -> None:
        """Stop all workers, close all views, and forget them."""
        with contextlib.ExitStack() as stack:  # one that fails does not spare the others; the last is done first
            stack.callback(self._views.clear)
            stack.callback(self._workers.clear)
            for view, _ in reversed(self._views):
                stack.callback(view.close)
            for worker in reversed(self.workers):  # before the views, which show how they ended
                stack.callback(worker.retire, "lab.stop() stopped it; run its cell again")

    def show(self, worker: Worker) -> None:
        """Show a worker below those that its cell started earlier; else the cell's last line would come first."""
        here = cells.current()
        for other, cell in list(self._workers.values()):
            if other is worker:
                break
            if cell == here and here.execution:
                self._show_once(other)
        self.mark_as_shown(worker)
        self._show(worker)

    def mark_as_shown(self, worker: Worker) -> None:
        """Note that a worker is in sight until its next start, by itself or as part of another view."""
        self._shown[worker] = worker.starts

    def _show_once(self, worker: Worker) -> None:
        if self._shown.get(worker) != worker.starts:
            self.show(worker)

    def _show_again(self, worker: Worker, succeeded: bool) -> None:  # noqa: ARG002
        self.show(worker)

    def _by_this_cell(self) -> list[Worker]:
        """The workers that earlier executions of the current cell started."""
        here = cells.current()
        return [worker for worker, cell in list(self._workers.values()) if cell.is_older_execution_of(here)]

    def _finish(self, newest: Worker, succeeded: bool) -> None:
        """After a cell: show the worker that it started, and stop those that it started before but not this time.

        A cell that failed stops nothing: it may not have got as far as starting them again.
        """
        self._show_once(newest)
        for other in self._by_this_cell() if succeeded else ():
            other.retire("its cell was run again without it")
            newest.replaces.append(f"{other.name} ({other.flow})")
            del self._workers[other.identity]
