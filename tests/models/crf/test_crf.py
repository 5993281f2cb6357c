"""The field against all its paths, one by one; and what a layer of it learns."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings

from minillm.autograd import Parameter, Tensor, check_module, check_vjp
from minillm.models.crf import Crf, best_paths, log_partition, marginals, path_score
from minillm.ops import cross_entropy
from minillm.optim import AdamW
from minillm.tasks.entities import first_illegal, legal, tags_for
from tests.models.crf.fields import enumerated, fields, paths_of
from tests.strict import SYNCS, strict

close = {"rtol": 1e-9, "atol": 1e-9}


@pytest.mark.guide("G39")
@given(fields())
def test_the_sum_over_all_paths_is_that_of_enumeration(field):
    emissions, transitions, mask = field
    found, _ = log_partition.rule(emissions, transitions, mask=mask)
    expected = [log_z for log_z, *_ in enumerated(*field)]
    np.testing.assert_allclose(found, expected, **close)


@pytest.mark.guide("G39")
@given(fields())
def test_the_gradient_of_the_sum_is_the_marginals(field):
    """d ln Z / d e_t(j) is the share of all paths, by weight, that have tag j at word t."""
    emissions, transitions, mask = field
    _, vjp = log_partition.rule(emissions, transitions, mask=mask)
    of_emissions, of_transitions = vjp(np.ones(len(mask)))
    rows = [*enumerated(*field)]
    np.testing.assert_allclose(of_emissions, [nodes for _, nodes, *_ in rows], **close)
    np.testing.assert_allclose(of_transitions, sum(steps for *_, steps in rows), **close)
    np.testing.assert_allclose(
        marginals(emissions, transitions, mask=mask), of_emissions, rtol=0, atol=1e-12
    )
    np.testing.assert_allclose(of_emissions.sum(axis=2), mask, **close)


@pytest.mark.guide("G39")
@given(fields())
def test_no_path_has_a_higher_score_than_the_one_that_is_found(field):
    emissions, transitions, mask = field
    for i, (path, (_, _, highest, _)) in enumerate(
        zip(best_paths(emissions, transitions, mask=mask), enumerated(*field), strict=True)
    ):
        scores = paths_of(emissions[i], transitions, mask[i].sum())
        assert scores[tuple(path)] == pytest.approx(highest, rel=1e-12, abs=1e-12)


@given(fields())
def test_the_score_of_a_path_is_the_sum_along_it(field):
    emissions, transitions, mask = field
    tags = np.where(mask, np.arange(mask.shape[1]) % emissions.shape[2], 99)
    found, _ = path_score.rule(emissions, transitions, tags=tags, mask=mask)
    for i, n in enumerate(mask.sum(axis=1)):
        expected = paths_of(emissions[i], transitions, n)[tuple(tags[i, :n])]
        assert found[i] == pytest.approx(expected, rel=1e-12, abs=1e-12)


@settings(max_examples=30)
@given(fields(forbid=False))
def test_both_gradients_are_those_of_finite_differences(field):
    emissions, transitions, mask = (np.clip(x, -9, 9) if x.dtype != bool else x for x in field)
    rng = np.random.default_rng(1)
    tags = rng.integers(emissions.shape[2], size=mask.shape)
    check_vjp(log_partition, emissions, transitions, rng=rng, mask=mask)
    check_vjp(path_score, emissions, transitions, rng=rng, mask=mask, tags=tags)


def test_a_field_by_hand():
    """Two words, two tags: the paths 00, 01, 10, 11 have the weights 1, 2, 3, 6."""
    emissions = np.log([[[1.0, 3.0], [1.0, 2.0]]])
    transitions, mask = np.zeros((3, 3)), np.ones((1, 2), dtype=bool)
    log_z, _ = log_partition.rule(emissions, transitions, mask=mask)
    assert log_z[0] == pytest.approx(np.log(12))
    p = marginals(emissions, transitions, mask=mask)
    np.testing.assert_allclose(p, [[[3 / 12, 9 / 12], [4 / 12, 8 / 12]]])
    assert best_paths(emissions, transitions, mask=mask) == [[1, 1]]
    transitions[1, 1] = -np.inf  # 1, 2, 3 are left
    log_z, _ = log_partition.rule(emissions, transitions, mask=mask)
    assert log_z[0] == pytest.approx(np.log(6))
    assert best_paths(emissions, transitions, mask=mask) == [[1, 0]]
    transitions[0, 2] = -np.inf  # no path may end with tag 0
    assert best_paths(emissions, transitions, mask=mask) == [[0, 1]]


def test_equally_good_paths_give_the_first():
    assert best_paths(np.zeros((1, 3, 2)), np.zeros((3, 3)), mask=np.ones((1, 3), bool)) == [
        [0] * 3
    ]


TAGS = tags_for("XY", "BIOES")
LEGAL = legal(TAGS, "BIOES")


def layer(rng):
    """A layer of random float64 transitions."""
    crf = Crf(LEGAL)
    crf.transitions = Parameter(rng.standard_normal(LEGAL.shape))
    return crf


@given(fields())
def test_padding_changes_nothing(field):
    emissions, transitions, mask = field
    wide = np.pad(emissions, ((0, 0), (0, 3), (0, 0)), constant_values=7.0)
    more = np.pad(mask, ((0, 0), (0, 3)))
    a, b = (
        log_partition.rule(e, transitions, mask=m)[0] for e, m in ((emissions, mask), (wide, more))
    )
    np.testing.assert_array_equal(a, b)
    assert best_paths(emissions, transitions, mask=mask) == best_paths(wide, transitions, mask=more)


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


def test_on_a_device_nothing_is_read_back_but_what_is_asked_for(rng):
    emissions, mask = rng.standard_normal((2, 3, 4)), np.array([[True] * 3, [True, False, False]])
    transitions = rng.standard_normal((5, 5))
    there = [strict.asarray(x) for x in (emissions, transitions)]
    SYNCS.clear()
    y, vjp = log_partition.rule(*there, mask=strict.asarray(mask))
    gradients = vjp(strict.asarray(np.ones(2)))
    assert SYNCS == []
    expected, here = log_partition.rule(emissions, transitions, mask=mask)
    np.testing.assert_allclose(np.asarray(y.get()), expected)
    for a, b in zip(gradients, here(np.ones(2)), strict=True):
        np.testing.assert_allclose(a.get(), b)


def test_float32_stays_float32(rng):
    emissions, transitions = (
        rng.standard_normal(s).astype(np.float32) for s in ((1, 3, 2), (3, 3))
    )
    mask = np.ones((1, 3), dtype=bool)
    for y, vjp in (
        log_partition.rule(emissions, transitions, mask=mask),
        path_score.rule(emissions, transitions, mask=mask, tags=np.zeros((1, 3), dtype=int)),
    ):
        assert {x.dtype for x in (y, *vjp(np.ones(1, dtype=np.float32)))} == {np.dtype(np.float32)}


def test_what_does_not_fit_is_refused(rng):
    e, a, m = np.zeros((1, 2, 3)), np.zeros((4, 4)), np.ones((1, 2), dtype=bool)
    for bad, message in [
        ((e[0], a, m), r"emissions must be \(B, T, K\)"),
        ((e[:, :0], a, m[:, :0]), r"emissions must be \(B, T, K\), T and K >= 1"),
        ((e, a[1:, 1:], m), r"transitions must be \(K \+ 1, K \+ 1\), \(4, 4\), got \(3, 3\)"),
        ((e, a, m[:, :1]), r"mask \(1, 1\) must be \(B, T\)"),
        ((e, a, ~m), "every sentence needs a word"),
        ((e, a, np.array([[False, True]])), "words must stand before padding"),
    ]:
        for call in (log_partition.rule, best_paths, marginals):
            with pytest.raises(ValueError, match=message):
                call(*bad[:2], mask=bad[2])
    with pytest.raises(TypeError, match="mask must be boolean"):
        log_partition.rule(e, a, mask=m.astype(float))
    with pytest.raises(ValueError, match=r"tags \(1, 3\) must be \(B, T\)"):
        path_score.rule(e, a, tags=np.zeros((1, 3), dtype=int), mask=m)
    for tag in (-1, 4):
        with pytest.raises(IndexError, match=f"tag {tag}"):
            path_score.rule(e, a, tags=np.array([[0, tag]]), mask=m)


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
