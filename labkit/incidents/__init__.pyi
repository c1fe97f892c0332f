from .incident import Incident
from .stage import Stage
from .verdict import Verdict

__all__ = ["Incident", "Stage", "Verdict"]
