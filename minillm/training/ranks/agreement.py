"""All ranks must train the same model on the same data: they compare, and one speaks for all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from minillm.backend.surroundings import surroundings
from minillm.nn import Module
from minillm.training.checkpointing import differences, digest_of_weights
from minillm.training.evaluation_mode import evaluation_shared
from minillm.training.ranks.world import Ranks, merged
from minillm.training.stages import Stage


class RanksError(ValueError):
    """What ended the work of all ranks; every one of them knows."""


def meet(ranks: Ranks, facts: Mapping[str, Any] | None, failure: str | None = None) -> None:
    """The first time that the ranks meet: what each is about to do, or why it cannot.

    A rank that failed before says so here, where the others wait for it; ``ranks.met`` tells that
    it is over.  First a digest of the facts goes round, the facts themselves only where the
    digests differ.

    Raises:
        RanksError: some ranks failed, or have other facts than rank 0: all that differs is
            listed.
    """
    ranks.met = True
    digest = sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    told = ranks.gather((failure, digest))
    if failures := {rank: text for rank, (text, _) in enumerate(told) if text is not None}:
        raise RanksError(merged(failures, ranks.size))
    if len({one for _, one in told}) > 1:
        refuse_other_ranks(ranks.gather(facts))


def refuse_other_ranks(facts: list[dict[str, Any]]) -> None:
    """Raise where a rank has other facts than rank 0.

    Raises:
        RanksError: lists what differs, rank by rank.
    """
    for rank, own in enumerate(facts[1:], start=1):
        found = differences(
            facts[0],
            own,
            told=f"{{}} on rank 0, {{}} on rank {rank}",
            content="has another content than on rank 0",
        )
        if found:
            raise RanksError(
                f"rank {rank} of {len(facts)} would train something else than rank 0; give all "
                "ranks the same options and files\n  " + "\n  ".join(found)
            )


def require_same_device(ranks: Ranks, device: str) -> None:
    """Refuse ranks on different kinds of devices, before those with GPUs wait for each other.

    Raises:
        RanksError: names both.
    """
    refuse_other_ranks([{"device": one} for one in ranks.gather(device)])


def compare(
    ranks: Ranks | None, facts: Mapping[str, Any], model: Module, checkpoint: Path | None
) -> None:
    """``meet`` with ``facts``, and what else must be the same: weights, versions, kernels.

    Also the checkpoint that they go on from.  Where there are no ranks, nothing is compared.

    Raises:
        RanksError: as ``meet``.
    """
    if ranks is not None:
        resumed = None if checkpoint is None else digest_of_file(checkpoint)
        own = {"weights": digest_of_weights(model), "checkpoint": resumed}
        about = surroundings()
        meet(ranks, {**facts, **about["versions"], "kernels": about["kernels"], **own})


def require_same_weights(ranks: Ranks, model: Module, done: int) -> None:
    """Refuse to keep what the ranks no longer agree on.

    Raises:
        RanksError: the weights of two ranks differ.
    """
    digests = ranks.gather(digest_of_weights(model))
    if other := [rank for rank, one in enumerate(digests) if one != digests[0]]:
        raise RanksError(
            f"after {done} updates the weights of rank {other[0]} are not those of rank 0: "
            "something differs between them that the settings do not say, such as the processor "
            "(its rounding), or random numbers that do not come from the seed"
        )


def digest_of_file(path: Path) -> str:
    """SHA-256 of a file."""
    return sha256(path.read_bytes()).hexdigest()


def told_by_first(stage: Stage, ranks: Ranks | None) -> Stage:
    """The stage, with a held-out loss that the ranks share, and which is the same on all.

    What ends a stage early must be the same to the bit; where a loss is not made by ``mean_loss``,
    they all measure it, and that of rank 0 counts.
    """
    measure = stage.held_out
    if ranks is None or measure is None:
        return stage

    def held_out() -> float:
        with evaluation_shared(ranks):
            own = float(measure())
        return float(ranks.gather(own)[0])

    return replace(stage, held_out=held_out)
