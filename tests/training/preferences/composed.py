"""Objectives that are composed of ops, as rules that ``check_vjp`` takes."""

from minillm import Parameter, gradients_of


def as_rule(objective, **settings):
    """``(output, vjp)`` of a function from tensors to a tensor."""

    def rule(*arrays):
        operands = [Parameter(x) for x in arrays]
        output = objective(*operands, **settings)
        return output.data, lambda g: tuple(gradients_of((output * g).sum(), operands))

    return rule
