"""How a Flink job is submitted: its SQL, Flink's settings, and the process that hands both to Flink."""

import json
import string
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from labkit.flink.installation import FlinkInstallation
from labkit.flink.security import secured
from labkit.jvm.supervised import Supervised

JOB = Path(__file__).with_name("job.py")
SQL = Path(__file__).with_name("sensor_job.sql").read_text()

OPTIONS = {
    "execution.runtime-mode": "STREAMING",
    "execution.checkpointing.interval": "2 s",
    "execution.checkpointing.mode": "EXACTLY_ONCE",
    "execution.checkpointing.storage": "filesystem",
    "execution.checkpointing.num-retained": "2",
    "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
    "execution.state-recovery.claim-mode": "NO_CLAIM",
    "table.local-time-zone": "UTC",
    "table.exec.source.idle-timeout": "5 s",  # an idle partition no longer holds back the watermark
    "table.optimizer.reuse-optimize-block-with-digest-enabled": "true",  # shared views are computed once
    "parallelism.default": "1",
    "metrics.fetcher.update-interval": "500 ms",
    "web.refresh-interval": "500 ms",  # maximum age of its answers
    "python.executable": sys.executable,
    "python.client.executable": sys.executable,
}


def uri(path: Path) -> str:
    """Returns a path as Flink wants it: a URI in which nothing is escaped, so that a folder may have any name."""
    return f"file://{path}"


def options(name: str, checkpoints: Path, resumed: Path | None) -> dict[str, str]:
    """Returns the settings that a job needs wherever it runs: name, checkpoint directory, checkpoint to resume from."""
    own = {"pipeline.name": name, "execution.checkpointing.dir": uri(checkpoints)}
    if resumed:
        own["execution.state-recovery.path"] = uri(resumed)
    return OPTIONS | own


def submit(
    process: Supervised,
    installation: FlinkInstallation,
    sql: str,
    values: Mapping[str, str],
    login: Mapping[str, str],
    options: Mapping[str, str],
    jvm: Sequence[str],
) -> None:
    """Submit the job, with `values` for the placeholders in the SQL, client properties for the `login` to Kafka,
    Flink's settings, and further JVM options.

    The SQL contains the login to Kafka, so only the owner of this process can read the directory.
    """
    quoted = {name: value.replace("'", "''") for name, value in values.items()}
    filled_in = string.Template(sql).safe_substitute(quoted)  # safe: JSON paths begin with $ too
    (process.directory / "options.json").write_text(json.dumps(options))
    (process.directory / "job.sql").write_text(secured(filled_in, login))
    command = [sys.executable, "-P", str(JOB), "options.json", "job.sql"]
    process.start(command, installation.environment(process.directory, *jvm))
