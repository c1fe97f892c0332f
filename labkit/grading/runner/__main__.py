"""See the package."""

import contextlib
import json
import os
import sys
import time
from typing import TextIO

begun = time.monotonic()
for unused in ("rfc3987_syntax", "pyarrow"):  # papermill's import takes 1.4 s longer with them
    sys.modules[unused] = None  # type: ignore[assignment]

from labkit.broker import OwnBroker  # noqa: E402
from labkit.grading.runner import kernel, messages, notebook, processes, records, stepping  # noqa: E402
from labkit.grading.runner.job import Job  # noqa: E402
from labkit.grading.runner.messages import Channel, Message  # noqa: E402
from labkit.kafka import properties  # noqa: E402
from labkit.kafka.requests import within  # noqa: E402
from labkit.kafka.topics import Topics  # noqa: E402

LONGEST_REASON = 500  # characters
LONGEST = 10.0  # seconds that requests for records may take: the notebook may have killed Kafka


def main() -> None:
    given, taken = messages.ends()
    job = Job.loads(given.readline())
    processes.shield()
    channel = Channel(job.nonce, taken)
    channel.send(Message.PHASE, name="imports", seconds=time.monotonic() - begun)
    with contextlib.ExitStack() as stack:
        try:
            topics = _prepared(job, channel, stack)
        except Exception as error:
            channel.send(Message.FAILED, reason=f"{type(error).__name__}: {error}"[:LONGEST_REASON])
        else:
            channel.send(Message.BEGUN)
            _run(job, channel, topics, given)
            if job.isolated:
                os._exit(0)  # the namespace ends with this process: nothing in it needs to be closed


def _prepared(job: Job, channel: Channel, stack: contextlib.ExitStack) -> Topics:
    """Starts Kafka, writes the readings, and returns the topics."""
    with channel.phase("broker"):
        broker = stack.enter_context(contextlib.closing(OwnBroker()))
    topics = Topics(broker.address, check=broker.check)
    with channel.phase("readings"):
        records.fill(topics, job.exercises)
    return topics


def _run(job: Job, channel: Channel, topics: Topics, given: TextIO) -> None:
    """Runs the notebook, and sends what came of it, and then the steps that the grader asks for."""
    reaper = processes.Reaper(job.isolated)
    kernel.limit(job)
    _configure(topics.address)
    with channel.phase("notebook"), reaper.keep_below(job.limits.processes):
        answers = notebook.run(job, channel, reaper)
    with channel.phase("records"), within(LONGEST):
        for topic in (name for each in job.exercises for name in each.outputs):
            with contextlib.suppress(Exception):  # an unreadable topic must not cost other exercises
                records.hand_out(channel, job.limits, topics, topic)
    channel.send(Message.COMPLETE)
    if wanted := json.loads(given.readline() or "{}"):
        with channel.phase("steps"), reaper.keep_below(job.limits.processes):
            stepping.tell(wanted, answers, channel)
        reaper.end_all()


def _configure(address: str) -> None:
    """Sets what the lab in the notebook finds in its environment."""
    os.environ.pop(properties.FILE, None)  # that is for another Kafka
    progress = str(notebook.SCRATCH / "progress.json")
    os.environ.update(LAB_BROKER=address, LAB_GRADED="1", LAB_PROGRESS=progress)


if __name__ == "__main__":
    main()
