from .installation import registry_installation
from .registry import ExternalRegistry, OwnRegistry, SchemaRegistry, find_or_start

__all__ = ["ExternalRegistry", "OwnRegistry", "SchemaRegistry", "find_or_start", "registry_installation"]
