"""What the course needs besides the library: notebooks, figures, exercises, the map."""

from minillm.course.exercises import check
from minillm.course.lesson import gpu, savefig, setup

__all__ = ["check", "gpu", "savefig", "setup"]
