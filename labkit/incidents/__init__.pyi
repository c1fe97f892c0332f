from .incident import Incident
from .own import OwnIncident
from .stage import Stage
from .verdict import Verdict

__all__ = ["Incident", "OwnIncident", "Stage", "Verdict"]
