"""What a GPT is made of, in numbers and names, and the two usual choices."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

CHOICES = {
    "positions": ("learned", "rotary"),
    "norm": ("layer", "rms"),
    "feed_forward": ("gelu", "swiglu"),
}


@dataclass(frozen=True)
class GptConfig:
    """The sizes and parts of a ``Gpt``; the default sizes suit a laptop.

    ``positions`` is "learned" or "rotary", ``norm`` "layer" or "rms", ``feed_forward`` "gelu" (with
    tanh, as GPT-2 has it) or "swiglu".  ``n_key_heads`` heads of keys are shared by ``n_heads``
    heads of queries, each having its own where it is left out.  ``hidden`` is 4 times the width
    unless given.  ``tied``: the head is the table of tokens.  ``bias``: the linear layers of the
    blocks have one; a LayerNorm always has its own.

    Raises:
        ValueError: a part that is not one of these, no layer, no head of keys; what cannot be
            split, the layers say.
    """

    vocabulary_size: int
    width: int = 128
    n_layers: int = 4
    n_heads: int = 4
    hidden: int | None = None
    max_length: int = 64
    n_key_heads: int | None = None
    positions: str = "learned"
    norm: str = "layer"
    feed_forward: str = "gelu"
    tied: bool = True
    bias: bool = True
    dropout: float = 0.0
    eps: float = 1e-5
    rotary_base: float = 10_000.0  # see ``RotaryPositions``

    def __post_init__(self) -> None:
        for name, known in CHOICES.items():
            given = getattr(self, name)
            if given not in known:
                raise ValueError(f"GptConfig: {name} must be one of {known}, got {given!r}")
        if self.n_layers < 1:
            raise ValueError(f"GptConfig: n_layers must be at least 1, got {self.n_layers}")
        if self.n_key_heads is not None and self.n_key_heads < 1:
            raise ValueError(f"GptConfig: n_key_heads must be at least 1, got {self.n_key_heads}")

    @property
    def inner_width(self) -> int:
        """The width of the feed-forward network's hidden layer."""
        return 4 * self.width if self.hidden is None else self.hidden

    def parameter_count(self) -> int:
        """How many numbers the model has, without making it::

            V D (once, or twice where the head is untied) + L D where positions are learned
            + layers (2 D D + 2 D K G + m D F + biases + 2 norms) + 1 norm

        L is ``max_length``, K the width of a head, G the number of key heads, F the hidden width; m
        is 2, with SwiGLU 3; a norm has D numbers, with its bias 2 D.
        """
        d, f = self.width, self.inner_width
        keys = d // self.n_heads * (self.n_key_heads or self.n_heads)  # K G
        matrices = 3 if self.feed_forward == "swiglu" else 2
        biases = 2 * d + 2 * keys + (matrices - 1) * f + d if self.bias else 0
        norm = 2 * d if self.norm == "layer" else d
        block = 2 * d * d + 2 * d * keys + matrices * d * f + biases + 2 * norm
        tables = (1 if self.tied else 2) * self.vocabulary_size * d
        tables += self.max_length * d if self.positions == "learned" else 0
        return tables + self.n_layers * block + norm


def gpt2_style(vocabulary_size: int, **sizes: int | float) -> GptConfig:
    """GPT-2's parts: learned positions, LayerNorm, GELU, a tied head, biases everywhere.

    ``gpt2_style(50_257, width=768, n_layers=12, n_heads=12, max_length=1024)`` has the 124,439,808
    parameters of the smallest one that was released.

    Raises:
        TypeError: ``sizes`` names something else than a size, ``dropout`` or ``eps``.
    Source: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", section
        2.3.
    """
    return GptConfig(vocabulary_size, **checked_sizes("gpt2_style", sizes))


def llama_style(vocabulary_size: int, **sizes: int | float) -> GptConfig:
    """Llama's parts: rotary positions, RMSNorm, SwiGLU, an untied head, no bias at all.

    ``hidden`` is 8/3 of the width unless given, rounded up to a multiple of 32: as many numbers as
    GPT-2's feed-forward network has.  With ``n_key_heads`` the heads share keys.
    ``llama_style(32_000, width=4096, n_layers=32, n_heads=32, hidden=11_008)`` has the
    6,738,415,616 parameters of LLaMA 7B.

    Raises:
        TypeError: ``sizes`` names something else than a size, ``dropout`` or ``eps``.
    Source: Touvron et al. 2023, "LLaMA: Open and Efficient Foundation Language Models", section
        2.2; eps is that of its released code.
    """
    given = {"eps": 1e-6, **checked_sizes("llama_style", sizes)}
    width = given.get("width", GptConfig.width)
    given.setdefault("hidden", -(-8 * width // (3 * 32)) * 32)
    parts: dict[str, Any] = {"positions": "rotary", "norm": "rms", "feed_forward": "swiglu"}
    return GptConfig(vocabulary_size, **given, **parts, tied=False, bias=False)


def checked_sizes(name: str, sizes: dict[str, Any]) -> dict[str, Any]:
    """``sizes``, once they are known to change no part.

    Raises:
        TypeError: see ``gpt2_style``.
    """
    parts = {"vocabulary_size", *CHOICES, "tied", "bias"}
    known = {field.name for field in fields(GptConfig)} - parts
    if unknown := sorted(sizes.keys() - known):
        raise TypeError(f"{name}: {', '.join(unknown)} is none of its sizes {sorted(known)}")
    return sizes
