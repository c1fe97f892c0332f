"""Which notebook cell is being executed, so that a cell that is run again finds what it started before."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Cell:
    """One execution of a cell; outside a notebook front end, `id` is empty."""

    id: str = ""
    execution: str = ""

    def is_older_execution_of(self, other: "Cell") -> bool:
        return bool(self.id) and self.id == other.id and self.execution != other.execution


def shell() -> Any:
    """The notebook's IPython shell; None outside a notebook."""
    found = _ipython()
    return found if hasattr(found, "get_parent") else None


def _ipython() -> Any:
    """IPython's shell, in a notebook or in a terminal; None outside IPython."""
    return getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()


def display_by(kind: type, show: Callable[[Any], object]) -> None:
    """Let IPython display objects of a type, and of its subclasses, by calling `show`, which returns nothing."""
    if found := _ipython():
        found.display_formatter.ipython_display_formatter.for_type(kind, show)


def current() -> Cell:
    """The cell that the kernel is executing.

    JupyterLab and VS Code name it in the execute request's metadata. Where a front end does not, its code is its name.
    """
    kernel = shell()
    request = kernel.get_parent() if kernel else {}
    header = request.get("header", {})
    if header.get("msg_type") != "execute_request":  # such as a click on a button
        return Cell()
    name = request.get("metadata", {}).get("cellId") or request["content"]["code"]
    return Cell(name, header.get("msg_id", ""))


def at_the_end(finish: Callable[[bool], object]) -> None:
    """Call `finish` after the current cell, with True if the cell succeeded.

    What it displays appears below that cell, after its other output. Outside a notebook it is never called.
    """
    here, kernel = current(), shell()

    def finish_here(result: Any) -> None:
        kernel.events.unregister("post_run_cell", finish_here)
        if current() == here:
            finish(result.success)

    if here.execution:
        kernel.events.register("post_run_cell", finish_here)


def shorten(words: Callable[[BaseException], str | None]) -> None:
    """Show, instead of the traceback of an error in a cell, the line that `words` has for it, if it has one."""

    def show(kernel: Any, kind: type, error: BaseException, trace: Any, tb_offset: int | None = None) -> None:
        if line := words(error):
            error._render_traceback_ = lambda: [line]  # type: ignore[attr-defined]  # IPython asks for it
        kernel.showtraceback((kind, error, trace), tb_offset=tb_offset)

    if (found := shell()) and not found.custom_exceptions:
        found.set_custom_exc((Exception,), show)


def leave() -> None:
    """Detach what the current thread sends to the page from any cell.

    A page answers a widget on the thread of the cell that the widget last sent from. That is the kernel's main thread,
    which receives nothing while a cell runs. Without a cell, answers go to a separate thread (ipykernel 7).
    """
    if kernel := getattr(shell(), "kernel", None):
        kernel.set_parent([], {})


def outside(make: Callable[[], T]) -> T:
    """Returns what `make` returns in a thread that belongs to no cell."""
    with ThreadPoolExecutor(1, initializer=leave) as pool:
        return pool.submit(make).result()
