"""Incidents: a fault that nobody names, planted in a running system; who finds and repairs it gets a verdict.

What `__init__.pyi` names is imported when it is first used: it needs Quix Streams, which takes seconds (`runs.quix`).
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
