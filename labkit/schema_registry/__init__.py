"""A real schema registry: the lab's own, from a locked archive on a JRE from PyPI, or one that is already running."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
