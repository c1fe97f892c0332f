"""JupyterLab as a student starts it, and a real Chromium in front of it."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Page, sync_playwright

from tests.waiting import eventually

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def chromium() -> str:
    """Where Chromium is; the test is skipped if there is none."""
    found = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
    if not found:
        pytest.skip("there is no Chromium here (on Debian: apt-get install chromium)")
    return found


@contextlib.contextmanager
def jupyterlab(*options: str) -> Iterator[str]:
    """The address, token and all, of a JupyterLab that the command `lab` has started; Ctrl+C ends it.

    It works on a copy of the notebooks, for it may save them.
    """
    command = [str(Path(sys.executable).with_name("lab")), "--no-browser", *options]
    with (
        tempfile.TemporaryDirectory() as home,
        tempfile.NamedTemporaryFile("w+") as log,
        subprocess.Popen(command, stderr=log, env=_environment(home)) as server,
    ):
        try:
            said = Path(log.name)
            yield eventually(lambda: re.search(r"http://127\.0\.0\.1:\d+/lab\S+", said.read_text()), 30)[0]
        finally:
            os.kill(server.pid, signal.SIGINT)
            server.wait(20)


def _environment(home: str) -> dict[str, str]:
    """The developer's, without what a lab or a JupyterLab of theirs remembers."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LAB_")}
    return kept | {"JUPYTER_CONFIG_DIR": home, "JUPYTERLAB_WORKSPACES_DIR": f"{home}/workspaces"}


@contextlib.contextmanager
def page(problems: list[str]) -> Iterator[Page]:
    """A page in a real browser; what its console complains of goes to `problems`."""

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            problems.append(f"{message.text} {message.location['url']}")

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 1600})
        page.on("console", note)
        page.on("pageerror", lambda error: problems.append(str(error)))
        yield page
        browser.close()


def run_all(page: Page, address: str, notebook: str) -> None:
    """Open a notebook and choose Run → Run All Cells."""
    page.goto(address.replace("/lab?", f"/lab/tree/{notebook}?"))
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
