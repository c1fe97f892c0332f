from . import checks
from .checks import Checks
from .harness import Environment
from .verdict import Verdict

__all__ = ["Checks", "Environment", "Verdict", "checks"]
