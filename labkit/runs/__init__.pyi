from .replicas import Replicas
from .run import Run
from .shares import Shares
from .spec import Spec
from .succession import Succession
from .threaded import ThreadedRun

__all__ = ["Replicas", "Run", "Shares", "Spec", "Succession", "ThreadedRun"]
