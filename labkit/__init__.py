"""A hands-on lab for real-time stream processing: `from labkit import Lab` is all that a notebook needs."""

from labkit.errors import LabError, show_in_one_line

show_in_one_line()  # before the imports that take their time

from labkit.lab import Lab  # noqa: E402
from labkit.runs import quix  # noqa: E402

quix.prepare()

__all__ = ["Lab", "LabError"]
