"""The files of the rows that stand beside every model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from minillm.models.bag_of_words import BagOfWords

FILES = {"bag of words": "bag_of_words.safetensors"}


def save_baselines(folder: Path, baselines: Mapping[str, BagOfWords]) -> None:
    """Keep the bag of words beside the model, for ``evaluate``; that of pairs would be large."""
    for name, file in FILES.items():
        baselines[name].save(folder / file)


def load_baselines(folder: Path) -> dict[str, BagOfWords]:
    """What ``save_baselines`` kept in a run's folder; nothing for a lone model file."""
    return {
        name: BagOfWords.load(folder / file)
        for name, file in FILES.items()
        if (folder / file).exists()
    }
