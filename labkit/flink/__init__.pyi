from .engine import Engine
from .installation import NotInstalled, flink_installation
from .run import FlinkJob
from .spec import JobSpec
from .submission import SQL

__all__ = ["SQL", "Engine", "FlinkJob", "JobSpec", "NotInstalled", "flink_installation"]
