from .answer import Why
from .asking import why
from .following import follow

__all__ = ["Why", "follow", "why"]
