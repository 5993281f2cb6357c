"""The questions of autoencoders, and the sum that makes a denoising one of BERT's."""

import numpy as np
import pytest

from minillm.ops import IGNORE
from minillm.tasks.autoencoding import denoise, every_token, loss_in_parts, reproduce
from minillm.tasks.masked_lm import hide
from minillm.text import Vocabulary
from tests.models.small_bert import CONFIG, small_masked_model
from tests.models.test_autoencoder import autoencoder

WORDS = Vocabulary([f"word {i}" for i in range(CONFIG.vocabulary_size - 7)])
FIRST, PAD = WORDS.n_special, WORDS.pad_id


def batch(seed=0, n=6):
    """Framed sentences of 3 to 8 words, padded on the right."""
    rng = np.random.default_rng(seed)
    ids, lengths = np.full((n, 10), PAD), rng.integers(3, 9, size=n)
    for row, length in zip(ids, lengths, strict=True):
        row[: length + 2] = WORDS.cls_id, *rng.integers(FIRST, len(WORDS), length), WORDS.sep_id
    return ids, np.arange(10) < lengths[:, None] + 2


@pytest.mark.guide("G28")
def test_the_plain_autoencoder_is_shown_what_it_is_asked_for():
    ids, mask = batch()
    shown, real, wanted = reproduce(ids, mask, WORDS)
    np.testing.assert_array_equal(shown, ids)
    np.testing.assert_array_equal(real, mask)
    asked = wanted != IGNORE
    assert np.array_equal(asked, mask & (ids >= FIRST)) and (wanted[asked] == ids[asked]).all()


@pytest.mark.guide("G28")
def test_the_denoising_autoencoder_is_shown_what_bert_is_shown_and_asked_for_all():
    ids, mask = batch()
    shown, _, wanted = denoise(ids, mask, WORDS, np.random.default_rng(3))
    bert = hide(ids, mask, WORDS, np.random.default_rng(3))
    np.testing.assert_array_equal(shown, bert.ids)
    np.testing.assert_array_equal(wanted, every_token(ids, mask, WORDS))
    asked = bert.targets != IGNORE
    assert (wanted[asked] == bert.targets[asked]).all() and asked.sum() < (wanted != IGNORE).sum()


@pytest.mark.guide("G28")
@pytest.mark.errata("A23")
@pytest.mark.parametrize("make", [small_masked_model, autoencoder])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_denoising_loss_is_berts_and_the_copying_of_the_rest_by_their_shares(make, seed):
    """L_denoising = s L_hidden + (1 - s) L_shown: nothing else is added to BERT's objective."""
    ids, mask = batch(seed)
    model, rng = make(), np.random.default_rng(seed)
    hidden, shown, whole, share = loss_in_parts(model, ids, mask, WORDS, rng=rng)
    assert whole == pytest.approx(share * hidden + (1 - share) * shown, abs=1e-12)
    bert = hide(ids, mask, WORDS, np.random.default_rng(seed))
    assert hidden == float(model.loss(*bert))
    assert share == (bert.targets != IGNORE).sum() / (mask & (ids >= FIRST)).sum()
    assert 0.1 < share < 0.35 and abs(hidden - shown) > 0.01
