import math
from dataclasses import FrozenInstanceError, asdict, fields

import pytest

from minillm.tasks import Recipe

NUMBERS = [
    entry.name
    for entry in fields(Recipe)
    if entry.name
    not in ("tokenizer", "pooling", "head_only", "keep_best", "recompute", "accumulate")
]


def test_the_defaults_are_these():
    assert asdict(Recipe()) == {
        "seed": 0,
        "tokenizer": "word",
        "min_count": 1,
        "max_length": 64,
        "width": 64,
        "n_layers": 2,
        "n_heads": 4,
        "dropout": 0.1,
        "pooling": "cls",
        "batch_size": 32,
        "pretrain_epochs": 3.0,
        "pretrain_lr": 0.002,
        "finetune_epochs": 6.0,
        "finetune_lr": 0.001,
        "weight_decay": 0.01,
        "max_norm": 1.0,
        "head_only": False,
        "keep_best": False,
        "patience": 0,
        "recompute": 0,
        "accumulate": 1,
    }


def test_every_setting_has_a_sentence_for_the_command_line():
    assert all(entry.metadata["meaning"] for entry in fields(Recipe))


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [-1, math.nan, math.inf, -math.inf])
def test_a_number_that_makes_no_sense_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=f"^{name} must be at least .* and finite, got {value}"):
        Recipe(**{name: value})


def test_a_number_of_blocks_is_refused_in_the_words_of_all_that_take_one():
    for value, error in ((-1, ValueError), (1.5, TypeError)):
        told = f"^recompute must be a number of blocks, 0 or more, got {value}$"
        with pytest.raises(error, match=told):
            Recipe(recompute=value)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (0, ValueError, "accumulate must be at least 1 part of a batch, got 0"),
        (1.5, TypeError, "accumulate must be an integer, got 1.5"),
        (33, ValueError, "accumulate must be at most batch_size 32, so that every .* got 33"),
    ],
)
def test_a_number_of_parts_that_makes_no_sense_is_refused(value, error, message):
    with pytest.raises(error, match=f"^{message}"):
        Recipe(accumulate=value)


@pytest.mark.parametrize(
    ("name", "least"),
    [("min_count", 1), ("max_length", 3), ("width", 4), ("n_layers", 1), ("n_heads", 1)],
)
def test_sizes_have_a_least_value(name, least):
    assert getattr(Recipe(**{name: least}), name) == least
    with pytest.raises(ValueError, match=name):
        Recipe(**{name: least - 1})


def test_no_epochs_no_dropout_and_no_decay_are_allowed():
    Recipe(pretrain_epochs=0, finetune_epochs=0, dropout=0, weight_decay=0, pretrain_lr=0)


def test_a_width_that_does_not_split_into_heads_is_refused_with_both():
    with pytest.raises(ValueError, match="width 10 does not split into n_heads 4"):
        Recipe(width=10, n_heads=4)


def test_an_unknown_pooling_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="pooling must be one of cls, last, mean, got 'max'"):
        Recipe(pooling="max")


def test_a_recipe_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        Recipe().seed = 1
