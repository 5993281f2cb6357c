"""The tape, tensors, the rules behind the operators, and gradient checks.

Read ``tape.py`` (the chain rule), then ``tensor.py``, ``recording.py`` (``@op``),
``arithmetic.py``, ``reductions.py`` and ``elementary.py``; ``operators.py`` only says which rule
an operator calls, and ``recomputing.py`` gives time for memory.
"""

# isort: off  (the circle of rules and operators is entered at the rules)
from minillm.autograd import rules  # noqa: F401
from minillm.autograd.arithmetic import unbroadcast
from minillm.autograd.check import check_module, check_vjp
from minillm.autograd.grad_mode import no_grad
from minillm.autograd.gradients import gradients_of
from minillm.autograd.recomputing import once, recompute
from minillm.autograd.recording import Op, op
from minillm.autograd.reductions import Axis
from minillm.autograd.tape import VJP, Node, backpropagate
from minillm.autograd.tensor import Parameter, Tensor

# isort: on

__all__ = [
    "VJP",
    "Axis",
    "Node",
    "Op",
    "Parameter",
    "Tensor",
    "backpropagate",
    "check_module",
    "check_vjp",
    "gradients_of",
    "no_grad",
    "once",
    "op",
    "recompute",
    "unbroadcast",
]
