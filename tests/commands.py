"""The command `lab` in the process of the test: nothing has to start, and it works on the broker of the session."""

import signal

from click.testing import CliRunner, Result

from labkit import cli


def lab(*arguments: str) -> Result:
    """Runs `lab` with these arguments; leaves the signal handlers as they were."""
    handlers = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        return CliRunner().invoke(cli.main, arguments, catch_exceptions=False)
    finally:
        for each, handler in handlers.items():
            signal.signal(each, handler)
