"""The packages that the core of the lab does without, and what to install where they are needed."""

import functools
import importlib.util

from labkit.errors import LabError

DISTRIBUTION = "stream-processing-lab"
NOTEBOOK = ("jupyterlab", "ipywidgets", "plotly", "anywidget", "ipykernel", "jinja2", "markupsafe", "voila", "pytest")
MODULES = {  # by extra
    "notebook": NOTEBOOK,
    "grading": ("papermill", "psutil", *NOTEBOOK),
    "flink": ("pyflink",),
}


@functools.cache
def require(extra: str) -> None:
    """Raises LabError, with what to install, unless all modules of an extra are installed. Imports none of them."""
    missing = [each for each in MODULES[extra] if not importlib.util.find_spec(each)]
    if missing:
        raise LabError(f"This needs the extra `{extra}`, but {missing[0]} is missing: {advice(extra)}.")


def advice(extra: str) -> str:
    """How to install an extra."""
    return f'pip install "{DISTRIBUTION}[{extra}]", or in a clone `uv run --all-extras lab`'
