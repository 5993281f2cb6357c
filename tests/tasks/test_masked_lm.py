import itertools
import math
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

from minillm.autograd import Parameter
from minillm.models import Bert, BertConfig, MaskedLanguageModel
from minillm.nn import Module
from minillm.tasks import NeighbourCounts, TextEncoder, evaluate_masked
from minillm.tasks.collation import collate_sentences
from minillm.tasks.masked_lm import hide, masked_batches
from minillm.text import BERT_SPECIAL, IGNORE, Vocabulary, WordTokenizer

SIZE = 11  # seven special tokens, then 7, 8, 9, 10
TRAIN = [np.array(row) for row in ([2, 7, 8, 7, 3], [2, 7, 8, 9, 3], [2, 9, 1, 7, 3], [2, 3])]
WORDS = Vocabulary(["a", "b", "c", "d"])
MASK, UNKNOWN = WORDS.mask_id, WORDS.unknown_id
ANSWERS = [UNKNOWN, 7, 8, 9, 10]  # what a hidden token can be


def naive_probability(word, left, right, *, a=1.0):
    """The formula of ``NeighbourCounts``, by counting the pairs anew for every question."""
    n = Counter(int(i) for ids in TRAIN for i in ids)
    pairs = Counter((int(x), int(y)) for ids in TRAIN for x, y in itertools.pairwise(ids))
    u = [(n[i] + 1) / (sum(n.values()) + SIZE) for i in range(SIZE)]

    def score(w):
        before = 1 if left == MASK else (pairs[left, w] + a * u[left]) / (n[w] + a)
        after = 1 if right == MASK else (pairs[w, right] + a * u[right]) / (n[w] + a)
        return u[w] * before * after

    return score(word) / sum(map(score, ANSWERS))


@pytest.mark.parametrize("left", [2, UNKNOWN, MASK, 7, 8, 9, 10])
@pytest.mark.parametrize("right", [3, UNKNOWN, MASK, 7, 8, 9, 10])
def test_neighbour_counts_agree_with_a_naive_count_and_sum_to_one(left, right):
    counts = NeighbourCounts(TRAIN, WORDS)
    found = [math.exp(counts.log_probability(w, left, right)) for w in ANSWERS]
    assert found == pytest.approx([naive_probability(w, left, right) for w in ANSWERS])
    everything = [math.exp(counts.log_probability(w, left, right)) for w in range(SIZE)]
    assert sum(everything) == pytest.approx(1.0)


def test_more_smoothing_trusts_the_neighbours_less():
    sharp, flat = (NeighbourCounts(TRAIN, WORDS, smoothing=a) for a in (0.01, 100.0))
    assert sharp.log_probability(8, 7, 7) > flat.log_probability(8, 7, 7)
    assert flat.log_probability(7, 7, 7) == pytest.approx(
        math.log(naive_probability(7, 7, 7, a=100.0))
    )


def test_the_unigram_adds_one_to_every_count_and_knows_no_special_token_but_unknown():
    u = np.exp(NeighbourCounts(TRAIN, WORDS).log_unigram)
    # 7 occurs four times, 8 and 9 twice, the unknown token once, 10 never
    assert u[ANSWERS] == pytest.approx(np.array([2, 5, 3, 3, 1]) / 14)
    assert u.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("left", [2, UNKNOWN, MASK, 7, 10])
def test_neighbour_counts_do_not_depend_on_where_special_tokens_stand(left):
    special = list(BERT_SPECIAL.values())
    moved = Vocabulary(["a", *special[3:], "b", "c", *special[:3], "d"])
    place = np.array([moved.token_to_id[token] for token in WORDS.tokens])
    here, there = NeighbourCounts(TRAIN, WORDS), NeighbourCounts([place[t] for t in TRAIN], moved)
    found = [there.log_probability(place[w], place[left], place[7]) for w in ANSWERS]
    assert found == pytest.approx([here.log_probability(w, left, 7) for w in ANSWERS])


