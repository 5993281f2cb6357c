"""The layer of a field: what is illegal has no weight, and what it learns."""

import itertools

import numpy as np
import pytest

from minillm.autograd import Parameter, Tensor, check_module
from minillm.models.crf import Crf
from minillm.ops import cross_entropy
from minillm.optim import AdamW
from minillm.tasks.entities import first_illegal, legal, tags_for
from tests.strict import strict

TAGS = tags_for("XY", "BIOES")
LEGAL = legal(TAGS, "BIOES")


def layer(rng):
    """A layer of random float64 transitions."""
    crf = Crf(LEGAL)
    crf.transitions = Parameter(rng.standard_normal(LEGAL.shape))
    return crf


@pytest.mark.guide("G39")
def test_a_layer_never_says_what_is_illegal(rng):
    crf, mask = layer(rng), np.ones((1, 6), dtype=bool)
    alone = 0
    for _ in range(50):
        emissions = 3.0 * rng.standard_normal((1, 6, len(TAGS)))
        (path,) = crf.decode(emissions, mask)
        assert first_illegal([TAGS[i] for i in path], "BIOES") is None
        single = [TAGS[i] for i in emissions[0].argmax(axis=1)]
        alone += first_illegal(single, "BIOES") is not None
        p = crf.probabilities(emissions, mask)
        assert p[0, 0, TAGS.index("I-X")] == 0.0
        np.testing.assert_allclose(p.sum(axis=2), 1.0)
    assert alone > 40  # the best tag of each word by itself seldom makes a legal sentence


def test_probabilities_of_all_tag_sequences_sum_to_1(rng):
    crf, emissions = layer(rng), rng.standard_normal((1, 3, len(TAGS)))
    total = 0.0
    for path in itertools.product(range(len(TAGS)), repeat=3):
        if first_illegal([TAGS[i] for i in path], "BIOES") is None:
            total += np.exp(crf(Tensor(emissions), np.array([path]), np.ones((1, 3), bool)).data[0])
    assert total == pytest.approx(1.0, rel=1e-12)


def test_without_transitions_the_loss_is_that_of_each_word_by_itself(rng):
    """What Crf says of its beginning: a product of softmax, if every step is allowed."""
    crf = Crf(np.ones((5, 5), dtype=bool))
    emissions, mask = rng.standard_normal((2, 3, 4)), np.array([[True] * 3, [True, False, False]])
    tags = np.array([[0, 3, 1], [2, 0, 0]])
    found = crf.loss(Tensor(emissions), tags, mask)
    expected = cross_entropy(Tensor(emissions[mask]), targets=tags[mask])
    assert float(found.data) == pytest.approx(float(expected.data), rel=1e-6)


def test_the_loss_of_a_layer_has_right_gradients(rng):
    crf, mask = layer(rng), np.array([[True] * 3, [True, False, False]])
    emissions = Parameter(rng.standard_normal((2, 3, len(TAGS))))
    tags = np.array([[TAGS.index(t) for t in row] for row in (["B-X", "E-X", "O"], ["S-Y"] * 3)])
    assert check_module(crf, lambda: crf.loss(emissions, tags, mask), rng=rng) < 1e-6
    crf.loss(emissions, tags, mask).backward()
    p = crf.probabilities(emissions.data, mask)
    truth = np.eye(len(TAGS))[tags] * mask[:, :, None]
    np.testing.assert_allclose(emissions.grad, (p - truth) / mask.sum(), rtol=0, atol=1e-12)


@pytest.mark.guide("G39")
def test_transitions_learn_what_words_do_not_say(rng):
    """Tags alternate, and words say nothing: alone 1/2 of them can be right, together all."""
    crf = Crf(np.ones((3, 3), dtype=bool))
    emissions, mask = np.zeros((1, 8, 2), dtype=np.float32), np.ones((1, 8), dtype=bool)
    tags = np.array([[0, 1] * 4])
    optimizer = AdamW(crf.parameters(), lr=0.3, weight_decay=0.0)
    for _ in range(40):
        crf.loss(Tensor(emissions), tags, mask).backward()
        optimizer.step()
        optimizer.zero_grad()
    assert crf.decode(emissions, mask) == tags.tolist()
    assert float(crf.loss(Tensor(emissions), tags, mask).data) < 0.05 < np.log(2)


def test_a_layer_on_a_device_decodes_on_the_host(rng):
    crf, emissions, mask = layer(rng), rng.standard_normal((1, 4, len(TAGS))), np.ones((1, 4), bool)
    here = crf.decode(emissions, mask)
    crf.transitions.data = strict.asarray(crf.transitions.data)
    assert crf.decode(emissions, mask) == here


def test_a_layer_refuses_tags_that_it_forbids():
    crf = Crf(LEGAL)
    emissions, mask = Tensor(np.zeros((1, 2, len(TAGS)))), np.ones((1, 2), dtype=bool)
    number = {tag: i for i, tag in enumerate(TAGS)}
    for row, told in [
        (["O", "I-X"], f"tag {number['I-X']} behind tag 0 at word 1"),
        (["E-X", "O"], rf"tag {number['E-X']} behind tag {len(TAGS)} at word 0"),
        (["O", "B-X"], rf"tag {len(TAGS)} behind tag {number['B-X']} at word 2"),
    ]:
        with pytest.raises(ValueError, match=f"sentence 0: {told} is not allowed"):
            crf.loss(emissions, np.array([[number[t] for t in row]]), mask)
    with pytest.raises(TypeError, match="legal must be boolean"):
        Crf(np.ones((3, 3)))
    with pytest.raises(ValueError, match="legal must be"):
        Crf(np.ones((3, 2), dtype=bool))
    with pytest.raises(ValueError, match="forbids every step"):
        Crf(np.array([[True, False], [True, False]]))
