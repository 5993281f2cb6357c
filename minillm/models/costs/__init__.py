"""What a model costs, by formula: operations, memory, energy; nothing is made to find out."""

from minillm.models.costs.approximations import block_matrices, six_n_d
from minillm.models.costs.dial import Dial, Sized, sized
from minillm.models.costs.energy import Energy, energy_of
from minillm.models.costs.flops import ForwardFlops, bert_flops, gpt_flops
from minillm.models.costs.generating import generation_flops, kv_cache_bytes
from minillm.models.costs.memory import (
    TrainingMemory,
    bert_activation_bytes,
    gpt_activation_bytes,
    require_memory,
    training_memory,
)
from minillm.models.costs.peak import TrainingPeak, training_peak

__all__ = [
    "Dial",
    "Energy",
    "ForwardFlops",
    "Sized",
    "TrainingMemory",
    "TrainingPeak",
    "bert_activation_bytes",
    "bert_flops",
    "block_matrices",
    "energy_of",
    "generation_flops",
    "gpt_activation_bytes",
    "gpt_flops",
    "kv_cache_bytes",
    "require_memory",
    "six_n_d",
    "sized",
    "training_memory",
    "training_peak",
]
