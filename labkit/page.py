"""Pages of their own, served by Voilà: the dashboard of notebook 04, and the wall of a class."""

import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from labkit.errors import LabError
from labkit.loopback import free_ports

# Extensions of JupyterLab: one would bring a second Plotly, the other wants JupyterLab's file browser.
UNUSED = ("jupyterlab-plotly", "@jupyterhub/jupyter-server-proxy")
STARTS_WITHIN = 60  # seconds
TAG = "page"  # of the cells that make up the page
JUPYTER = Path(__file__).with_name("jupyter")


def serve(name: str, page: Any, host: str, port: int, browser: bool, base_url: str = "/") -> None:
    """Serve a page, a notebook in memory, where `host` says until Ctrl+C, under the path `base_url`.

    Each visitor gets a kernel of their own, which ends when they leave the page. Raises LabError if Voilà fails.
    """
    if port == 0:  # Voilà would print 0 in its address
        (port,) = free_ports(1)
    with tempfile.TemporaryDirectory(prefix="labkit-page-") as directory:
        file = Path(directory) / f"{name}.ipynb"
        nbformat.write(page, file)  # type: ignore[no-untyped-call]
        command = [
            *(sys.executable, "-m", "voila", str(file), "--template=labkit", "--token"),
            *(f"--Voila.ip={host}", f"--port={port}", f"--base_url={base_url}", *([] if browser else ["--no-browser"])),
            *(f"--VoilaConfiguration.extension_denylist={each}" for each in UNUSED),
        ]
        path = os.pathsep.join([str(JUPYTER), *filter(None, [os.environ.get("JUPYTER_PATH")])])
        # A separate session: Ctrl+C must reach Voilà only once, from here; a second one would abort its shutdown.
        with subprocess.Popen(command, env=os.environ | {"JUPYTER_PATH": path}, start_new_session=True) as server:
            try:
                code = server.wait()
            except KeyboardInterrupt:
                return
            finally:
                server.send_signal(signal.SIGINT)
    if code:
        raise LabError(f"Voilà has ended with exit code {code}: what it wrote above says why.")


def proxied() -> dict[str, Any]:
    """What jupyter-server-proxy, where it is installed, needs to serve the page beside JupyterLab, as on a JupyterHub.

    Other people on the computer reach its port too: only the proxy knows the token.
    """
    token = secrets.token_urlsafe(24)
    lab = Path(sys.executable).with_name("lab")
    return {
        "command": [str(lab), "dashboard", "--no-browser", "--port", "{port}", "--base-url", "{base_url}dashboard/"],
        "environment": {"JUPYTER_TOKEN": token},
        "request_headers_override": {"Authorization": f"token {token}"},
        "absolute_url": True,
        "timeout": STARTS_WITHIN,
        "launcher_entry": {"title": "Dashboard"},
    }


def of_code(source: str) -> Any:
    """Returns a page that shows what a cell of code displays."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return new_notebook(cells=[new_code_cell(source)], metadata=kernel)  # type: ignore[no-untyped-call]


def of_notebook(notebook: Path, parameters: Mapping[str, Any]) -> Any:
    """Returns the page of a notebook: those of its cells that make it up. The parameters come after those of the
    notebook, as papermill puts them.
    """
    page = nbformat.read(notebook, nbformat.NO_CONVERT)  # type: ignore[no-untyped-call]
    cells = [cell for cell in page.cells if TAG in cell.metadata.get("tags", ())]
    given = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    place = next(number for number, cell in enumerate(cells, 1) if "parameters" in cell.metadata.tags)
    page.cells = [*cells[:place], new_code_cell(given), *cells[place:]]  # type: ignore[no-untyped-call]
    return page
