"""Floor 7: the training loop, records of runs, and checkpoints to resume from."""

from minillm.training.checkpointing import load_training, read_facts, save_training
from minillm.training.loop import DivergenceError, Step, fit
from minillm.training.records import RunRecord, read_record

__all__ = [
    "DivergenceError",
    "RunRecord",
    "Step",
    "fit",
    "load_training",
    "read_facts",
    "read_record",
    "save_training",
]
