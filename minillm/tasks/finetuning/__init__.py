"""Fine-tuning a pretrained model: all of it, its head, or small additions; and what it forgets."""

from minillm.tasks.finetuning.bodies import BertBody, GptBody, Pretrained
from minillm.tasks.finetuning.methods import METHODS, layer_groups
from minillm.tasks.finetuning.opening import open_pretrained
from minillm.tasks.finetuning.recipe import RATES, FinetuneRecipe
from minillm.tasks.finetuning.training import FineTuning

__all__ = [
    "METHODS",
    "RATES",
    "BertBody",
    "FineTuning",
    "FinetuneRecipe",
    "GptBody",
    "Pretrained",
    "layer_groups",
    "open_pretrained",
]