def test_without_an_unknown_token_the_unigram_is_that_of_the_ordinary_ones():
    words = Vocabulary(["a", "b", "[MASK]"], special={"mask": "[MASK]"})
    u = np.exp(NeighbourCounts([np.array([0, 0, 1])], words).log_unigram)
    assert u == pytest.approx([3 / 5, 2 / 5, 0])


def test_scores_of_a_published_layout_are_those_of_the_default_one():
    """The uniform guess and both counting baselines see tokens, not numbers."""
    texts = ("a b c", "d b e", "a c c")
    special = list(BERT_SPECIAL.values())
    moved = Vocabulary([special[0], "a", *special[1:4], *"bcd", *special[4:], "e"])
    here, there = (
        evaluate_masked(WidthAsLoss(), train, train, words, seed=0)
        for words in (vocabulary(), moved)
        for train in [sentences(*texts, words=words)]
    )
    assert here == pytest.approx(there)
    assert there.uniform == pytest.approx(math.log(5))


def vocabulary(n_words=5):
    """Ordinary tokens a, b, c ..."""
    return Vocabulary([chr(ord("a") + i) for i in range(n_words)])


def masked_model(seed=0, n_words=5, dropout=0.5):
    """A small model for such a vocabulary."""
    rng = np.random.default_rng(seed)
    config = BertConfig(7 + n_words, width=8, n_layers=1, n_heads=2, hidden=8, dropout=dropout)
    return MaskedLanguageModel(Bert(config, rng=rng), rng=rng)


def sentences(*texts, words=vocabulary()):  # noqa: B008
    """Framed ids of texts whose words are single letters."""
    return TextEncoder(WordTokenizer(), words, 20)(texts)


@pytest.mark.guide("G27")
def test_the_unigram_score_is_that_of_the_hidden_words_by_hand():
    train = sentences("a a a b", "b c")  # a 3, b 2, c 1, d 0, e 0, unknown 0
    scores = evaluate_masked(
        masked_model(), train, sentences("b b b", "b", "b b b b"), vocabulary(), seed=0
    )
    # every hidden word is b; one is hidden in each sentence, for 15 % of four is less than one
    assert scores.n_hidden == 3
    assert scores.unigram == pytest.approx(-math.log((2 + 1) / (6 + 6)))
    assert scores.uniform == pytest.approx(math.log(5))


def test_the_neighbour_score_sees_the_corrupted_sentence():
    train = sentences("a b c", "d b e", "a c c")
    scores = evaluate_masked(masked_model(), train, sentences("b"), vocabulary(), seed=0)
    words = vocabulary()
    expected = -NeighbourCounts(train, words).log_probability(8, words.cls_id, words.sep_id)
    assert scores.neighbours == pytest.approx(expected)


class WidthAsLoss(Module):
    """Stands in for a model: its mean loss on a batch is the width of the batch."""

    def __init__(self):
        self.seen = []

    def loss(self, corrupted, mask, targets):
        recorded = (Parameter(np.ones(1)) * 2).requires_grad
        self.seen.append(
            SimpleNamespace(training=self.training, targets=targets, recorded=recorded)
        )
        return corrupted.shape[1]


def test_every_hidden_word_counts_the_same_in_whatever_batch_it_is():
    model = WidthAsLoss()
    long, short = " ".join("abcde" * 4), "a b"  # cut to 18 words: 3 hidden; 1 hidden
    held_out = sentences(long, short, short, short)
    scores = evaluate_masked(model, held_out, held_out, vocabulary(), seed=0, batch_size=2)
    assert [int((s.targets != IGNORE).sum()) for s in model.seen] == [2, 4]
    assert scores.model == pytest.approx((2 * 4 + 4 * 20) / 6)


@pytest.mark.parametrize("mode", [True, False])
def test_dropout_and_tape_are_off_while_scoring_and_the_mode_is_restored(mode):
    model = WidthAsLoss()
    model.training = mode
    evaluate_masked(model, sentences("a b"), sentences("a b"), vocabulary(), seed=0)
    assert [(s.training, s.recorded) for s in model.seen] == [(False, False)]
    assert model.training is mode


