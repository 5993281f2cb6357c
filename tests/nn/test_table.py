import numpy as np
import pytest

from minillm.autograd import Parameter
from minillm.nn import (
    Embedding,
    EncoderBlock,
    LearnedPositions,
    Linear,
    Module,
    embedding,
    linear,
    positions,
    summary,
)


class Small(Module):
    """Two blocks behind a table."""

    def __init__(self, rng):
        self.tokens = Embedding(1000, 6, rng=rng)
        self.blocks = [EncoderBlock(6, 2, 10, rng=rng) for _ in range(2)]
        self.scale = Parameter(np.float32(1))


def test_the_table_of_a_small_model(rng):
    assert summary(Small(rng)) == (
        "parameters of  shape      count\n"
        "scale          ()             1\n"
        "tokens.weight  (1000, 6)  6,000\n"
        "blocks.0       16 arrays    328\n"
        "blocks.1       16 arrays    328\n"
        "total                     6,657"
    )


@pytest.mark.parametrize(("depth", "lines"), [(1, ["scale", "tokens", "blocks"]), (99, None)])
def test_depth_decides_where_counts_are_added_up(depth, lines, rng):
    model = Small(rng)
    rows = summary(model, depth=depth).splitlines()[1:-1]
    expected = lines or [name for name, _ in model.named_parameters()]
    assert [row.split()[0] for row in rows] == expected
    assert sum(int(row.split()[-1].replace(",", "")) for row in rows) == model.parameter_count()


def test_a_module_without_parameters_has_a_total_of_zero():
    assert summary(Module()).splitlines()[-1].split() == ["total", "0"]


class Gpt1(Module):
    """The parts of GPT-1; its blocks have those of a BERT block."""

    def __init__(self, rng):
        self.tokens = Embedding(40_478, 768, rng=rng)
        self.positions = LearnedPositions(512, 768, rng=rng)
        self.blocks = [EncoderBlock(768, 12, 3072, rng=rng) for _ in range(12)]


@pytest.mark.guide("G26")
def test_the_counter_reproduces_the_published_size_of_gpt_1(rng, monkeypatch):
    """116,534,784 numbers (Radford et al. 2018), counted without making room for them."""

    def unallocated(shape, **_):
        return np.broadcast_to(np.float32(0), shape)

    monkeypatch.setattr(linear, "xavier_uniform", unallocated)
    monkeypatch.setattr(embedding, "normal", unallocated)
    monkeypatch.setattr(positions, "normal", unallocated)
    assert Gpt1(rng).parameter_count() == 116_534_784
    assert Linear(768, 768, rng=rng).weight.data.strides == (0, 0)  # the replacement was used
