import numpy as np
import pytest

from minillm.text import BERT_SPECIAL, IGNORE, Vocabulary, mask_tokens

WORDS = Vocabulary([f"w{i}" for i in range(1000)])


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
    corrupted, targets = mask_tokens(ids, mask, WORDS, rng=rng)
    chosen = targets != IGNORE
    assert (ids == before).all()
    assert (targets[chosen] == ids[chosen]).all()
    assert (corrupted[~chosen] == ids[~chosen]).all()
    assert corrupted.dtype == targets.dtype == np.int64
    assert IGNORE == -100


@pytest.mark.guide("G27")
@pytest.mark.parametrize(("n_ordinary", "n_chosen"), [(1, 1), (9, 1), (11, 2), (22, 3), (40, 6)])
def test_fifteen_percent_of_the_ordinary_tokens_are_chosen(rng, n_ordinary, n_chosen):
    ids, mask = sentences(rng, 30, n_ordinary + 4)
    _, targets = mask_tokens(ids, mask, WORDS, rng=rng)
    assert ((targets != IGNORE).sum(axis=1) == n_chosen).all()


def test_every_ordinary_position_is_chosen_equally_often_and_no_other(rng):
    ids, mask = sentences(rng, 20_000, 14)  # 10 ordinary tokens a row, round(1.5) = 2 chosen
    _, targets = mask_tokens(ids, mask, WORDS, rng=rng)
    counts = (targets != IGNORE).sum(axis=0)
    assert counts[[0, -3, -2, -1]].tolist() == [0, 0, 0, 0]
    assert all(within_six_sigma(count, 20_000, 0.2) for count in counts[1:-3])


def test_special_tokens_inside_and_masked_ordinary_tokens_are_never_chosen(rng):
    ids = np.array([[7, 1, 4, 8, 9]])
    mask = np.array([[True, True, True, True, False]])
    _, targets = mask_tokens(ids, mask, WORDS, rng=rng, rate=1.0)
    assert targets.tolist() == [[7, IGNORE, IGNORE, 8, IGNORE]]


@pytest.mark.guide("G27")
@pytest.mark.errata("A23")
def test_chosen_tokens_are_masked_replaced_or_kept_as_eight_to_one_to_one(rng):
    ids, mask = sentences(rng, 2_000, 44)
    corrupted, targets = mask_tokens(ids, mask, WORDS, rng=rng)
    chosen = targets != IGNORE
    n, new, old = chosen.sum(), corrupted[chosen], ids[chosen]
    assert within_six_sigma((new == 4).sum(), n, 0.8)
    assert within_six_sigma((new == old).sum(), n, 0.1 + 0.1 / 1000)  # chance may draw the original
    assert within_six_sigma(((new != 4) & (new != old)).sum(), n, 0.1 - 0.1 / 1000)


def test_random_replacements_are_ordinary_tokens_from_first_to_last(rng):
    ids, mask = np.full((100, 100), 8), np.ones((100, 100), dtype=bool)
    corrupted, _ = mask_tokens(ids, mask, Vocabulary(["a", "b", "c"]), rng=rng, rate=1.0)
    assert set(corrupted.ravel().tolist()) == {4, 7, 8, 9}


PUBLISHED = ["[PAD]", "x", "[UNK]", "[CLS]", "y", "[SEP]", "[MASK]", "z"]
ROLES = {"pad": "[PAD]", "unknown": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}


def test_special_tokens_are_spared_and_never_drawn_wherever_they_stand(rng):
    words = Vocabulary(PUBLISHED, special=ROLES)
    ids = np.tile([3, 1, 2, 4, 6, 7, 5, 0], (500, 1))
    corrupted, targets = mask_tokens(ids, ids != 0, words, rng=rng, rate=1.0)
    chosen = targets != IGNORE
    assert (chosen == np.isin(ids, [1, 4, 7])).all()
    assert (corrupted[~chosen] == ids[~chosen]).all()
    assert set(corrupted[chosen].tolist()) == {6, 1, 4, 7}
    assert (corrupted[:, 1][corrupted[:, 1] != 6] == 4).any()