def test_scores_are_the_same_for_the_same_seed_and_differ_for_another():
    held_out = sentences("a b c d e", "e d c", "b b a")
    first, again, other = (
        evaluate_masked(masked_model(), held_out, held_out, vocabulary(), seed=seed)
        for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other


def test_scoring_leaves_no_gradient_and_draws_no_dropout():
    model = masked_model()
    evaluate_masked(model, sentences("a b"), sentences("a b"), vocabulary(), seed=0)
    assert all(parameter.grad is None for parameter in model.parameters())
    assert model.bert.dropout.calls == 0


def test_held_out_sentences_without_a_known_word_are_refused():
    with pytest.raises(ValueError, match="2 held-out sentences have no known token to hide"):
        evaluate_masked(masked_model(), [], sentences("z", "y x"), vocabulary(), seed=0)
    with pytest.raises(ValueError, match="0 held-out sentences"):
        evaluate_masked(masked_model(), [], [], vocabulary(), seed=0)


def test_the_loss_is_asked_for_at_hidden_positions_alone():
    words = vocabulary()
    batch = collate_sentences(sentences("a b c d e", "e d"))(np.array([1, 0]))
    corrupted, mask, targets = hide(batch.ids, batch.mask, words, np.random.default_rng(0))
    model = masked_model(dropout=0.0)
    value = model.loss(corrupted, mask, targets).item()
    assert math.isfinite(value)
    asked = targets != IGNORE
    assert (targets[asked] == batch.ids[asked]).all()
    positions = np.flatnonzero(asked)
    logits = model(corrupted, mask, positions).data.astype(np.float64)
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    rows = np.arange(len(positions))
    assert value == pytest.approx(-log_p[rows, targets[asked]].mean(), rel=1e-5)


def test_batches_hide_other_tokens_in_every_epoch_and_start_anywhere():
    texts = sentences(*(" ".join("abcde" * 2) for _ in range(4)))
    options = {"batch_size": 2, "seed": 5}
    batches = list(masked_batches(texts, vocabulary(), start=0, stop=6, **options))
    hidden = {batch.targets.tobytes() for batch in batches}
    assert len(hidden) == 6
    later = list(masked_batches(texts, vocabulary(), start=4, stop=6, **options))
    for one, other in zip(batches[4:], later, strict=True):
        assert all((a == b).all() for a, b in zip(one, other, strict=True))


def test_the_ends_of_a_sentence_without_special_tokens_say_nothing_about_its_words():
    """Neither does the padding behind it, nor the sentence beside it in the batch."""
    rng = np.random.default_rng(0)
    config = BertConfig(vocabulary_size=SIZE, width=4, n_layers=1, n_heads=1, hidden=4, dropout=0.0)
    model = MaskedLanguageModel(Bert(config, rng=rng), rng=rng)
    counts = NeighbourCounts(TRAIN, WORDS)
    for held_out, word in (([[8]], 8), ([[9], [WORDS.sep_id] * 3], 9)):
        scores = evaluate_masked(model, TRAIN, [np.array(row) for row in held_out], WORDS, seed=0)
        assert scores.n_hidden == 1
        assert scores.neighbours == pytest.approx(-counts.log_probability(word, MASK, MASK))


@pytest.mark.parametrize("smoothing", [0.0, -1.0, math.nan, math.inf])
def test_counts_without_smoothing_have_no_logarithm_and_are_refused(smoothing):
    with pytest.raises(ValueError, match="smoothing must be above 0 and finite"):
        NeighbourCounts(TRAIN, WORDS, smoothing=smoothing)


@pytest.mark.parametrize(
    ("ids", "error"), [([-1, 7], IndexError), ([SIZE], IndexError), ([2.0, 7.0], TypeError)]
)
def test_ids_that_are_not_of_the_vocabulary_are_not_counted(ids, error):
    with pytest.raises(error, match="token id"):
        NeighbourCounts([*TRAIN, np.array(ids)], WORDS)
