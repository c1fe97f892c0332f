"""The command `lab`."""

from labkit.classroom.command import class_command
from labkit.cli import broker, installing, instructors, jupyter, steps, streams
from labkit.cli.group import main

__all__ = ["main"]

COMMANDS = (
    *(installing.fetch, installing.doctor_command),
    *(broker.broker_command, class_command),
    *(streams.produce, streams.run, streams.flink, streams.peek),
    *(steps.step_command, steps.why_command),
    *(jupyter.dashboard, jupyter.jupyterhub_command, jupyter.progress),
    *(instructors.prove, instructors.handout_command, instructors.grade),
)
for each in COMMANDS:
    main.add_command(each)
