"""The exercises: what each asks, how an answer is tried on the real broker, and the verdict on it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
