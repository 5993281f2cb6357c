"""The guide's net, repaired: its size, its gradient, and what it cannot see."""

import numpy as np
import pytest

from minillm.autograd import check_module
from minillm.models import AveragePoolingClassifier
from minillm.nn import MultiHeadAttention
from minillm.nn.positions import LearnedPositions
from minillm.text import pad
from tests.nn.checks import scrambled

IDS, MASK = pad([[3, 7, 7], [5], [1, 2, 9, 4]])
CLASSES = np.array([2, 0, 1])


def small(rng, **sizes):
    sizes = {"vocabulary_size": 10, "n_classes": 3, "width": 5, "hidden": (4, 6)} | sizes
    return scrambled(AveragePoolingClassifier(**sizes, rng=rng), rng, size=2.0)


@pytest.mark.guide("G61")
@pytest.mark.errata("A71")
def test_with_a_hundred_words_and_ten_classes_it_has_the_parameters_that_were_counted(rng):
    model = AveragePoolingClassifier(100, 10, rng=rng)
    counts = {name: parameter.size for name, parameter in model.named_parameters()}
    assert model.parameter_count() == 47_114
    assert counts["tokens.weight"] == 12_800
    assert counts["hidden.0.weight"] + counts["hidden.0.bias"] == 16_512
    assert counts["hidden.1.weight"] + counts["hidden.1.bias"] == 16_512
    assert counts["output.weight"] + counts["output.bias"] == 1_290


@pytest.mark.guide("G61")
def test_the_scores_are_the_formula(rng):
    model = small(rng)
    for row, mask, found in zip(IDS, MASK, model(IDS, MASK).data, strict=True):
        h = np.mean([model.tokens.weight.data[i] for i in row[mask]], axis=0)
        for layer in model.hidden:
            h = np.maximum(layer.weight.data @ h + layer.bias.data, 0)
        wanted = model.output.weight.data @ h + model.output.bias.data
        np.testing.assert_allclose(found, wanted, atol=1e-12)


@pytest.mark.guide("G61")
def test_its_gradient_is_right_with_padding_and_a_word_that_comes_twice(rng):
    model = small(rng)
    assert check_module(model, lambda: model.loss(IDS, MASK, CLASSES), rng=rng) < 1e-6


@pytest.mark.guide("G61")
@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_on_either_side_and_of_any_length_changes_nothing(side, rng):
    model, texts = small(rng), [[3, 7, 7], [5], [1, 2, 9, 4]]
    wanted = [model(*pad([text])).data[0] for text in texts]
    for length in (4, 5, 100):
        found = model(*pad(texts, length=length, side=side)).data
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12)


@pytest.mark.guide("G61")
@pytest.mark.errata("A71")
def test_a71_the_order_of_the_words_makes_no_difference_and_nothing_in_it_could_see_it(rng):
    model = small(rng)
    dog_bites_man, man_bites_dog = model(*pad([[6, 3, 8], [8, 3, 6]])).data
    np.testing.assert_allclose(dog_bites_man, man_bites_dog, rtol=0, atol=1e-12)
    assert np.abs(model(*pad([[6, 3, 9]])).data[0] - dog_bites_man).max() > 1e-3
    kinds = [type(module) for _, module in model.named_modules()]
    assert not {MultiHeadAttention, LearnedPositions} & set(kinds)


def test_without_dense_layers_it_is_softmax_regression_on_the_mean(rng):
    model = small(rng, hidden=())
    mean = np.array(
        [model.tokens.weight.data[i[m]].mean(0) for i, m in zip(IDS, MASK, strict=True)]
    )
    wanted = mean @ model.output.weight.data.T + model.output.bias.data
    np.testing.assert_allclose(model(IDS, MASK).data, wanted, atol=1e-12)


def test_one_class_is_refused(rng):
    with pytest.raises(ValueError, match="at least 2 classes, got n_classes=1"):
        AveragePoolingClassifier(10, 1, rng=rng)
