"""Our side of the stored cases: the output, then a gradient per operand."""

from __future__ import annotations

from typing import Any

import numpy as np

from minillm import nn, ops
from minillm.autograd import Tensor, gradients_of
from tests.reference.stored import Case, in_dtype, load_cases

OPS = (  # the stored files
    *("elementwise", "shaping", "layers", "losses", "attention"),
    *("derived", "settings", "loss_settings", "attention_settings", "pairs"),
)


def op_cases() -> list[Case]:
    """The cases of every op."""
    return [case for name in OPS for case in load_cases(name)]


def results(case: Case, dtype: str) -> list[np.ndarray]:
    """What our op or our module gives in ``dtype``."""
    operands = [in_dtype(x, dtype) for x in case.operands]
    run = run_op if hasattr(ops, case.name) else run_module
    return run(case, operands, in_dtype(case.cotangent, dtype))


def run_op(case: Case, operands: list[np.ndarray], cotangent: np.ndarray) -> list[np.ndarray]:
    """The rule itself, without a tape."""
    settings = {k: in_dtype(v, cotangent.dtype.name) for k, v in case.settings.items()}
    output, vjp = getattr(ops, case.name).rule(*operands, **settings)
    return [output, *vjp(cotangent)]


def run_module(case: Case, operands: list[np.ndarray], cotangent: np.ndarray) -> list[np.ndarray]:
    """A module with the stored weights, through the tape."""
    sizes, names, forward = (case.settings[key] for key in ("sizes", "names", "forward"))
    module: Any = getattr(nn, case.name)(**sizes, rng=np.random.default_rng(0))
    module.to_dtype(cotangent.dtype.type)
    n_inputs = len(operands) - len(names)
    state = dict(zip(names, operands[n_inputs:], strict=True))
    module.load_state_dict(state)
    inputs = [Tensor(x, requires_grad=True) for x in operands[:n_inputs]]
    parameters = dict(module.named_parameters())
    leaves = [*inputs, *(parameters[name] for name in names)]
    output = module(*inputs, **forward)
    return [output.data, *gradients_of((output * cotangent).sum(), leaves)]
