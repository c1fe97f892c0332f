"""From a reading's Kafka timestamp to its first paint: a lab's chart against a bare FigureWidget, in real Chromium.

Both are notebooks in JupyterLab whose readings `lab.produce` writes, on one broker. `labkit` shows `lab.chart`; `bare`
is a FigureWidget that a thread updates ten times a second (`batch_update`, NumPy arrays, the newest 400 points of a
device) from a plain confluent-kafka consumer. In the page, after `plotly_afterplot` and the frame that follows it, the
age of every point not seen before is noted: all that were drawn, and the newest of each drawing. A chart thins what is
too dense to see, so not every reading is drawn. Aims: the newest of a drawing p95 150, 150 and 300 ms old at 1, 100
and 1,000 readings a second, and 4 drawings a second with ten devices.
"""

import itertools
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypedDict

import numpy as np
import report
from playwright.sync_api import Browser, TimeoutError, sync_playwright

from labkit.cli.jupyter import SETTINGS
from labkit.loopback import HOST, free_ports

RATES = {1: (1, 1), 100: (10, 10), 1000: (10, 100)}  # readings a second in all: devices, readings a second of each
LIMIT = 60_000  # milliseconds that JupyterLab and the kernel may take
OWN_DIRECTORIES = ("JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR")
NONE = "none"  # no point newer than the start was painted: the page lags behind
SETTLE = 5.0  # seconds of drawing before the first point counts

PRODUCE = """\
import os
os.environ["LAB_NAMESPACE"] = "{namespace}"
from labkit import Lab
lab = Lab()
lab.produce(devices={devices}, per_second={per_second});"""

LABKIT = 'lab.chart("sensor")'

BARE = """\
import json, threading, time
from collections import deque
import numpy as np
import plotly.graph_objects as go
from confluent_kafka import Consumer

namespace = os.environ["LAB_NAMESPACE"]
consumer = Consumer({"bootstrap.servers": os.environ["LAB_BROKER"], "group.id": namespace + "bare"})
consumer.subscribe([namespace + "sensor"])
figure, points = go.FigureWidget(layout={"xaxis": {"type": "date"}}), {}

def follow():
    while True:
        time.sleep(0.1)
        for message in consumer.consume(1000, timeout=0):
            reading = json.loads(message.value())
            times, values = points.setdefault(reading["device"], (deque(maxlen=400), deque(maxlen=400)))
            times.append(reading["timestamp"])
            values.append(reading["temperature"])
        for device in list(points)[len(figure.data):]:
            figure.add_scatter(name=device, mode="lines+markers")
        with figure.batch_update():
            for trace, (times, values) in zip(figure.data, points.values()):
                trace.x, trace.y = np.array(times, float), np.array(values)

threading.Thread(target=follow, daemon=True).start()
figure"""

# When the page gets the data of a drawing.
NOTE_ARRIVALS = """
const Native = WebSocket;
window.WebSocket = class extends Native {
  constructor(...given) {
    super(...given);
    this.addEventListener('message', ({data}) => {
      if (new TextDecoder('latin1').decode(data).includes('style_data')) window.arrived = Date.now();
    });
  }
};"""

# For each drawing with new points: their ages when painted, and that of the newest when it arrived and was plotted.
NOTE_PAINTS = """plot => {
  const begun = Date.now(), seen = new Set();
  window.paints = [];
  plot.on('plotly_afterplot', () => {
    const fresh = [];
    plot._fullData.forEach((trace, number) => trace.x.forEach(x => {
      if (x > begun && seen.size < seen.add(`${number} ${x}`).size) fresh.push(x);
    }));
    if (!fresh.length) return;
    const newest = Math.max(...fresh), arrived = window.arrived - newest, plotted = Date.now() - newest;
    requestAnimationFrame(() => {
      const {port1, port2} = new MessageChannel();  // a separate task, which runs after the frame has been painted
      port1.onmessage = () => {
        const now = Date.now();
        window.paints.push({ages: fresh.map(x => now - x), arrived, plotted, painted: now - newest});
      };
      port2.postMessage(null);
    });
  });
}"""


@contextmanager
def jupyterlab(directory: Path, address: str) -> Iterator[str]:
    """A JupyterLab on the directory, as `lab` starts it; the address of its notebooks, to be followed by a name."""
    (port,), token = free_ports(1), secrets.token_hex(16)
    own = {name: str(directory / name) for name in OWN_DIRECTORIES}
    command = [
        *(sys.executable, "-m", "jupyterlab", "-y", "--no-browser", "--ServerApp.ip=127.0.0.1"),
        *(f"--ServerApp.port={port}", f"--ServerApp.root_dir={directory}", f"--IdentityProvider.token={token}"),
        *(f"--LabApp.app_settings_dir={SETTINGS}", "--LabApp.expose_app_in_browser=True"),
        *(["--allow-root"] if os.geteuid() == 0 else []),
    ]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(command, env=os.environ | own | {"LAB_BROKER": address}, stdout=log, stderr=log)
    try:
        wait_for(f"http://{HOST}:{port}/api/status?token={token}")
        yield f"http://{HOST}:{port}/lab/tree/{{}}?reset&token={token}"
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def chromium() -> Iterator[tuple[Browser, str]]:
    """A Chromium without a window, and a sentence with the versions that matter."""
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        ) as browser,
    ):
        yield browser, f"In Chromium {browser.version} and JupyterLab {version('jupyterlab')}"


