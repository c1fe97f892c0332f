"""The wall of a class: what its students send, without names and code; what is counted; and the page that shows it.

What `__init__.pyi` names is imported when it is first used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
