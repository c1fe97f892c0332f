from .installation import registry_installation
from .registry import ADDRESS, ExternalRegistry, OwnRegistry, SchemaRegistry, address, find_or_start

__all__ = [
    "ADDRESS",
    "ExternalRegistry",
    "OwnRegistry",
    "SchemaRegistry",
    "address",
    "find_or_start",
    "registry_installation",
]
