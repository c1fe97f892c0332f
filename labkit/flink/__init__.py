"""The Flink job: the same readings in Flink SQL, in its own process, with exactly-once results in files.

Only job.py, which is that process, imports PyFlink.
"""

from labkit.flink.installation import NotInstalled, flink_installation
from labkit.flink.run import FlinkJob
from labkit.flink.spec import JobSpec
from labkit.flink.submission import SQL

__all__ = ["SQL", "FlinkJob", "JobSpec", "NotInstalled", "flink_installation"]
