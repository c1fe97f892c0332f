"""Modules that are imported only when first used, so that a lab is ready at once."""

import importlib
from typing import Any


class Later:
    """Stands in for a module or a package, in annotations too: `typing.get_type_hints` resolves them through it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        module = importlib.import_module(self._name)
        try:
            return getattr(module, name)
        except AttributeError:
            return importlib.import_module(f"{self._name}.{name}")
