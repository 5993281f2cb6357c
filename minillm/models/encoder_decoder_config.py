"""What an encoder-decoder is made of, in numbers and names."""

from __future__ import annotations

from dataclasses import dataclass

CHOICES = {"order": ("pre", "post"), "positions": ("sinusoidal", "learned")}


@dataclass(frozen=True)
class EncoderDecoderConfig:
    """The sizes and parts of an ``EncoderDecoder``; the default sizes suit a laptop.

    ``n_layers`` blocks read the source and as many write the target.  ``order`` is "post" (each
    sum is normalised, as in 2017) or "pre" (each input is), ``positions`` "sinusoidal" or
    "learned".  ``shared``: both languages have one vocabulary, and one table of vectors.
    ``hidden`` is 4 times the width unless given.  ``max_length`` bounds a source and a target
    each.

    Raises:
        ValueError: a part that is not one of these; no layer; a shared table of two sizes; what
            cannot be split, the layers say.
    """

    source_size: int  # tokens of the source's vocabulary
    target_size: int
    width: int = 128
    n_layers: int = 3
    n_heads: int = 4
    hidden: int | None = None
    max_length: int = 64
    order: str = "pre"
    positions: str = "sinusoidal"
    shared: bool = False
    dropout: float = 0.1
    eps: float = 1e-5

    def __post_init__(self) -> None:
        for name, known in CHOICES.items():
            given = getattr(self, name)
            if given not in known:
                raise ValueError(
                    f"EncoderDecoderConfig: {name} must be one of {known}, got {given!r}"
                )
        if self.n_layers < 1:
            raise ValueError(
                f"EncoderDecoderConfig: n_layers must be at least 1, got {self.n_layers}"
            )
        if self.shared and self.source_size != self.target_size:
            raise ValueError(
                "EncoderDecoderConfig: a shared table needs one vocabulary, got source_size "
                f"{self.source_size} and target_size {self.target_size}"
            )

    @property
    def inner_width(self) -> int:
        """The width of the feed-forward networks' hidden layers."""
        return 4 * self.width if self.hidden is None else self.hidden

    @property
    def vocabulary_size(self) -> int:
        """How many tokens can be written: what decoding asks for."""
        return self.target_size

    def parameter_count(self) -> int:
        """How many numbers the model has, without making it::

            V_s D + V_t D (V D where shared) + 2 L D where positions are learned
            + layers (4 D D + 2 D F + 9 D + F)           encoder: attention, feed-forward, 2 norms
            + layers (8 D D + 2 D F + 15 D + F)          decoder: two attentions, 3 norms
            + 4 D where the order is "pre"               one more norm behind each stack

        L is ``max_length``, F the hidden width.
        """
        d, f = self.width, self.inner_width
        tables = (self.target_size if self.shared else self.source_size + self.target_size) * d
        tables += 2 * self.max_length * d if self.positions == "learned" else 0
        blocks = self.n_layers * (12 * d * d + 4 * d * f + 24 * d + 2 * f)
        return tables + blocks + (4 * d if self.order == "pre" else 0)
