"""The Flink job: the same readings in Flink SQL, in a process of its own, with exactly-once results in files.

Nothing here imports PyFlink but job.py, which is that process.
"""

from labkit.flink.installation import NotInstalled, installation
from labkit.flink.run import FlinkJob
from labkit.flink.submission import SQL

__all__ = ["SQL", "FlinkJob", "NotInstalled", "installation"]
