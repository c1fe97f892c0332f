from . import given, serving
from .student import Wall

__all__ = ["Wall", "given", "serving"]
