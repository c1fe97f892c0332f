"""A real JupyterHub with its proxy, and users who log in to it: as many Linux users if this is root, or else one."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
import websocket

from labkit.jvm import store
from labkit.loopback import HOST, free_ports
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
PROXY = "configurable-http-proxy@5.3.0"
PASSWORD = "of-everybody-in-this-test"
FIRST_UID = 61_000
CELL_LIMIT = 240.0  # seconds, beside other tests

# As systemd does it: what ends is started again. The proxy is not the hub's child, as under TLJH.
RUN = """
node {proxy} --ip 127.0.0.1 --port {port} --api-ip 127.0.0.1 --api-port {api} &
while true; do {python} -m jupyterhub --config {config}; done
"""

CONFIG = """
import os, pwd

c = get_config()
uids = {uids}
found = pwd.getpwnam


def getpwnam(name):
    if name not in uids:
        return found(name)
    return pwd.struct_passwd((name, "x", *uids[name], "", os.path.join({homes!r}, name), "/bin/sh"))


pwd.getpwnam = getpwnam  # as if they were in the password file
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_ip, c.JupyterHub.hub_port = "127.0.0.1", {hub}
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api}"
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = {password!r}
c.Authenticator.allow_all = True
c.JupyterHub.cleanup_servers = False  # as TLJH has it
c.LocalProcessSpawner.popen_kwargs = dict(stdin=-3)
load_subconfig({lab!r})
"""


@dataclass
class User:
    """Somebody who logs in with a password, and works through the proxy with what the hub gives them."""

    name: str
    address: str
    home: Path
    uid: int
    gid: int
    token: str = ""

    def log_in(self) -> None:
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with opener.open(f"{self.address}/hub/login") as page:
            xsrf = re.search(r'name="_xsrf"\s+value="([^"]+)"', page.read().decode())[1]
        form = urllib.parse.urlencode({"_xsrf": xsrf, "username": self.name, "password": PASSWORD})
        with opener.open(f"{self.address}/hub/login?next=/hub/home", form.encode()) as page:
            xsrf = re.search(r'xsrf_token: "([^"]+)"', page.read().decode())[1]
        wanted = urllib.request.Request(f"{self.address}/hub/api/users/{self.name}/tokens", b"{}", method="POST")
        wanted.add_header("X-XSRFToken", xsrf)
        wanted.add_header("Content-Type", "application/json")
        with opener.open(wanted) as answer:
            self.token = json.load(answer)["token"]

    def ask(self, path: str, method: str = "GET", body: object = None) -> Any:
        """The answer of a REST API, of the hub or of a user's server."""
        data = json.dumps(body).encode() if body is not None else None
        wanted = urllib.request.Request(f"{self.address}{path}", data, method=method)
        wanted.add_header("Authorization", f"token {self.token}")
        wanted.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(wanted, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def refused(self, path: str, method: str = "GET") -> int:
        """With what code this is refused."""
        with pytest.raises(urllib.error.HTTPError) as refused:
            self.ask(path, method)
        with refused.value as answer:
            return answer.code

    def start(self) -> None:
        self.ask(f"/hub/api/users/{self.name}/server", "POST", {})

    def wait(self) -> None:
        """Until their server is ready."""
        eventually(self.is_ready, 180)

    def is_ready(self) -> bool:
        servers = self.ask(f"/hub/api/users/{self.name}")["servers"]
        return bool(servers) and servers[""]["ready"]

    @contextlib.contextmanager
    def kernel(self) -> Iterator["Kernel"]:
        """A kernel of their own, as JupyterLab starts it for a notebook."""
        model = {"kernel": {"name": "python3"}, "path": "labkit-notebooks/any.ipynb", "name": "", "type": "notebook"}
        session = self.ask(f"/user/{self.name}/api/sessions", "POST", model)
        kernel = Kernel(self, session["kernel"]["id"])
        try:
            yield kernel
        finally:
            kernel.close()
            self.ask(f"/user/{self.name}/api/sessions/{session['id']}", "DELETE")


class Kernel:
    """A kernel behind the proxy."""

    def __init__(self, user: User, number: str) -> None:
        self._user, self._number = user, number
        self._connect()

    def _connect(self) -> None:
        address = self._user.address.replace("http:", "ws:")
        self._socket = websocket.create_connection(
            f"{address}/user/{self._user.name}/api/kernels/{self._number}/channels",
            header=[f"Authorization: token {self._user.token}"], timeout=CELL_LIMIT,
        )  # fmt: skip

    def run(self, code: str) -> str:
        """What a cell prints; fails if it raises."""
        header = {
            "msg_id": uuid.uuid4().hex,
            "msg_type": "execute_request",
            "session": "s",
            "username": "",
            "version": "5.4",
        }
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": True}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        self._socket.send(json.dumps(message))
        said = ""
        while True:
            frame = self._socket.recv()
            if isinstance(frame, bytes):  # a widget's
                continue
            got = json.loads(frame)
            if got["parent_header"].get("msg_id") != header["msg_id"] or got["channel"] != "iopub":
                continue
            if got["msg_type"] == "stream":
                said += got["content"]["text"]
            assert got["msg_type"] != "error", f"{code}\n{said}\n" + "\n".join(got["content"]["traceback"])
            if got["msg_type"] == "status" and got["content"]["execution_state"] == "idle":
                return said

    def run_notebook(self, name: str) -> None:
        """All cells of the user's own copy."""
        for cell in nbformat.reads(self._read(name), nbformat.NO_CONVERT).cells:
            if cell.cell_type == "code":
                self.run(cell.source)

    def _read(self, name: str) -> str:
        path = f"/user/{self._user.name}/api/contents/labkit-notebooks/{name}?type=file&format=text"
        return self._user.ask(path)["content"]

    def close(self) -> None:
        self._socket.close()


class Hub:
    """A hub, its proxy, and all that they have started: they end together, for they are in a PID namespace."""

    def __init__(self, folder: Path, proxy: Path, names: list[str], environment: dict[str, str]) -> None:
        port, hub, api = free_ports(3)
        self.address, self.log_file = f"http://{HOST}:{port}", folder / "hub.log"
        root = os.geteuid() == 0
        homes = folder / "homes"
        of = [
            (FIRST_UID + each, FIRST_UID + each) if root else (os.getuid(), os.getgid()) for each in range(len(names))
        ]
        self.users = [User(name, self.address, homes / name, *ids) for name, ids in zip(names, of, strict=True)]
        for each in self.users:
            each.home.mkdir(mode=0o700, parents=True)
            os.chown(each.home, each.uid, each.gid)
        config = folder / "hub" / "jupyterhub_config.py"
        config.parent.mkdir(mode=0o700)  # its database has everybody's tokens
        lab = str(ROOT / "deploy/tljh/lab.py")
        config.write_text(
            CONFIG.format(
                uids={each.name: (each.uid, each.gid) for each in self.users},
                homes=str(homes), port=port, hub=hub, api=api, password=PASSWORD, lab=lab,
            )
        )  # fmt: skip
        script = RUN.format(proxy=proxy, port=port, hub=hub, api=api, python=sys.executable, config=config)
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        clean = {
            name: value for name, value in os.environ.items() if not name.startswith(("LAB_", "JUPYTER", "PYTEST"))
        }
        given = clean | environment | {"CONFIGPROXY_AUTH_TOKEN": uuid.uuid4().hex, "PATH": path}
        with self.log_file.open("wb") as log:
            self._process = subprocess.Popen(
                [*_alone(proxy), "/bin/sh", "-c", script], cwd=config.parent, env=given, stdout=log, stderr=log
            )

    def wait(self) -> None:
        """Until it answers through its proxy."""
        eventually(self._answers, 120)

    def _answers(self) -> bool:
        assert self._process.poll() is None, self.log()
        try:
            with urllib.request.urlopen(f"{self.address}/hub/api/", timeout=10) as answer:
                return "version" in json.load(answer)
        except OSError:
            return False

    def process(self) -> psutil.Process:
        """The hub itself."""
        inside = psutil.Process(self._process.pid).children(recursive=True)
        return next(each for each in inside if "jupyterhub" in each.cmdline()[2:3])

    def kill(self) -> None:
        """Kill the hub, and not what it has started; it is started again at once."""
        old = self.process()
        old.send_signal(signal.SIGKILL)
        old.wait(30)

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")[-8000:]

    def close(self) -> None:
        self._process.kill()
        self._process.wait(30)


def _alone(proxy: Path) -> list[str]:
    """The command line before one that ends with all it has started. In it everybody sees Python and this clone, which
    may be in the home of root, and nothing else of that home.
    """
    home = Path.home()
    command = ["bwrap", "--dev-bind", "/", "/", "--proc", "/proc", "--unshare-pid", "--die-with-parent"]
    if os.geteuid():
        return command
    shown = {ROOT, Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parents[1], proxy.parents[2]}
    command += ["--perms", "0755", "--tmpfs", str(home)]
    for folder in sorted({above for each in shown for above in each.parents if home in above.parents}):
        command += ["--perms", "0755", "--dir", str(folder)]
    for each in shown:
        command += ["--ro-bind", str(each), str(each)]
    return command


def proxy(folder: Path) -> Path:
    """JupyterHub's own proxy, from npm."""
    if not (npm := shutil.which("npm")):
        pytest.skip("there is no npm here (on Debian: apt-get install npm)")
    done = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), PROXY], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return folder / "node_modules/configurable-http-proxy/bin/configurable-http-proxy"


def shared_cache(folder: Path) -> Path:
    """The part of what `lab fetch` makes that is needed here, for all users of this computer: none can write there."""
    shutil.copytree(store.root(), folder, ignore=shutil.ignore_patterns("*.lock", "flink-*", "schema-registry-*"))
    for each in (folder, *folder.rglob("*")):
        each.chmod(0o555 if each.is_dir() else 0o444)
    return folder
