"""Live views of taps and runs: charts, panels, tables. Knows taps, not Kafka.

What `__init__.pyi` names is imported when it is first used: then the extra `notebook` must be installed.
"""

from typing import Any

import lazy_loader

from labkit import extras

_import, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    if name in __all__:
        extras.require("notebook")
    return _import(name)
