from .comparing import Comparison
from .stepper import step
from .steps import Step, Steps
from .taking import Taken, take

__all__ = ["Comparison", "Step", "Steps", "Taken", "step", "take"]
