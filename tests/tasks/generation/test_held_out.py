import numpy as np
import pytest

from minillm.models import Gpt, gpt2_style
from minillm.models.ngrams import NGrams
from minillm.tasks.generation import best_ngrams, counting_loss, language_loss
from minillm.tasks.generation.held_out import last_tenth
from minillm.tasks.generation.pretraining import first_tokens


def model(dropout=0.0):
    sizes = {"width": 8, "n_layers": 1, "n_heads": 2, "max_length": 6, "dropout": dropout}
    return Gpt(gpt2_style(9, **sizes), rng=np.random.default_rng(0))


def texts(*lengths):
    rng = np.random.default_rng(1)
    return [rng.integers(0, 9, n) for n in lengths]


@pytest.mark.guide("G30")
def test_the_loss_is_the_mean_over_tokens_and_not_over_texts_or_batches():
    gpt, some = model(), texts(2, 6, 4, 1, 7)
    by_hand = np.concatenate(
        [gpt.log_probabilities(text[None])[0] for text in some if len(text) > 1]
    )
    for rows in (1, 2, 32):
        assert language_loss(gpt, some, rows=rows) == pytest.approx(-by_hand.mean(), rel=1e-6)


def test_a_long_text_is_scored_in_pieces_that_the_model_can_read():
    gpt, (text,) = model(), texts(15)
    rows = [text[0:7], text[6:13], text[12:15]]
    by_hand = np.concatenate([gpt.log_probabilities(row[None, :])[0] for row in rows])
    assert language_loss(gpt, [text]) == pytest.approx(-by_hand.mean(), rel=1e-6)
    assert language_loss(gpt, [text], length=2) != pytest.approx(-by_hand.mean(), rel=1e-5)


def test_dropout_is_off_and_comes_back():
    gpt, some = model(dropout=0.5), texts(6, 6)
    assert language_loss(gpt, some) == language_loss(gpt, some)
    assert gpt.training


@pytest.mark.guide("G30")
def test_counting_is_scored_on_the_same_tokens():
    some = texts(5, 9, 1)
    ngrams = NGrams(some, vocabulary_size=9, order=2)
    scored = np.concatenate([ngrams.log_probabilities(text)[1:] for text in some])
    assert len(scored) == 12
    assert counting_loss(ngrams, some) == pytest.approx(-scored.mean())


@pytest.mark.parametrize("period", [2, 4])
def test_the_length_of_ngrams_is_chosen_on_text_that_they_were_not_counted_on(period):
    """Text of which the next token needs ``period`` tokens; longer counts only split the same."""
    rng = np.random.default_rng(0)
    text = list(rng.integers(0, 3, period))
    while len(text) < 3000:
        noise = rng.integers(0, 3) if rng.random() < 0.2 else 0
        text.append((sum(text[-period:]) + noise) % 3)
    found = best_ngrams([np.array(text)], 3)
    assert period + 1 <= found.order <= period + 2  # one more costs next to nothing


def test_the_last_tenth_is_a_tenth_of_the_tokens_whatever_the_texts():
    first, rest = last_tenth([np.arange(7), np.arange(10, 20), np.arange(30, 33)])
    assert [one.tolist() for one in first] == [list(range(7)), list(range(10, 20)), [30]]
    assert [one.tolist() for one in rest] == [[31, 32]]
    with pytest.raises(ValueError, match="a tenth of 9 tokens"):
        last_tenth([np.arange(9)])


@pytest.mark.parametrize(
    "score",
    [
        lambda t: language_loss(model(), t),
        lambda t: counting_loss(NGrams([[0]], vocabulary_size=9, order=1), t),
    ],
)
def test_texts_without_a_second_token_have_no_loss(score):
    with pytest.raises(ValueError, match="no token of 2 texts has one before it"):
        score([np.array([1]), np.array([2])])


def test_of_held_out_texts_the_first_tokens_are_kept():
    kept = first_tokens([np.arange(4), np.arange(5), np.arange(3)], 7)
    assert [one.tolist() for one in kept] == [[0, 1, 2, 3], [0, 1, 2]]
    assert [len(one) for one in first_tokens([np.arange(4), np.arange(5)], 5)] == [4]
