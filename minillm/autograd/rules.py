"""The rules behind the operators and methods of tensors, under one name.

The operators need the rules, the rules need ``op``, and ``op`` makes tensors, which have the
operators: the one deliberate circle of the package.  It is entered here, so that ``operators.py``
finds this module begun; what is in it is looked up when an operator runs.
"""

from minillm.autograd.arithmetic import (
    absolute,
    add,
    astype,
    divide,
    matmul,
    multiply,
    negative,
    power,
    reshape,
    subtract,
    take,
    transpose,
)
from minillm.autograd.elementary import exp, log, sqrt, tanh
from minillm.autograd.reductions import max, mean, min, std, sum, var

__all__ = [
    "absolute",
    "add",
    "astype",
    "divide",
    "exp",
    "log",
    "matmul",
    "max",
    "mean",
    "min",
    "multiply",
    "negative",
    "power",
    "reshape",
    "sqrt",
    "std",
    "subtract",
    "sum",
    "take",
    "tanh",
    "transpose",
    "var",
]
