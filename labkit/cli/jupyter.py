"""JupyterLab, the dashboard as a page, and how far a student is."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import click
import platformdirs

from labkit import extras, lessons
from labkit.errors import LabError
from labkit.loopback import HOST

SETTINGS = Path(__file__).parents[1] / "jupyter"
IDLE = 3600  # seconds without activity after which JupyterLab shuts a notebook down, unless it is open in a browser


@click.command()
@click.option("--source", help="A CSV file, or nyc-weather; default: simulated devices.")
@click.option("--devices", default=3, show_default=True, help="The number of simulated devices.")
@click.option("--per-second", "rate", default=1.0, show_default=True, help="Readings per second from each.")
@click.option("--seed", default=0, show_default=True, help="The same seed gives the same temperatures.")
@click.option("--host", default=HOST, show_default=True, help="Where to listen: 0.0.0.0 lets other computers in.")
@click.option("--port", default=8866, show_default=True, help="The port to use; if it is taken, the next free one.")
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening a browser.")
@click.option("--base-url", default="/", hidden=True, help="The path under which a proxy serves the page.")
def dashboard(host: str, port: int, no_browser: bool, base_url: str, **parameters: Any) -> None:
    """Serve the dashboard of notebook 04 as a web page until Ctrl+C.

    Example: lab dashboard --source nyc-weather
    """
    extras.require("notebook")
    from labkit import page

    if parameters["source"] and Path(parameters["source"]).exists():
        parameters["source"] = str(Path(parameters["source"]).resolve())
    shown = page.of_notebook(lessons.folder() / lessons.DASHBOARD, parameters)
    page.serve("dashboard", shown, host, port, not no_browser, base_url)


@click.command("jupyterhub", hidden=True, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def jupyterhub_command(arguments: tuple[str, ...]) -> None:
    """Be the server of one user of a JupyterHub, which starts it: see deploy/.

    Copies the missing notebooks into the user's home first. Its kernels use sockets in files there: from a port, other
    people on the computer would get everything that is printed.
    """
    lessons.copy_missing(Path.home() / lessons.COPIES)
    private = "--KernelManager.transport=ipc"
    sockets = {"JUPYTER_RUNTIME_DIR": str(Path.home() / ".labkit")}  # a socket's path has no more than 107 characters
    command = ["jupyterhub-singleuser", *_settings(), private, *arguments]
    os.execvpe(command[0], command, os.environ | sockets)


@click.command()
def progress() -> None:
    """Show which exercises have been passed on this computer, and which predictions were right.

    Example: lab progress
    """
    from labkit.predictions import overview

    click.echo(overview.table().to_string(index=False))


def copies(folder: Path | None) -> Path:
    """Returns where a student works: in the clone, or in a folder that gets the notebooks that it lacks."""
    if not folder and not lessons.are_packaged():
        return lessons.folder()
    folder = (folder or lessons.COPIES).resolve()
    copied = lessons.copy_missing(folder)
    click.echo(f"The notebooks are in {folder}: {len(copied)} copied there now, the others unchanged.", err=True)
    return folder


def _was_open(notebooks: Path, layouts: Path) -> bool:
    """Whether JupyterLab remembers a notebook of this folder as open: it passes over those that it does not find."""
    for layout in layouts.glob("*.jupyterlab-workspace"):
        with contextlib.suppress(OSError, ValueError, KeyError):  # half written
            names = [each for each in json.loads(layout.read_text())["data"] if each.startswith("notebook:")]
            if any((notebooks / each.removeprefix("notebook:")).exists() for each in names):
                return True
    return False


def _settings() -> list[str]:
    """What JupyterLab is told wherever the lab runs."""
    return [
        # Jupyter's own culling: a closed tab leaves a kernel and its JVMs, and after some notebooks no memory is left.
        *(f"--MappingKernelManager.cull_idle_timeout={IDLE}", f"--MappingKernelManager.cull_interval={IDLE // 12}"),
        # Overrides: a lab may have no network, and students need no question about Jupyter news.
        f"--LabApp.app_settings_dir={SETTINGS}",
    ]


def open_in_jupyterlab(notebooks: Path, port: int, no_browser: bool) -> None:
    """Become a JupyterLab in a folder of notebooks. Raises LabError if there is none."""
    if not notebooks.is_dir():
        raise LabError(f"There is no folder {notebooks}.")
    command = [
        sys.executable,
        *("-m", "jupyterlab", "-y", f"--ServerApp.root_dir={notebooks.resolve()}", "--ServerApp.ip=127.0.0.1"),
        *(f"--ServerApp.port={port}", *_settings()),
        *(["--no-browser"] if no_browser else []),
        *(["--allow-root"] if os.geteuid() == 0 else []),  # as in many containers; loopback and a token protect it
    ]
    # A separate layout: the student's other JupyterLab may remember notebooks that are not here.
    layouts = os.environ.get("JUPYTERLAB_WORKSPACES_DIR") or str(platformdirs.user_state_path("labkit") / "workspaces")
    if (notebooks / lessons.FIRST).exists() and not _was_open(notebooks, Path(layouts)):  # else it opens that again
        command.append(f"--LabApp.default_url=/lab/tree/{lessons.FIRST}")
    click.echo(
        f"A notebook that is in no browser tab is shut down after {IDLE // 60} minutes without activity; "
        "File → Close and Shut Down Notebook does so at once.",
        err=True,
    )
    os.execve(sys.executable, command, {**os.environ, "JUPYTERLAB_WORKSPACES_DIR": layouts})
