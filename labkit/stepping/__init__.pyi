from .stepper import step
from .steps import Step, Steps
from .taking import Taken, take

__all__ = ["Step", "Steps", "Taken", "step", "take"]
