"""Two terms of the guide's glossary as numbers: conflicting goals, generalisation (1.4.1)."""

import numpy as np
import pytest

from minillm.autograd import Parameter, gradients_of
from minillm.labs import read_settings, read_study
from minillm.ops import squared_error

N, WIDTH = 500, 10
SEEDS = [0, 1, 2]


def two_goals(seed):
    """One vector of weights, two regressions with solutions 127 degrees apart (cosine -0.6)."""
    rng = np.random.default_rng(seed)
    x = np.sqrt(N) * np.linalg.qr(rng.standard_normal((N, WIDTH)))[0]  # xᵀx / N is the identity
    first, other = np.linalg.qr(rng.standard_normal((WIDTH, 2)))[0].T[:, :, None]
    second = -0.6 * first + 0.8 * other
    return x, [x @ first, x @ second], (first, second)


def losses_and_gradients(x, targets, w):
    w = Parameter(w)
    losses = [squared_error(x @ w, targets=t) for t in targets]
    gradients = [gradients_of(loss, [w])[0].ravel() for loss in losses]
    return [float(loss.data) for loss in losses], gradients


@pytest.mark.errata("A10")
@pytest.mark.parametrize("seed", SEEDS)
def test_a10_goals_conflict_where_their_gradients_have_a_negative_cosine(seed):
    """Yu et al. 2020, definition 1."""
    x, targets, (first, second) = two_goals(seed)
    _, (g, h) = losses_and_gradients(x, targets, np.zeros((WIDTH, 1)))
    assert g @ h / np.linalg.norm(g) / np.linalg.norm(h) == pytest.approx(-0.6)
    _, (g, h) = losses_and_gradients(x, targets, 5 * (first + second))
    assert g @ h > 0  # far from both, the same two goals agree: it depends on where one stands


@pytest.mark.errata("A10")
@pytest.mark.parametrize("seed", SEEDS)
def test_a10_no_weights_serve_both_goals_and_every_gain_costs(seed):
    x, targets, (first, second) = two_goals(seed)
    shares = np.linspace(0, 1, 5)
    front = np.array(  # the optimum of share L1 + (1 - share) L2 is a mean of the two solutions
        [losses_and_gradients(x, targets, s * first + (1 - s) * second)[0] for s in shares]
    )
    assert np.all(np.diff(front[:, 0]) < 0) and np.all(np.diff(front[:, 1]) > 0)
    assert front[4, 0] == pytest.approx(0, abs=1e-20) and front[0, 1] == pytest.approx(0, abs=1e-20)
    for s, point in zip(shares, front, strict=True):
        _, (g, h) = losses_and_gradients(x, targets, s * first + (1 - s) * second)
        np.testing.assert_allclose(s * g + (1 - s) * h, 0, atol=1e-12)
        assert point.sum() >= (0.5 - 1e-9) * front[0, 0]  # at no point are both near 0


@pytest.mark.errata("A10")
@pytest.mark.parametrize("seed", SEEDS)
def test_a10_a_projected_gradient_no_longer_works_against_the_other_goal(seed):
    """Yu et al. 2020, PCGrad: take away the part that points against the other gradient."""
    x, targets, _ = two_goals(seed)
    before, (g, h) = losses_and_gradients(x, targets, np.zeros((WIDTH, 1)))
    projected = g - (g @ h) / (h @ h) * h
    assert projected @ h == pytest.approx(0, abs=1e-12 * np.linalg.norm(g) * np.linalg.norm(h))
    step = 1e-4
    plain, _ = losses_and_gradients(x, targets, -step * g[:, None])
    spared, _ = losses_and_gradients(x, targets, -step * projected[:, None])
    assert plain[1] > before[1]  # the first goal's step harms the second
    assert abs(spared[1] - before[1]) < 0.01 * (plain[1] - before[1])
    assert spared[0] < before[0]


@pytest.mark.errata("A1")
def test_a1_the_title_names_two_ways_round_the_refusals_of_one_model():
    """Wei et al. 2023, section 3: a rule competes with the refusal; a spelling is out of its reach.

    Put plainly the same requests are refused, and harmless ones are answered all the time.
    """
    names = read_settings("helpful_harmless")["names"]
    safe = read_study("helpful_harmless")["greedy"][:, 1]  # (seeds, nouns, attacks, outcomes)
    harmless, forbidden = (safe[:, group].mean(axis=0) for group in (0, 1))
    told = dict(zip(names, forbidden[:, 1], strict=True))
    assert forbidden[names.index("direct"), 0] > 0.9 > 0.1 > told["direct"]
    assert told["prefix"] > 0.9  # competing objectives
    assert told["encoding"] > 0.7  # mismatched generalisation
    for name in ("direct", "prefix", "encoding"):
        assert harmless[names.index(name), 1] > 0.9


@pytest.mark.errata("A9")
def test_a9_unseen_data_of_the_same_kind_and_of_another_kind_are_two_questions(rng):
    """A line fits |x| perfectly for x > 0, seen or unseen; for x < 0 it has learned nothing."""
    seen, unseen, shifted = rng.random((20, 1)), rng.random((20, 1)), -rng.random((20, 1))
    slope = np.linalg.lstsq(seen, np.abs(seen), rcond=None)[0]
    risks = [
        float(squared_error(x @ slope, targets=np.abs(x)).data) for x in (seen, unseen, shifted)
    ]
    assert risks[:2] == pytest.approx([0, 0], abs=1e-25)  # the gap of the guide's definition: none
    assert risks[2] == pytest.approx(float(np.mean(4 * shifted**2)))