def wait_for(url: str) -> None:
    deadline = time.monotonic() + LIMIT / 1000
    while True:
        try:
            urllib.request.urlopen(url).close()
            return
        except urllib.error.URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def notebook(*cells: str) -> str:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cell: dict[str, object] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    code = [cell | {"source": source} for source in cells]
    return json.dumps({"cells": code, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 4})


class Paint(TypedDict):
    """What NOTE_PAINTS notes of a drawing: milliseconds."""

    ages: list[float]
    arrived: float
    plotted: float
    painted: float


def watch(browser: Browser, address: str, display: str, rate: int, seconds: float) -> list[Paint]:
    """Run a notebook that produces and displays, in a JupyterLab of its own; what was painted."""
    devices, per_second = RATES[rate]
    namespace = f"{uuid.uuid4().hex[:8]}-"
    produce = PRODUCE.format(namespace=namespace, devices=devices, per_second=per_second)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(LIMIT)
    page.add_init_script(NOTE_ARRIVALS)
    try:
        with TemporaryDirectory() as directory, jupyterlab(Path(directory), address) as notebooks:
            Path(directory, "lesson.ipynb").write_text(notebook(produce, display))
            page.goto(notebooks.format("lesson.ipynb"))
            page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")
            page.evaluate("jupyterapp.shell.currentWidget.sessionContext.ready")
            page.evaluate("void jupyterapp.commands.execute('notebook:run-all-cells')")
            page.wait_for_selector(".js-plotly-plot .scatterlayer .trace")
            page.wait_for_timeout(SETTLE * 1000)
            page.eval_on_selector(".js-plotly-plot", NOTE_PAINTS)
            page.wait_for_timeout(seconds * 1000)
            paints: list[Paint] = page.evaluate("window.paints")
            return paints
    except TimeoutError as error:  # a page may be too busy to answer: that is a result too
        print(error, file=sys.stderr)
        return []
    finally:
        page.close()


def main() -> None:
    parser = report.arguments(__doc__, repeats=3)
    parser.add_argument("--seconds", type=float, default=20, help="how long to watch each (%(default)s)")
    parser.add_argument("--rates", type=int, nargs="+", default=list(RATES), choices=RATES)
    options = parser.parse_args()
    with report.warm_broker() as address, chromium() as (browser, versions):
        contestants = {
            f"{rate:,} a second, {name}": partial(watch, browser, address, display, rate, options.seconds)
            for rate in options.rates
            for name, display in (("bare", BARE), ("labkit", LABKIT))
        }
        samples = report.take_turns(contestants, options.repeats)
    paints = {name: list(itertools.chain(*repeats)) for name, repeats in samples.items()}
    report.write(
        __file__,
        __doc__,
        options.repeats,
        ages({name: [age for paint in each for age in paint["ages"]] for name, each in paints.items()}, "all drawn"),
        ages({name: [paint["painted"] for paint in each] for name, each in paints.items()}, "newest of a drawing"),
        stages(paints, options.repeats * options.seconds),
        f"{versions}.",
    )


def ages(milliseconds: dict[str, list[float]], which: str) -> str:
    rows: list[tuple[object, ...]] = []
    for name, sample in milliseconds.items():
        peer = milliseconds[name.replace("labkit", "bare")]
        ratio = f"{np.percentile(sample, 95) / np.percentile(peer, 95):.2f}" if sample and peer else NONE
        found = [f"{each:.0f}" for each in np.percentile(sample, (50, 95, 100))] if sample else [NONE] * 3
        rows.append((name, len(sample), *found, ratio))
    return report.table([f"milliseconds, {which}", "count", "p50", "p95", "max", "p95 / bare"], rows)


def stages(paints: dict[str, list[Paint]], seconds: float) -> str:
    """The median age of the newest point at each stage on its way."""
    rows = [
        (
            name,
            *(
                f"{np.median([paint[stage] for paint in each]):.0f}" if each else NONE
                for stage in ("arrived", "plotted", "painted")
            ),
            f"{len(each) / seconds:.1f}",
        )
        for name, each in paints.items()
    ]
    return report.table(["newest, median age", "in the page", "plotted", "painted", "drawings a second"], rows)


if __name__ == "__main__":
    main()
