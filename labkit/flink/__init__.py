"""The Flink job: the same readings in Flink SQL, in its own process, with exactly-once results in files.

Only job.py, which is that process, imports PyFlink.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
