"""Modules that are imported only when first used, so that a lab is ready at once."""

import importlib
from typing import Any

from labkit import extras


class Later:
    """Stands in for a module or a package, in annotations too: `typing.get_type_hints` resolves them through it.

    If it needs an extra that is not installed, its first use raises LabError.
    """

    def __init__(self, name: str, extra: str | None = None) -> None:
        self._name, self._extra = name, extra

    def __getattr__(self, name: str) -> Any:
        if self._extra:
            extras.require(self._extra)
        module = importlib.import_module(self._name)
        try:
            return getattr(module, name)
        except AttributeError:
            return importlib.import_module(f"{self._name}.{name}")
