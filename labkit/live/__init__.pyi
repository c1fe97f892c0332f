from . import numbers, panel, steps, windows
from .chart import Chart
from .controls import Controls
from .dashboard import Dashboard
from .fields import Field
from .lanes import Lanes
from .pacing import Pacer
from .plot import Plot
from .questions import Questions
from .scene import Scene
from .theme import Styles
from .tiles import Tiles
from .topology import Topology
from .windows import Windows

__all__ = [
    "Chart",
    "Controls",
    "Dashboard",
    "Field",
    "Lanes",
    "Pacer",
    "Plot",
    "Questions",
    "Scene",
    "Styles",
    "Tiles",
    "Topology",
    "Windows",
    "numbers",
    "panel",
    "steps",
    "windows",
]
