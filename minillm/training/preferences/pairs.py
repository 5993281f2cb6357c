"""What must hold of pairs of responses and of the model that a policy is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minillm.models.gpt import Gpt


def check_pairs(chosen: Sequence[Any], rejected: Sequence[Any]) -> None:
    """Refuse pairs that prefer nothing: both responses are the same, or one of them is missing.

    Shapes: B responses each, as texts or as ids ``(T,)``.

    Raises:
        ValueError: names the first such pair.
    """
    if len(chosen) != len(rejected) or len(chosen) == 0:
        raise ValueError(
            f"{len(chosen)} chosen and {len(rejected)} rejected responses: pairs are needed, one "
            "at least"
        )
    for place, (one, other) in enumerate(zip(chosen, rejected, strict=True)):
        if np.array_equal(one, other):
            raise ValueError(f"pair {place}: chosen and rejected are the same response")
        if len(one) == 0 or len(other) == 0:
            which = "chosen" if len(one) == 0 else "rejected"
            raise ValueError(f"pair {place}: the {which} response is empty")


def check_reference(model: Gpt, reference: Gpt) -> None:
    """Refuse a reference that a policy cannot be compared with.

    The reference says what the policy was before; it must give probabilities to the same tokens,
    and stay as it is while the policy learns.

    Raises:
        ValueError: its vocabulary has another size; the two are one model, or share a parameter.
    """
    sizes = model.config.vocabulary_size, reference.config.vocabulary_size
    if sizes[0] != sizes[1]:
        raise ValueError(
            f"the reference has {sizes[1]} tokens and the policy {sizes[0]}: their probabilities "
            "are of different things"
        )
    own = {id(parameter) for parameter in model.parameters()}
    for name, parameter in reference.named_parameters():
        if id(parameter) in own:
            raise ValueError(
                f"the reference shares {name} with the policy, and would learn with it: give a "
                "copy, such as copy.deepcopy(model)"
            )
