from .assignments import Assignments
from .replicas import Replicas
from .run import Run
from .spec import Spec
from .succession import Succession
from .threaded import ThreadedRun

__all__ = ["Assignments", "Replicas", "Run", "Spec", "Succession", "ThreadedRun"]
