"""What the course needs besides the library: notebooks, figures, exercises, the map."""

from minillm.course.exercises import check
from minillm.course.lesson import gpu, savefig, setup
from minillm.course.numbers import stated

__all__ = ["check", "gpu", "savefig", "setup", "stated"]
