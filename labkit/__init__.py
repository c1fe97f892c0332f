"""A hands-on lab for real-time stream processing: `from labkit import Lab` is all that a notebook needs."""

from labkit.errors import LabError
from labkit.lab import Lab
from labkit.runs import quix

quix.prepare()

__all__ = ["Lab", "LabError"]
