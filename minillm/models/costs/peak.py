"""The most memory that a training step has in use at once, by formula.

Letters: n = B T tokens, D model width, K head width, G heads of keys, F hidden width, V vocabulary,
S = B H T T scores, s bytes of a number, N parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from minillm.models.bert import BertConfig
from minillm.models.costs.memory import check_kernels
from minillm.models.costs.peak_parts import Part, parts_of
from minillm.models.costs.peak_step import Step
from minillm.models.costs.shapes import block_shape, check_counts, check_hidden, check_length
from minillm.models.gpt_config import GptConfig
from minillm.nn.recomputing import check_blocks

SMALL = 1 << 15  # numbers; Adam's kernel lays smaller parameters end to end
RULE = 5  # arrays as large as a parameter that Adam's rule has in use, beside those it is given
DTYPES = {"float32": 4, "float64": 8}


@dataclass(frozen=True)
class TrainingPeak:
    """Bytes of a training step: what is always there, and the fullest moment of each of its parts.

    ``forward`` and ``backward`` hold activations, and gradients as far as there are any; ``update``
    holds all gradients, and what clipping and Adam need beside them.
    """

    parameters: int
    moments: int
    forward: int
    backward: int
    update: int
    kept: int  # by the tape, between both passes

    @property
    def total(self) -> int:
        """What has to fit."""
        return self.parameters + self.moments + max(self.forward, self.backward, self.update)

    @property
    def fullest(self) -> str:
        """The part of the step that decides: "forward", "backward" or "update"."""
        return max(("forward", "backward", "update"), key=lambda name: getattr(self, name))


def training_peak(
    config: GptConfig | BertConfig,
    batch: int,
    length: int,
    *,
    hidden_positions: int | None = None,
    recompute: int = 0,
    accumulate: int = 1,
    kernels: str = "numpy",
    dtype: str = "float32",
) -> TrainingPeak:
    """The peak of a step of ``fit`` with AdamW and a ``max_norm``::

        peak = s (N weights + 2 N moments) + max(forward, backward, update)

        forward    max over the parts l of  sum_{i<l} kept_i + inside_l
        backward   max over the parts l of  sum_{i<l} kept_i + sum_{i>l} s N_i + inside'_l
        update     s N + max(s N clipped, the weights that are being made)

    ``kept_i`` is what the tape holds for part i, ``inside_l`` the most that l has in use at once:
    see ``peak_parts``.  With groups of ``recompute`` blocks, a group is one part: it keeps n D
    numbers, and ``inside'`` is a forward and a backward pass through its blocks.  With
    ``accumulate`` above 1, a step takes so many batches of these sizes, and one more set of
    gradients, s N, is there in both passes.  ``hidden_positions`` are those of a BERT's batch that
    are asked for.

    Beside it stand the interpreter and the room that kernels work in, which no size changes by
    more than some MB.  Where numbers are out of the ordinary, kernels leave them to the rules,
    whose memory is that of kernels "off".

    Raises:
        ValueError: sizes, counts, kernels or a dtype that are none; ``hidden_positions`` left out
            for a BERT, or given for a GPT.
        TypeError: a count that is not an integer; a configuration of another model.
    Source: Korthikanti et al. 2022, "Reducing Activation Recomputation in Large Transformer
        Models", arXiv:2205.05198, sections 4 and 5; Chen et al. 2016, arXiv:1604.06174.
    Guide: 8.2.1 (G53).
    """
    check_counts("training_peak", least=1, batch=batch, length=length, accumulate=accumulate)
    check_blocks(recompute)
    check_kernels(kernels)
    if dtype not in DTYPES:
        raise ValueError(f"training_peak: dtype must be one of {[*DTYPES]}, got {dtype!r}")
    check_asked(config, hidden_positions, batch * length)
    step = Step(
        config, batch, length, hidden_positions or 0, accumulate > 1, kernels, DTYPES[dtype]
    )
    block_shape(config)  # refuses what is no model
    check_length(config, length)
    first, blocks, last = parts_of(step)
    parts = [first, *in_groups(blocks, recompute), last]
    forward, backward, gradients = walked(parts)
    before = gradients if accumulate > 1 else 0
    update = gradients + max(gradients, making(step))
    return TrainingPeak(
        gradients, 2 * gradients, before + forward, before + backward, update,
        sum(part.kept for part in parts),
    )  # fmt: skip


def walked(parts: Sequence[Part]) -> tuple[int, int, int]:
    """The fullest moment on the way forward, that on the way back, and the gradients at its end."""
    kept, made, forward, backward = 0, 0, 0, 0
    for part in parts:
        forward = max(forward, kept + part.forward)
        kept += part.kept
    for part in reversed(parts):
        kept -= part.kept
        backward = max(backward, kept + made + part.backward)
        made += part.gradients
    return forward, backward, made


def in_groups(blocks: Sequence[tuple[Part, ...]], every: int) -> list[Part]:
    """The parts of all blocks; in groups of ``every`` blocks, each group is one part."""
    if not every:
        return [part for block in blocks for part in block]
    groups = [blocks[i : i + every] for i in range(0, len(blocks), every)]
    return [recomputed([part for block in group for part in block]) for group in groups]


def recomputed(parts: Sequence[Part]) -> Part:
    """A group that is computed again: it keeps what enters it, and is walked in backward.

    Its first pass keeps nothing and needs less than the second.
    """
    forward, backward, gradients = walked(parts)
    entering = parts[0].entering
    return Part(entering, entering, max(entering + forward, backward), gradients, entering)


def making(step: Step) -> int:
    """Bytes that Adam needs beside weights, moments and gradients."""
    sizes = step.parameter_sizes()
    if step.kernels == "off":
        return step.item * RULE * max(sizes)
    small = sum(size for size in sizes if size < SMALL)
    return step.item * max(4 * small, *(size for size in sizes if size >= SMALL), 0)


def check_asked(
    config: GptConfig | BertConfig, hidden_positions: int | None, positions: int
) -> None:
    """Refuse hidden positions of a GPT, and a BERT without them.

    Raises:
        ValueError: see above, or more than there are.
    """
    if isinstance(config, BertConfig) == (hidden_positions is None):
        raise ValueError(
            "training_peak: hidden_positions are those that a BERT is asked for, at least 1; a GPT "
            f"has none; got {hidden_positions}"
        )
    if hidden_positions is not None:
        check_counts("training_peak", least=1, hidden_positions=hidden_positions)
        check_hidden("training_peak", hidden_positions, positions)
