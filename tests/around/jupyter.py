"""JupyterLab and Voilà as the command `lab` starts them, and a real Chromium in front of them."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Error, Locator, Page, sync_playwright

from tests.waiting import eventually

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SCREENSHOTS = Path(__file__).parents[2] / "screenshots"
LIMIT = 120.0  # seconds that a page may take for what it is asked, beside other tests
NOTED = 3000  # characters of a page, in the report of a test that fails
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def chromium() -> str | None:
    """Where Chromium is; None if there is none."""
    return shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")


@contextlib.contextmanager
def serving(*arguments: str, settings: Mapping[str, str] | None = None, idle: int | None = None) -> Iterator[str]:
    """The address, with its token, that the command `lab` prints; Ctrl+C stops it in the end.

    With `idle` it shuts down a notebook after so many seconds, not after an hour.
    """
    impatient = [sys.executable, "-c", f"from labkit import cli\ncli.jupyter.IDLE = {idle}\ncli.main()"]
    lab = impatient if idle else [str(Path(sys.executable).with_name("lab"))]
    command = [*lab, *arguments, "--no-browser", "--port", "0"]
    with (
        tempfile.TemporaryDirectory() as home,
        tempfile.NamedTemporaryFile("w+") as log,
        subprocess.Popen(command, stderr=log, env=_environment(home) | dict(settings or {})) as server,
    ):
        try:
            said = Path(log.name)
            yield eventually(
                lambda: re.search(r"http://(127\.0\.0\.1|localhost):\d+/\S*token=\S+", said.read_text()), 60
            )[0]
        finally:
            os.kill(server.pid, signal.SIGINT)
            # Once in a while the server's last thread, an idle worker of AnyIO, is never told to end.
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(20)
            server.kill()


@contextlib.contextmanager
def notebooks(**changes: str) -> Iterator[Path]:
    """A copy of the notebooks, because JupyterLab may save them, with other values for some parameters."""
    with tempfile.TemporaryDirectory() as directory:
        for path in NOTEBOOKS.glob("*.ipynb"):
            text = path.read_text()
            for name, value in changes.items():
                text = re.sub(rf'"{name} = [^"\\]+', f'"{name} = {value}', text)
            (Path(directory) / path.name).write_text(text)
        yield Path(directory)


def _environment(home: str) -> dict[str, str]:
    """The developer's environment, without the state of their own labs and JupyterLabs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LAB_")}
    return kept | {"JUPYTER_CONFIG_DIR": home, "JUPYTERLAB_WORKSPACES_DIR": f"{home}/workspaces"}


@contextlib.contextmanager
def launched() -> Iterator[Browser]:
    """A real Chromium, for the tests of a module: see the fixture `browser`. They are skipped if there is none."""
    if not (path := chromium()):
        pytest.skip("there is no Chromium here (on Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@contextlib.contextmanager
def page(browser: Browser, problems: list[str], width: int = 1280) -> Iterator[Page]:
    """A page that shares nothing with others; errors on its console and requests to other hosts go to `problems`.

    A test that fails tells what was on the page.
    """

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            problems.append(f"{message.text} {message.location['url']}")

    with browser.new_context(viewport={"width": width, "height": 1600}) as context:
        page = context.new_page()
        page.set_default_timeout(LIMIT * 1000)
        page.on("console", note)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: None if _is_local(request.url) else problems.append(request.url))
        try:
            yield page
        except BaseException as error:
            error.add_note(f"On the page {page.url}: {_shown(page)}\nProblems: {problems}")
            raise


def _shown(page: Page) -> str:
    """The last cells of the notebook, or the end of the text of another page."""
    notebook = page.locator(".jp-Notebook").first
    try:
        text = (notebook if notebook.count() else page.locator("body")).inner_text(timeout=10_000)
    except Error as error:
        return f"it did not answer ({error})"
    return text[-NOTED:]


def _is_local(url: str) -> bool:
    return bool(re.match(r"(data|blob|about):|(http|ws)://(127\.0\.0\.1|localhost)[:/]", url))


def open_notebook(page: Page, address: str, notebook: str) -> None:
    """Open a notebook in JupyterLab and wait for its kernel."""
    page.goto(re.sub(r"/lab[^?]*", f"/lab/tree/{notebook}", address))
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()


def run_all(page: Page, address: str, notebook: str) -> None:
    """Open a notebook, and run all of its cells."""
    open_notebook(page, address, notebook)
    run_all_cells(page)


def run_all_cells(page: Page) -> None:
    """Choose Run → Run All Cells."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()


def screenshot(shown: Page | Locator, name: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    shown.screenshot(path=SCREENSHOTS / f"{name}.png")


def violations(page: Page, within: str = "html") -> list[str]:
    """What axe-core finds against the rules for accessible pages (WCAG 2 and its own best practices)."""
    found = Axe().run(page, context=within).response["violations"]
    return [f"{each['id']}: {each['help']} {[node['target'] for node in each['nodes']]}" for each in found]
