"""The training loop, stages of a run, records, and checkpoints to resume from."""

from minillm.training.accumulation import mean_gradients
from minillm.training.checkpointing import load_training, load_weights, read_facts, save_training
from minillm.training.data_order import batches_per_epoch, bucketed_order, numbered_order
from minillm.training.data_parallel import DataParallelGradients
from minillm.training.evaluation_mode import evaluating, mean_loss
from minillm.training.fisher import fisher_diagonal
from minillm.training.half_precision import HalfPrecision
from minillm.training.loop import DivergenceError, Gradients, Step, fit
from minillm.training.micro_batches import AccumulatedGradients
from minillm.training.records import RunRecord, held_out_losses, read_record
from minillm.training.run import Run
from minillm.training.sharding import ShardedGradients
from minillm.training.stages import Stage

__all__ = [
    "AccumulatedGradients",
    "DataParallelGradients",
    "DivergenceError",
    "Gradients",
    "HalfPrecision",
    "Run",
    "RunRecord",
    "ShardedGradients",
    "Stage",
    "Step",
    "batches_per_epoch",
    "bucketed_order",
    "evaluating",
    "fisher_diagonal",
    "fit",
    "held_out_losses",
    "load_training",
    "load_weights",
    "mean_gradients",
    "mean_loss",
    "numbered_order",
    "read_facts",
    "read_record",
    "save_training",
]
