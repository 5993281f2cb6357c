"""Passes over a text: planted topics come back, runs repeat, and go on where they were left."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.guide_code.without_negatives import alike
from minillm.labs.worlds.topics import Topics
from minillm.models.word_vectors import Sentences, Tables, Word2VecSettings, train_word2vec
from minillm.models.word_vectors.chunks import chunks, n_chunks

pytestmark = pytest.mark.guide("G9")
TOPICS, WORDS = 3, 10
TOPIC = np.arange(TOPICS * WORDS) // WORDS
SMALL = Word2VecSettings(width=12, window=3, subsample=None, epochs=3, rate=0.1, chunk=1000)
CBOW = replace(SMALL, model="cbow", rate=0.3)


def planted(purity=0.7, sentences=500, seed=0):
    """Sentences of eight words about one topic; some words come from another one."""
    rng = np.random.default_rng(seed)
    topics = rng.integers(TOPICS, size=(sentences, 1))
    others = (topics + rng.integers(1, TOPICS, size=(sentences, 8))) % TOPICS
    topics = np.where(rng.random((sentences, 8)) < purity, topics, others)
    ids = topics * WORDS + rng.integers(WORDS, size=(sentences, 8))
    return Sentences.of_ids(list(ids), TOPICS * WORDS)


TEXT = planted()


def last(settings, text=TEXT, **options):
    *_, trained = train_word2vec(text, settings, **options)
    return trained


def of_own_topic(table):
    """The share of words whose nearest word, by the cosine, is of their topic."""
    x = table / np.linalg.norm(table, axis=1, keepdims=True)
    cosines = x @ x.T
    np.fill_diagonal(cosines, -2)
    return (TOPIC[cosines.argmax(axis=1)] == TOPIC).mean()


@pytest.mark.errata("A44")
@pytest.mark.parametrize("settings", [SMALL, CBOW], ids=["skip-gram", "cbow"])
def test_the_nearest_word_is_of_the_same_topic_and_at_the_start_it_is_not(settings):
    start = Tables.start(len(TOPIC), 12, np.random.default_rng(0))
    assert of_own_topic(start.input) < 0.6
    assert of_own_topic(last(settings).tables.input) > 0.95


@pytest.mark.parametrize("settings", [SMALL, CBOW], ids=["skip-gram", "cbow"])
def test_of_a_text_without_topics_nothing_is_learned(settings):
    assert of_own_topic(last(settings, planted(1 / TOPICS)).tables.input) < 0.7


@pytest.mark.parametrize(("settings", "batch"), [(SMALL, 256), (CBOW, 64)])
def test_batches_are_as_good_as_single_pairs(settings, batch):
    """Here a word fills more of a batch than it ever does in a text of thousands of words."""
    text, settings = planted(sentences=250), replace(settings, window=2)
    losses = []
    for size in (1, batch):
        trained = last(replace(settings, batch=size), text)
        losses.append(trained.loss)
        assert of_own_topic(trained.tables.input) > 0.95
    assert losses[1] == pytest.approx(losses[0], abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize(("model", "rate"), [("skip-gram", 0.025), ("cbow", 0.05)])
def test_batches_of_every_size_find_frequent_and_rare_words_of_a_topic_alike(model, rate):
    """With the rates of the original program; the first word of a topic is a quarter of it."""
    world = Topics(topics=4, words=25, purity=0.6, skew=1.0)
    ids, _ = world.draw(2000, 12, np.random.default_rng(0))
    same = world.topic_of_word[:, None] == world.topic_of_word
    text = Sentences.of_ids(ids, len(same))
    settings = Word2VecSettings(model=model, rate=rate, width=20, subsample=None, epochs=5)
    found = {}
    for batch in (1, 64, 256):
        trained = last(replace(settings, batch=batch, chunk=6000), text)
        found[batch] = np.array([*alike(trained.tables.input, same), trained.loss])
    for batch, (right, gap, loss) in found.items():
        assert right > 0.98, batch
        assert gap > 0.9 * found[1][1], batch
        assert loss < found[1][2] + 0.01, batch


@pytest.mark.parametrize("settings", [SMALL, CBOW], ids=["skip-gram", "cbow"])
def test_it_goes_on_from_any_chunk_as_if_it_had_never_stopped(settings):
    whole = last(settings)
    assert whole.chunks == n_chunks(TEXT, settings) == 12
    for stop in (1, 7):
        for trained in train_word2vec(TEXT, settings):
            if trained.chunks == stop:
                break
        kept = Tables(*(table.copy() for table in trained.tables))
        rest = last(settings, tables=kept, start=stop)
        for one, other in zip(rest.tables, whole.tables, strict=True):
            assert np.array_equal(one, other)
        assert rest.loss == whole.loss


def test_the_seed_decides_and_every_setting_matters():
    base = replace(SMALL, epochs=1, subsample=0.02)
    first = last(base).tables.input
    assert np.array_equal(first, last(base).tables.input)
    changed = {"seed": 1, "window": 2, "negatives": 2, "noise_power": 0.5, "subsample": None}
    changed |= {
        "rate": 0.2,
        "least_rate": 0.9,
        "epochs": 2,
        "batch": 32,
        "summed_rate": 0.3,
        "chunk": 900,
    }
    for name, value in {**changed, "model": "cbow"}.items():
        other = last(replace(base, **{name: value})).tables.input
        assert not np.array_equal(first, other), name
    assert last(replace(base, width=5)).tables.input.shape == (len(TOPIC), 5)
    text = planted(seed=5)
    assert not np.array_equal(first, last(base, text).tables.input)


def test_the_rate_falls_on_a_line_to_its_least():
    settings = replace(SMALL, epochs=2, rate=2.0, least_rate=0.25)
    found = list(chunks(TEXT, settings))
    assert [one.number for one in found] == list(range(8))
    assert [one.rate(settings, 0.0) for one in found] == pytest.approx(
        [2.0, 1.75, 1.5, 1.25, 1.0, 0.75, 0.5, 0.5]
    )
    assert found[0].rate(settings, 0.5) == pytest.approx(1.875)


def test_each_pass_has_every_sentence_once_and_in_another_order():
    text = Sentences.of_ids([[i, i + 1, i + 2] for i in range(40)], 42)
    settings = replace(SMALL, epochs=2, chunk=50)
    found = list(chunks(text, settings))
    passes = [np.concatenate([one.text.ids for one in half]) for half in (found[:3], found[3:])]
    for ids in passes:
        rows = ids.reshape(40, 3)
        assert (np.diff(rows, axis=1) == 1).all()  # sentences stay whole
        assert sorted(rows[:, 0]) == list(range(40))
    assert not np.array_equal(*passes)
    for start in (1, 3, 5):
        later = list(chunks(text, settings, start))
        assert [one.number for one in later] == list(range(start, 6))
        assert np.array_equal(later[0].text.ids, found[start].text.ids)


def test_a_rate_that_is_too_large_is_told_and_not_returned():
    wild = replace(SMALL, rate=1e30, summed_rate=1e40)
    with pytest.raises(ValueError, match=r"loss of chunk \d is (nan|inf); lower rate"):
        last(wild)


def test_a_text_of_which_all_pairs_are_thinned_out_has_a_loss_of_0():
    trained = last(replace(SMALL, subsample=1e-12, epochs=1))
    assert (trained.loss, trained.items) == (0.0, 0)


def test_what_cannot_be_trained_is_refused_before_the_first_step():
    with pytest.raises(ValueError, match="at least two words that occur, got 1 of 3"):
        train_word2vec(Sentences.of_ids([[1, 1, 1]], 3), SMALL)
    with pytest.raises(ValueError, match="start must be from 0 to 12, got 13"):
        train_word2vec(TEXT, SMALL, start=13)
    with pytest.raises(ValueError, match="to start at chunk 3, give the tables"):
        train_word2vec(TEXT, SMALL, start=3)
    tables = Tables.start(7, 12, np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"tables must be \(30, 12\), got \[\(7, 12\), \(7, 12\)"):
        train_word2vec(TEXT, SMALL, tables=tables)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("window", 0, "window must be at least 1, got 0"),
        ("negatives", 0, "negatives must be at least 1, got 0"),
        ("width", -1, "width must be at least 1"),
        ("epochs", 0, "epochs must be at least 1"),
        ("batch", 0, "batch must be at least 1"),
        ("chunk", 0, "chunk must be at least 1"),
        ("seed", -1, "seed must be at least 0"),
        ("model", "glove", "model must be skip-gram or cbow, got 'glove'"),
        ("rate", float("nan"), "rate must be a number above 0.0 .* got nan"),
        ("rate", 0.0, "rate must be"),
        ("rate", "0.1", "rate must be a number .* got '0.1'"),
        ("summed_rate", 0.0, "summed_rate must be"),
        ("subsample", 0.0, "subsample must be"),
        ("noise_power", float("inf"), "noise_power must be"),
        ("least_rate", 1.5, "least_rate must be from 0 to 1, got 1.5"),
        ("least_rate", float("nan"), "least_rate must be from 0 to 1, got nan"),
    ],
)
def test_settings_that_cannot_be_are_refused(name, value, message):
    with pytest.raises(ValueError, match=message):
        Word2VecSettings(**{name: value})


@pytest.mark.parametrize("value", [2.5, True, "3", None])
def test_a_size_that_is_no_integer_is_refused(value):
    with pytest.raises(TypeError, match="window must be an integer"):
        Word2VecSettings(window=value)
