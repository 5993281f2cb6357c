"""The study of augmentation: what it gives to a model, and what it keeps from it."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.data import augmentation, augmentation_again
from minillm.labs.data.augmentation import (
    STUDY,
    Changes,
    corpus_changes,
    learning_curve,
    measure,
    measure_curves,
    outside,
    share_kept,
    share_met,
)
from minillm.labs.worlds.kinds import groups_of
from minillm.text import Example
from minillm.text.corpora import load_corpus
from tests.labs.planted_models import certain, counts, reads, remembers, spy

CORPUS = load_corpus("sentiment", "en", sizes=(200, 0, 200), single_clauses=False)
GROUPS = groups_of(CORPUS.tags["test"])
CURVES = STUDY.settings.curves


def rng():
    return np.random.default_rng(0)


def curve(change, fit, sizes=(20, 200), train=CORPUS.train, groups=GROUPS):
    return learning_curve(
        train, CORPUS.test, groups, change, fit=fit, sizes=sizes, copies=4, rng=rng()
    )


def test_a_model_that_can_read_gets_everything_right():
    assert (curve(None, reads) == 1).all()


def test_copies_are_added_to_the_first_examples():
    """100 examples change the planted model's answer; 20 and 4 copies of each are 100."""
    positive = {"positive": np.array([label == "positive" for _, label in CORPUS.test])}
    assert curve(None, counts, groups=positive).tolist() == [[0], [1]]
    assert curve(lambda text, _: text, counts, groups=positive).tolist() == [[1], [1]]


def test_a_copy_that_is_a_test_sentence_is_not_taken():
    """Else a model without any skill could look up the answer."""
    known = dict(zip(range(len(CORPUS.test)), CORPUS.test, strict=True))

    def cheat(text, rng):
        return known[int(rng.integers(len(known)))].text.upper()

    assert (curve(cheat, remembers) == curve(None, remembers)).all()
    careful = outside([Example("A b", "x")], lambda text, _: {"c": " a  B"}.get(text, "new"))
    assert careful("c", rng()) == "c" and careful("d", rng()) == "new"


def test_the_seed_decides_what_the_copies_are():
    sets = []
    for seed in (0, 0, 1):
        settings = replace(CURVES, augmentations=("word dropout",), sizes=(20,))
        measure_curves(settings, CORPUS, "en", fit=spy(sets), seed=seed)
    assert sets[0] == sets[1] != sets[2] and len(sets[2]) == 20 * 5
    assert sets[0][:20] == sets[2][:20] == CORPUS.train[:20]


def test_labels_are_watched_in_training_sentences_and_meetings_with_test_sentences(monkeypatch):
    asked = []

    def kept(examples, groups, change, *, language, rng):
        asked.append((examples, {name: int(mask.sum()) for name, mask in groups.items()}))
        return np.zeros(len(groups))

    def met(copied, test):
        asked.append((copied[: len(CORPUS.train)], test))
        return 0.0

    monkeypatch.setattr(augmentation, "share_kept", kept)
    monkeypatch.setattr(augmentation, "share_met", met)
    augmentation.of_sentences(CURVES, CORPUS, "en", seed=0)
    counts = {name: int(m.sum()) for name, m in groups_of(CORPUS.tags["train"]).items()}
    assert asked == [(CORPUS.train, counts)] * 4 + [(CORPUS.train, CORPUS.test)]


def test_the_share_of_test_sentences_that_are_met_by_hand():
    copied = [Example("a!", "x"), Example("b!", "x"), Example("b", "x")]
    test = [Example("A!", "x"), Example("b", "x"), Example("c", "x"), Example("d", "x")]
    assert share_met(copied, test) == 0.5


def test_too_large_a_size_and_a_shared_sentence_are_refused():
    with pytest.raises(ValueError, match="sizes up to 300 need as many examples, got 200"):
        curve(None, reads, sizes=(300,))
    with pytest.raises(ValueError, match="train and test share 200"):
        curve(None, reads, sizes=(200,), train=CORPUS.test)


@pytest.mark.guide("G6")
def test_what_knows_the_language_keeps_every_label_and_what_does_not_breaks_the_order():
    corpus = load_corpus("sentiment", "en", sizes=(2000, 0, 0), single_clauses=False)
    groups = groups_of(corpus.tags["train"])
    kept = {
        name: share_kept(corpus.train, groups, change, language="en", rng=rng())
        for name, change in corpus_changes("en", Changes()).items()
    }
    assert (kept["synonyms"] == 1).all() and (kept["rewriting"] == 1).all()
    for name in ("word dropout", "swap"):
        _, plain, _, order = kept[name]
        assert plain > 0.98 and 0.5 < order < 0.9


@pytest.mark.guide("G6")
def test_a_measured_seed_has_all_curves_and_is_the_same_again():
    def longest(examples):
        """Knows only whether a text is longer than the median of its training."""
        middle = np.median([len(text) for text, _ in examples])
        return lambda texts: certain(["positive" if len(t) > middle else "negative" for t in texts])

    fits = {"bag_of_words": longest, "bert": longest}
    settings = replace(STUDY.settings, curves=replace(CURVES, sizes=(40, 80), test=80))
    once, again = (measure(settings, 3, fits=fits) for _ in range(2))
    assert once["bert_en"].shape == (5, 2, 4)
    assert once["kept_zh"].shape == (4, 4)
    assert sorted(once) == sorted(again)
    assert "bert_zh" not in once
    assert all(np.array_equal(once[key], again[key]) for key in once)


def test_the_confirmation_measures_the_same_as_the_study_and_on_other_seeds():
    fits = {"bag_of_words": counts, "bert": counts}
    small = {"sizes": (40,), "test": 80}
    study = measure(replace(STUDY.settings, curves=replace(CURVES, **small)), 6, fits=fits)
    settings = augmentation_again.STUDY.settings
    settings = replace(settings, curves=replace(settings.curves, **small))
    again = augmentation_again.measure(settings, 6, fit=counts)
    places = [CURVES.augmentations.index(name) for name in settings.curves.augmentations]
    assert np.array_equal(again["bert"], study["bert_en"][places, 0])
    assert not set(augmentation_again.STUDY.seeds) & set(STUDY.seeds)


def test_an_unknown_augmentation_is_refused():
    settings = replace(CURVES, augmentations=("none", "translation"), sizes=(20,))
    with pytest.raises(ValueError, match=r"among none, word dropout, .* got 'translation'"):
        measure_curves(settings, CORPUS, "en", fit=reads, seed=0)