def test_moving_the_special_tokens_moves_the_ids_and_changes_no_draw():
    """What is hidden depends on the ordinary tokens and the seed, not on the numbering."""
    front = Vocabulary(list("abcdefgh"))
    special = list(BERT_SPECIAL.values())
    moved = Vocabulary([*special[4:], *"abc", *special[:4], *"defgh"])
    to_moved = np.array([moved.token_to_id[token] for token in front.tokens])
    ids, mask = np.random.default_rng(3).integers(0, 15, (40, 12)), np.ones((40, 12), bool)
    a, b = (
        mask_tokens(x, mask, v, rng=np.random.default_rng(5))
        for x, v in ((ids, front), (to_moved[ids], moved))
    )
    assert (to_moved[a[0]] == b[0]).all()
    assert (np.where(a[1] == IGNORE, IGNORE, to_moved[np.maximum(a[1], 0)]) == b[1]).all()


def test_the_draws_are_those_that_stored_numbers_come_from():
    """The random tokens of BERT's layout, by the bounds of its ids."""
    ids, mask = np.full((30, 20), 8), np.ones((30, 20), dtype=bool)
    corrupted, targets = mask_tokens(ids, mask, WORDS, rng=np.random.default_rng(0))
    again = np.random.default_rng(0)
    scores = again.random(ids.shape)
    lot = again.random(ids.shape)
    drawn = again.integers(7, 1007, size=ids.shape)
    chosen = scores.argsort(axis=1).argsort(axis=1) < 3
    assert ((targets != IGNORE) == chosen).all()
    expected = np.where(lot < 0.8, 4, np.where(lot < 0.9, ids, drawn))
    assert (corrupted == np.where(chosen, expected, ids)).all()


def test_even_the_shortest_sentence_asks_for_one_token(rng):
    ids, mask = np.array([[2, 9, 3, 0], [2, 3, 0, 0]]), np.array([[1, 1, 1, 0], [1, 1, 0, 0]]) > 0
    _, targets = mask_tokens(ids, mask, WORDS, rng=rng, rate=0.01)
    assert targets.tolist() == [[IGNORE, 9, IGNORE, IGNORE], [IGNORE] * 4]


def test_an_empty_batch_stays_empty(rng):
    for shape in ((0, 5), (3, 0)):
        results = mask_tokens(np.zeros(shape, int), np.zeros(shape, bool), WORDS, rng=rng)
        assert [array.shape for array in results] == [shape, shape]


def test_the_same_seed_corrupts_the_same_tokens(rng):
    ids, mask = sentences(rng, 20, 24)
    first, second, third = (
        mask_tokens(ids, mask, WORDS, rng=np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert np.array_equal(first, second)
    assert not np.array_equal(first, third)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"rate": 0.0}, ValueError, r"rate must be in \(0, 1\], got 0.0"),
        ({"rate": 1.5}, ValueError, "got 1.5"),
        ({"rate": float("nan")}, ValueError, "got nan"),
        ({"vocabulary": Vocabulary([])}, ValueError, "a vocabulary of 7 has only special ids"),
        ({"vocabulary": Vocabulary(["a"])}, IndexError, r"token id 8 at position \(0, 1\)"),
        ({"mask": np.array([[1, 1]])}, TypeError, "mask must be boolean, .* got int64"),
        ({"mask": np.array([[True]])}, ValueError, r"ids \(1, 2\) and mask \(1, 1\)"),
        ({"ids": np.array([7, 8]), "mask": np.array([True] * 2)}, ValueError, r"shape \(B, T\)"),
        ({"ids": np.array([[7.0, 8.0]])}, TypeError, "float64"),
        (
            {"vocabulary": Vocabulary(list("abcdefghi"), special={})},
            ValueError,
            r"no mask token; its roles: \(none\)",
        ),
    ],
)
def test_wrong_settings_are_refused(rng, change, error, message):
    settings = {"ids": np.array([[7, 8]]), "mask": np.array([[True, True]])}
    settings |= {"vocabulary": WORDS, "rng": rng}
    with pytest.raises(error, match=message):
        mask_tokens(**(settings | change))
