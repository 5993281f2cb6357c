"""What is said where a pretrained model does not know the words of the texts it is given."""

from __future__ import annotations

UNKNOWN = 0.2  # share of unknown tokens above which the model is the wrong one


def warn_of_unknown(share: float) -> None:
    """Say so where the model does not know what it is to learn from."""
    if share > UNKNOWN:
        print("the model does not know these words: take one that was pretrained on such texts")
