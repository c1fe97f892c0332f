"""The command `lab` itself, and how every command ends."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import click

from labkit import extras
from labkit.cli import jupyter
from labkit.cli.options import FOLDER
from labkit.errors import LabError
from labkit.kafka import properties
from labkit.wall import given

INTERRUPTED = 130  # exit code after Ctrl+C, unless that is how the command ends


class OneLine(click.Group):
    """Shows a LabError as one line; Ctrl+C and SIGTERM end a command cleanly, as one that has not done its work."""

    def invoke(self, ctx: click.Context) -> Any:
        for number in (signal.SIGINT, signal.SIGTERM):  # SIGINT too: a shell's background jobs ignore it
            signal.signal(number, signal.default_int_handler)
        try:
            return super().invoke(ctx)
        except LabError as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt:
            raise SystemExit(INTERRUPTED) from None


@click.group(cls=OneLine, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--port", default=8888, show_default=True, help="The port to use; if it is taken, the next free one.")
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening a browser.")
@click.option("--copy-to", type=FOLDER, help="First copy the missing notebooks to this folder.")
@click.option("--notebooks", type=FOLDER, help="Open another folder of notebooks as it is.")
@click.pass_context
def main(
    context: click.Context, port: int, no_browser: bool, copy_to: Path | None, notebooks: Path | None
) -> None:  # fmt: skip
    """A hands-on lab for real-time stream processing. Without a command: open the notebooks in JupyterLab.

    In a clone these are its own. Elsewhere you get copies in ./labkit-notebooks, or where --copy-to says; a notebook
    that is there already is never overwritten.

    Example: lab

    Example: lab --copy-to course
    """
    properties.make_path_absolute()
    given.remember()
    if context.invoked_subcommand is None:
        extras.require("notebook")
        if notebooks and copy_to:
            raise LabError("Give --copy-to or --notebooks, not both.")
        jupyter.open_in_jupyterlab(notebooks or jupyter.copies(copy_to), port, no_browser)
