"""A hands-on lab for real-time stream processing: `from labkit import Lab` is all that a notebook needs."""

from labkit.errors import LabError, show_in_one_line
from labkit.lab import Lab
from labkit.runs import quix

show_in_one_line()
quix.prepare()

__all__ = ["Lab", "LabError"]
