"""Splits: reproducible, disjoint, balanced, and hard in the way that they claim."""

import hashlib
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.models.bag_of_words import BagOfWords, tune_bag_of_words
from minillm.text import corpora
from minillm.text.cleaning import text_key
from minillm.text.corpora import load_corpus, unlabelled
from minillm.text.tokenizers import WordTokenizer

NAMES = ("sentiment", "topics", "spam")
CORPORA = [(name, language) for name in NAMES for language in ("en", "zh")]
EVERY_CORPUS = pytest.mark.parametrize(("name", "language"), CORPORA)
SPLITS = ("train", "dev", "test")


def fingerprint(seed=0):
    """A digest of all corpora and of unlabelled text, tags in sorted order."""
    digest = hashlib.sha256()
    for name, language in CORPORA:
        corpus = load_corpus(name, language, seed=seed, sizes=(60, 20, 20))
        tags = [sorted(tags) for split in SPLITS for tags in corpus.tags[split]]
        texts = unlabelled(name, language, seed=seed, size=30)
        digest.update(repr((corpus[:3], tags, texts)).encode("utf-8"))
    return digest.hexdigest()


def test_another_process_with_another_hash_seed_draws_the_same_corpora():
    root, here = Path(corpora.__file__).parents[3], Path(__file__).parent
    script = "from test_corpus import fingerprint; print(fingerprint())"
    for hash_seed in ("1", "2"):
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join([str(root), str(here)]),
            "PYTHONHASHSEED": hash_seed,
        }
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True
        )
        assert done.stdout.strip() == fingerprint(), done.stderr


def test_another_seed_draws_another_corpus():
    assert fingerprint(seed=0) != fingerprint(seed=1)
    texts = [{e.text for e in load_corpus("sentiment", "en", seed=s).train} for s in (0, 1)]
    assert len(texts[0] & texts[1]) < 2000


@pytest.mark.guide("G1")
@EVERY_CORPUS
def test_no_sentence_is_in_two_splits_or_twice_in_one(name, language):
    corpus = load_corpus(name, language)
    splits = [[text_key(e.text) for e in split] for split in corpus[:3]]
    assert [len(split) for split in splits] == [4000, 500, 1000]
    assert len(set().union(*splits)) == 5500


@EVERY_CORPUS
def test_unlabelled_text_has_nothing_of_dev_and_test_whatever_their_sizes(name, language):
    texts = unlabelled(name, language)
    assert len(set(texts)) == len(texts) == 10000
    corpus = load_corpus(name, language, sizes=(0, 900, 1500))
    assert not set(texts) & {e.text for e in corpus.dev + corpus.test}


@EVERY_CORPUS
def test_most_unlabelled_text_is_not_in_train_either(name, language):
    train = {e.text for e in load_corpus(name, language).train}
    assert len(train & set(unlabelled(name, language, size=5000))) == 0


def test_the_size_of_a_split_has_no_influence_on_the_others():
    small = load_corpus("sentiment", "zh", sizes=(10, 300, 200))
    large = load_corpus("sentiment", "zh", sizes=(2000, 300, 1000))
    assert small.dev == large.dev
    assert {e.text for e in small.train} <= {e.text for e in large.train}
    assert {e.text for e in small.test} <= {e.text for e in large.test}


@pytest.mark.parametrize(("name", "language"), [(n, x) for n, x in CORPORA if n != "spam"])
def test_labels_are_balanced_in_every_split(name, language):
    corpus = load_corpus(name, language)
    n_labels = 2 if name == "sentiment" else 4
    for split in corpus[:3]:
        counts = Counter(example.label for example in split)
        assert len(counts) == n_labels
        assert all(abs(n / len(split) - 1 / n_labels) <= 0.02 for n in counts.values())


@pytest.mark.guide("G36")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_of_messages_thirteen_in_a_hundred_are_spam(language):
    for split in load_corpus("spam", language, sizes=(1000, 200, 500))[:3]:
        assert sum(example.label == "spam" for example in split) == round(0.13 * len(split))


def test_labels_may_have_other_shares_and_the_rest_stays_as_it_is():
    shares = {"culture": 0.5, "economy": 0.3, "science": 0.2, "sport": 0.0}
    corpus = load_corpus("topics", "en", sizes=(100, 50, 20), shares=shares)
    counts = [Counter(example.label for example in split) for split in corpus[:3]]
    assert counts == [
        {"culture": 50, "economy": 30, "science": 20},
        {"culture": 25, "economy": 15, "science": 10},
        {"culture": 10, "economy": 6, "science": 4},
    ]
    equal = dict.fromkeys(shares, 0.25)
    assert load_corpus("topics", "en", sizes=(40, 8, 8)) == load_corpus(
        "topics", "en", sizes=(40, 8, 8), shares=equal
    )


@pytest.mark.parametrize(
    "shares", [{"ham": 1.0}, {"ham": 0.5, "spam": 0.4}, {"ham": 1.5, "spam": -0.5}]
)
def test_shares_that_are_none_are_refused(shares):
    with pytest.raises(ValueError, match=r"shares must be one for each of ham, spam, not neg.*got"):
        load_corpus("spam", "en", shares=shares)


