import numpy as np
import pytest

from minillm.models.decoding import composed, filtering, greedy, sampling

Z = np.array([2.0, -0.3, 1.1, 0.4, 1.6, -2.0, 0.9, 1.9])
NOTHING = np.zeros((1, 8), bool)
CASES = {
    "plain": {},
    "temperature": {"temperature": 0.7},
    "top_k": {"top_k": 3},
    "top_p": {"top_p": 0.8},
    "min_p": {"min_p": 0.3},
    "penalty": {"repetition_penalty": 1.8},
    "all": {"repetition_penalty": 1.2, "temperature": 1.5, "top_k": 7, "top_p": 0.95, "min_p": 0.1},
}
SEEN = np.arange(8)[None] % 3 == 0
# the 0.999 quantiles of chi-squared for 0 to 7 degrees of freedom
LARGEST = [0.0, 10.83, 13.82, 16.27, 18.47, 20.52, 22.46, 24.32]


def exact(settings):
    """The distribution that the settings mean, by loops over a dictionary of logits."""
    z = dict(enumerate(Z))
    if (penalty := settings.get("repetition_penalty")) is not None:
        for i in np.flatnonzero(SEEN[0]):
            z[i] = z[i] / penalty if z[i] > 0 else z[i] * penalty
    z = {i: v / settings.get("temperature", 1.0) for i, v in z.items()}
    falling = sorted(z, key=lambda i: -z[i])[: settings.get("top_k", 8)]
    p = normalised({i: np.exp(z[i]) for i in falling})
    if "top_p" in settings:
        nucleus, mass = {}, 0.0
        for i in falling:
            if mass >= settings["top_p"]:
                break
            nucleus[i], mass = p[i], mass + p[i]
        p = normalised(nucleus)
    if "min_p" in settings:
        p = normalised({i: v for i, v in p.items() if v >= settings["min_p"] * max(p.values())})
    return np.array([p.get(i, 0.0) for i in range(8)])


def normalised(p):
    return {i: v / sum(p.values()) for i, v in p.items()}


def chi_squared(settings, n, seed):
    """The statistic of n draws, and its degrees of freedom."""
    logits = filtering(**settings)(np.tile(Z, (n, 1)), np.repeat(SEEN, n, axis=0))
    counts = np.bincount(sampling(np.random.default_rng(seed))(logits), minlength=8)
    p = exact(settings)
    assert (counts[p == 0] == 0).all()
    expected = n * p[p > 0]
    return float(((counts[p > 0] - expected) ** 2 / expected).sum()), int((p > 0).sum()) - 1


@pytest.mark.guide("G40")
@pytest.mark.parametrize("name", CASES)
def test_draws_have_the_distribution_that_the_filters_mean(name):
    statistic, freedom = chi_squared(CASES[name], 4000, seed=1)
    assert statistic < LARGEST[freedom]


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_a_hundred_thousand_draws_have_the_distribution_that_the_filters_mean(name):
    statistic, freedom = chi_squared(CASES[name], 100_000, seed=2)
    assert statistic < LARGEST[freedom]


def test_a_wrong_distribution_is_noticed():
    def near(logits, seen):
        return logits * 1.25

    n = 4000
    counts = np.bincount(
        sampling(np.random.default_rng(1))(near(np.tile(Z, (n, 1)), None)), minlength=8
    )
    expected = n * exact({})
    assert ((counts - expected) ** 2 / expected).sum() > LARGEST[7]


def test_filters_follow_one_another():
    double, shift = lambda z, seen: 2 * z, lambda z, seen: z + 1
    np.testing.assert_array_equal(composed(double, shift)(Z[None], NOTHING), 2 * Z[None] + 1)
    np.testing.assert_array_equal(composed()(Z[None], NOTHING), Z[None])
    np.testing.assert_array_equal(filtering()(Z[None], NOTHING), Z[None])


def test_greedy_takes_the_first_of_the_largest():
    assert greedy(np.array([[1.0, 3.0, 3.0], [2.0, -np.inf, 0.0]])).tolist() == [1, 0]


def test_every_row_draws_by_itself_and_again_the_same():
    z = np.tile(Z, (3, 1))
    one, other = (sampling(np.random.default_rng(4))(z).tolist() for _ in range(2))
    assert one == other
    draws = np.array([sampling(np.random.default_rng(s))(z) for s in range(20)])
    assert (draws[:, 0] != draws[:, 1]).any()


@pytest.mark.parametrize("choose", [greedy, sampling(np.random.default_rng(0))])
def test_nothing_left_to_choose_from_and_no_probabilities_are_refused(choose):
    z = np.tile(Z, (3, 1))
    with pytest.raises(ValueError, match="every token of text 1 is filtered away"):
        choose(np.where(np.arange(3)[:, None] == 1, -np.inf, z))
    for wrong in (np.nan, np.inf):
        z[2, 4] = wrong
        with pytest.raises(ValueError, match=f"text 2 has a logit of {wrong}"):
            choose(z)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temperature": 0}, "choose=greedy"),
        ({"top_k": 0}, "k must be a whole number, at least 1"),
        ({"top_p": 0.0}, r"top_p: p must be in \(0, 1\]"),
        ({"min_p": 1.5}, r"min_p: p must be in \(0, 1\]"),
        ({"repetition_penalty": 0.5}, "repetition_penalty must be at least 1"),
    ],
)
def test_settings_are_refused_before_anything_is_written(settings, message):
    with pytest.raises(ValueError, match=message):
        filtering(**settings)


def test_a_k_above_the_vocabulary_is_refused():
    with pytest.raises(ValueError, match=r"k must be in 1\.\.8"):
        filtering(top_k=9)(Z[None], NOTHING)


def test_sampling_needs_a_generator():
    with pytest.raises(TypeError, match="rng must be a"):
        sampling(0)
