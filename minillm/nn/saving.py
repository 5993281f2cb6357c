"""What of a model goes into a file whose reader makes the model anew, of its configuration."""

from __future__ import annotations

import numpy as np

from minillm.nn.adapter import Adapter
from minillm.nn.lora import LoRA
from minillm.nn.module import Module


def state_for_file(model: Module, *, adapters: bool = False) -> dict[str, np.ndarray]:
    """``model.state_dict()``, unless a model that is made anew could not take it.

    ``adapters`` says that the reader puts them in, as ``load_with_adapters`` does.

    Raises:
        ValueError: there is LoRA in the model, which ``merge_lora`` writes into the weights, or an
            adapter; as ``Module.state_dict``.
    """
    for path, module in model.named_modules():
        if isinstance(module, LoRA):
            raise ValueError(f"save: the model has LoRA: call merge_lora(model) first ({path})")
        if isinstance(module, Adapter) and not adapters:
            raise ValueError(
                f"save: {path} is an Adapter, and a {type(model).__name__}'s file has none: keep "
                "model.state_dict(), and give it to load_with_adapters"
            )
    return model.state_dict()