@given(st.tuples(*3 * [st.integers(0, 40)]))
def test_every_split_has_the_size_asked_for_and_a_tag_for_each_example(sizes):
    corpus = load_corpus("sentiment", "en", sizes=sizes)
    assert tuple(map(len, corpus[:3])) == sizes
    assert tuple(len(corpus.tags[split]) for split in SPLITS) == sizes
    for split in corpus[:3]:
        n_positive = sum(example.label == "positive" for example in split)
        assert len(split) // 2 <= len(split) - n_positive <= (len(split) + 1) // 2


@pytest.mark.guide("G37")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_half_of_every_sentiment_split_needs_word_order(language):
    for tags in load_corpus("sentiment", language).tags.values():
        assert 0.45 <= sum("order" in t for t in tags) / len(tags) <= 0.55
        assert sum("negation" in t for t in tags) >= 0.3 * len(tags)
        assert sum("plain" in t for t in tags) >= 0.38 * len(tags)


def test_the_order_of_the_examples_tells_nothing_about_label_and_tags():
    corpus = load_corpus("sentiment", "en")
    first = corpus.train[:1000]
    assert 430 <= sum(e.label == "positive" for e in first) <= 570
    assert 430 <= sum("order" in tags for tags in corpus.tags["train"][:1000]) <= 570


def test_tags_stay_with_their_examples():
    corpus = load_corpus("sentiment", "en")
    for example, tags in zip(corpus.train, corpus.tags["train"], strict=True):
        denies = (
            any(
                cue in f" {example.text.lower()}"
                for cue in (
                    " not ",
                    " rather than ",
                    " anything but ",
                    " far from ",
                    " in no way ",
                    " by no means ",
                    " instead of ",
                )
            )
            or re.search(r" more \w+ than \w+\.", example.text) is not None
        )
        assert denies == ("negation" in tags), example.text


def tuned_bag_of_words(name, language, penalties):
    """Which test sentences the tuned unigram baseline gets right, and the corpus."""
    corpus = load_corpus(name, language)
    tokenize = WordTokenizer().tokenize
    train, dev, test = (
        ([tokenize(e.text) for e in split], [e.label for e in split]) for split in corpus[:3]
    )
    model, _ = tune_bag_of_words(train, dev, penalties=penalties)
    right = [a == b for a, b in zip(model.predict(test[0]), test[1], strict=True)]
    return right, corpus.tags["test"]


def share_right(right, tags, tag):
    chosen = [r for r, t in zip(right, tags, strict=True) if tag in t]
    return sum(chosen) / len(chosen)


@pytest.mark.guide("G37")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_bag_of_words_solves_plain_reviews_and_guesses_where_order_matters(language):
    right, tags = tuned_bag_of_words("sentiment", language, (0.3, 0.1, 0.01))
    assert share_right(right, tags, "plain") > 0.9
    assert share_right(right, tags, "order") < 0.65


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_bag_of_words_is_good_at_topics_but_not_perfect(language):
    right, tags = tuned_bag_of_words("topics", language, (0.01, 0.001))
    assert 0.8 < sum(right) / len(right) < 0.97
    assert share_right(right, tags, "plain") > 0.97


@pytest.mark.guide("G36")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_bag_of_words_finds_most_spam_but_not_that_which_only_its_number_tells(language):
    corpus = load_corpus("spam", language, sizes=(1000, 300, 1000))
    tokenize = WordTokenizer().tokenize
    train, test = (
        ([tokenize(e.text) for e in split], [e.label for e in split])
        for split in (corpus.train, corpus.test)
    )
    said = BagOfWords(l2=0.001).fit(*train).predict(test[0])
    spam = [
        (a == "spam", tags)
        for a, b, tags in zip(said, test[1], corpus.tags["test"], strict=True)
        if b == "spam"
    ]
    found = {tag: [a for a, tags in spam if tag in tags] for tag in ("plain", "mixed", "short")}
    assert sum(found["plain"]) > 0.95 * len(found["plain"])
    assert sum(found["mixed"]) > 0.8 * len(found["mixed"])
    assert sum(found["short"]) < 0.5 * len(found["short"])


@pytest.mark.fault(72)
@pytest.mark.parametrize(("name", "language"), [("sentiments", "en"), ("topics", "fr")])
def test_an_unknown_corpus_is_refused_with_the_choices(name, language):
    for ask in (load_corpus, unlabelled):
        with pytest.raises(ValueError, match=rf"no corpus '{name}' in '{language}'; .*'topics' in"):
            ask(name, language)


def test_sizes_beyond_the_grammar_are_refused():
    with pytest.raises(
        ValueError, match=r"1000000 sentences are too many for train: 150000 .* has"
    ):
        load_corpus("sentiment", "en", sizes=(1_000_000, 10, 10))
    with pytest.raises(ValueError, match="too many for unlabelled"):
        unlabelled("topics", "zh", size=1_000_000)


def test_a_negative_size_and_a_missing_size_are_refused():
    with pytest.raises(ValueError, match="the size of dev must not be negative, got -1"):
        load_corpus("topics", "en", sizes=(10, -1, 10))
    with pytest.raises(ValueError, match=r"sizes must be those of train, dev, test, got \(10, 5\)"):
        load_corpus("topics", "en", sizes=(10, 5))
