import numpy as np
import pytest

from minillm.text import IGNORED, mask_tokens

SETTINGS = {"vocabulary_size": 1007, "mask_id": 4}


def sentences(rng, n_rows, length):
    """Framed sentences of random ordinary tokens, the last two positions padding."""
    ids = rng.integers(7, 1007, size=(n_rows, length))
    ids[:, 0], ids[:, -3], ids[:, -2:] = 2, 3, 0
    mask = np.ones(ids.shape, dtype=bool)
    mask[:, -2:] = False
    return ids, mask


def within_six_sigma(count, n, probability):
    """Whether a binomial count is where it should be."""
    return abs(count - n * probability) < 6 * (n * probability * (1 - probability)) ** 0.5


def test_targets_are_the_originals_where_chosen_and_nothing_else_changes(rng):
    ids, mask = sentences(rng, 50, 24)
    before = ids.copy()
    corrupted, targets = mask_tokens(ids, mask, **SETTINGS, rng=rng)
    chosen = targets != IGNORED
    assert (ids == before).all()
    assert (targets[chosen] == ids[chosen]).all()
    assert (corrupted[~chosen] == ids[~chosen]).all()
    assert corrupted.dtype == targets.dtype == np.int64
    assert IGNORED == -100


@pytest.mark.guide("G27")
@pytest.mark.parametrize(("n_ordinary", "n_chosen"), [(1, 1), (9, 1), (11, 2), (22, 3), (40, 6)])
def test_fifteen_percent_of_the_ordinary_tokens_are_chosen(rng, n_ordinary, n_chosen):
    ids, mask = sentences(rng, 30, n_ordinary + 4)
    _, targets = mask_tokens(ids, mask, **SETTINGS, rng=rng)
    assert ((targets != IGNORED).sum(axis=1) == n_chosen).all()


def test_every_ordinary_position_is_chosen_equally_often_and_no_other(rng):
    ids, mask = sentences(rng, 20_000, 14)  # 10 ordinary tokens a row, round(1.5) = 2 chosen
    _, targets = mask_tokens(ids, mask, **SETTINGS, rng=rng)
    counts = (targets != IGNORED).sum(axis=0)
    assert counts[[0, -3, -2, -1]].tolist() == [0, 0, 0, 0]
    assert all(within_six_sigma(count, 20_000, 0.2) for count in counts[1:-3])


def test_special_tokens_inside_and_masked_ordinary_tokens_are_never_chosen(rng):
    ids = np.array([[7, 1, 4, 8, 9]])
    mask = np.array([[True, True, True, True, False]])
    _, targets = mask_tokens(ids, mask, **SETTINGS, rng=rng, rate=1.0)
    assert targets.tolist() == [[7, IGNORED, IGNORED, 8, IGNORED]]


@pytest.mark.guide("G27")
@pytest.mark.errata("A23")
def test_chosen_tokens_are_masked_replaced_or_kept_as_eight_to_one_to_one(rng):
    ids, mask = sentences(rng, 2_000, 44)
    corrupted, targets = mask_tokens(ids, mask, **SETTINGS, rng=rng)
    chosen = targets != IGNORED
    n, new, old = chosen.sum(), corrupted[chosen], ids[chosen]
    assert within_six_sigma((new == 4).sum(), n, 0.8)
    assert within_six_sigma((new == old).sum(), n, 0.1 + 0.1 / 1000)  # chance may draw the original
    assert within_six_sigma(((new != 4) & (new != old)).sum(), n, 0.1 - 0.1 / 1000)


def test_random_replacements_are_ordinary_tokens_from_first_to_last(rng):
    ids, mask = np.full((100, 100), 8), np.ones((100, 100), dtype=bool)
    corrupted, _ = mask_tokens(ids, mask, vocabulary_size=10, mask_id=4, rng=rng, rate=1.0)
    assert set(corrupted.ravel().tolist()) == {4, 7, 8, 9}


def test_even_the_shortest_sentence_asks_for_one_token(rng):
    ids, mask = np.array([[2, 9, 3, 0], [2, 3, 0, 0]]), np.array([[1, 1, 1, 0], [1, 1, 0, 0]]) > 0
    _, targets = mask_tokens(ids, mask, **SETTINGS, rng=rng, rate=0.01)
    assert targets.tolist() == [[IGNORED, 9, IGNORED, IGNORED], [IGNORED] * 4]


def test_an_empty_batch_stays_empty(rng):
    for shape in ((0, 5), (3, 0)):
        results = mask_tokens(np.zeros(shape, int), np.zeros(shape, bool), **SETTINGS, rng=rng)
        assert [array.shape for array in results] == [shape, shape]


def test_the_same_seed_corrupts_the_same_tokens(rng):
    ids, mask = sentences(rng, 20, 24)
    first, second, third = (
        mask_tokens(ids, mask, **SETTINGS, rng=np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert np.array_equal(first, second)
    assert not np.array_equal(first, third)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"rate": 0.0}, ValueError, r"rate must be in \(0, 1\], got 0.0"),
        ({"rate": 1.5}, ValueError, "got 1.5"),
        ({"rate": float("nan")}, ValueError, "got nan"),
        ({"vocabulary_size": 7}, ValueError, "a vocabulary of 7 has only special ids"),
        ({"vocabulary_size": 8}, IndexError, r"token id 8 at position \(0, 1\)"),
        ({"mask": np.array([[1, 1]])}, TypeError, "mask must be boolean, .* got int64"),
        ({"mask": np.array([[True]])}, ValueError, r"ids \(1, 2\) and mask \(1, 1\)"),
        ({"ids": np.array([7, 8]), "mask": np.array([True] * 2)}, ValueError, r"shape \(B, T\)"),
        ({"ids": np.array([[7.0, 8.0]])}, TypeError, "float64"),
    ],
)
def test_wrong_settings_are_refused(rng, change, error, message):
    settings = {"ids": np.array([[7, 8]]), "mask": np.array([[True, True]]), **SETTINGS, "rng": rng}
    with pytest.raises(error, match=message):
        mask_tokens(**(settings | change))
