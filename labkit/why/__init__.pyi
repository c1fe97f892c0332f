from .answer import Why
from .asking import of_steps, why
from .following import follow

__all__ = ["Why", "follow", "of_steps", "why"]
