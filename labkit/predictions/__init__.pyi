from . import overview
from .predictions import Predictions

__all__ = ["Predictions", "overview"]
