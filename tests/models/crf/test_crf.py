"""The field against all its paths, one by one."""

import numpy as np
import pytest
from hypothesis import given, settings

from minillm.autograd import check_vjp
from minillm.models.crf import best_paths, log_partition, marginals, path_score
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


def test_on_a_device_nothing_is_read_back(rng):
    emissions, mask = rng.standard_normal((2, 3, 4)), np.array([[True] * 3, [True, False, False]])
    transitions, tags = rng.standard_normal((5, 5)), np.array([[1, 0, 3], [2, 0, 0]])
    there = [strict.asarray(x) for x in (emissions, transitions)]
    for one, more in ((log_partition, {}), (path_score, {"tags": tags})):
        moved = {name: strict.asarray(x) for name, x in {"mask": mask, **more}.items()}
        SYNCS.clear()
        y, vjp = one.rule(*there, **moved)
        gradients = vjp(strict.asarray(np.ones(2)))
        assert SYNCS == []
        expected, here = one.rule(emissions, transitions, mask=mask, **more)
        np.testing.assert_allclose(y.get(), expected)
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
