"""Misspelled spam: who is attacked, by what, and what a filter makes of it."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.mismatch import spam_attack
from minillm.labs.mismatch.spam_attack import SCORES, STUDY, Attack, attacks_on, scores_of
from minillm.labs.mismatch.spam_filters import (
    Filter,
    Filters,
    bag,
    bert,
    learn_filters,
    n_parameters,
)
from minillm.tasks import Classifier, Decision, MajorityClassifier, Recipe, evaluate
from minillm.text import CharacterTokenizer, Example, Labels, WordTokenizer, misspelled
from minillm.text.corpora import load_corpus

LABELS = Labels(("ham", "spam"))
SMALL = Recipe(
    width=16, n_layers=1, n_heads=2, max_length=40, batch_size=16, min_count=2,
    pretrain_epochs=0, finetune_epochs=4, finetune_lr=5e-3,
)  # fmt: skip


class Cue(Classifier):
    """Spam is what has the word "free" in its spelling; with a shorter word the surer."""

    labels = LABELS

    def predict_probabilities(self, texts):
        p = np.array([0.9 if "free" in text.lower().split() else 0.2 for text in texts])
        return np.stack([1 - p, p], axis=1)


class Unknown(Classifier):
    """Spam is what has a word that no message of training has."""

    labels = LABELS

    def __init__(self, train):
        self.known = {w for text, _ in train for w in WordTokenizer().tokenize(text)}

    def predict_probabilities(self, texts):
        strange = [set(WordTokenizer().tokenize(text)) - self.known for text in texts]
        p = np.array([0.9 if words else 0.1 for words in strange])
        return np.stack([1 - p, p], axis=1)


def table(found):
    return {
        a: dict(zip(SCORES, row, strict=True)) for a, row in zip(Attack().rows, found, strict=True)
    }


def measured(monkeypatch, learned, parts, **attack):
    """What the study finds of planted filters, and what they were given to learn from."""
    noted = []

    def planted(settings, train, dev, positive, *, copies, seed):
        noted.append({"train": train, "dev": dev, "copies": copies, "seed": seed})
        return {"planted": Filter(learned(train), Decision(positive, 0.5))}

    monkeypatch.setattr(spam_attack, "learn_filters", planted)
    monkeypatch.setattr(spam_attack, "n_parameters", lambda classifier: 7)
    found = spam_attack.measure_messages(parts, "spam", Attack(**attack), Filters(), 3)
    return found, noted


def messages(words, label, n=20):
    return [Example(f"{words} {i:03}", label) for i in range(n)]


PARTS = tuple(
    [*messages(f"{part} friend writes today", "ham"), *messages(f"{part} free prize", "spam", 6)]
    for part in ("train", "dev", "test")
)


def test_who_attacks_at_random_hits_seldom_and_who_asks_the_filter_hits_always(monkeypatch):
    found, _ = measured(monkeypatch, lambda train: Cue(), PARTS, words=1)
    scores = table(found["planted, as they are"])
    clean = dict(zip(SCORES, (1, 1, 1, 1, 0, 0), strict=True))
    assert scores["none"] == clean
    for kinds in ("seen", "unseen"):
        assert 0 < scores[f"blind, {kinds}"]["recall"] < 1
        assert scores[f"aimed, {kinds}"]["recall"] == 0
        assert scores[f"aimed, {kinds}"]["let through"] == 1
        assert scores[f"all, {kinds}"] == scores[f"blind, {kinds}"]  # of its ham none has a cue
    assert found["planted, with copies, parameters"] == 7


def test_a_filter_that_stops_what_it_does_not_know_stops_misspelled_friends_too(monkeypatch):
    same = [[Example(text[:-4], label) for text, label in part[:1] + part[-1:]] for part in PARTS]
    parts = [same[2]] * 3  # without numbers: every word of the test is known
    found, _ = measured(monkeypatch, Unknown, parts, words=2)
    scores = table(found["planted, as they are"])
    assert scores["none"]["recall"] == 0
    assert scores["blind, unseen"]["recall"] == 1 and scores["blind, unseen"]["false alarms"] == 0
    assert scores["all, unseen"]["recall"] == 1 and scores["all, unseen"]["false alarms"] == 1


def test_copies_of_every_message_are_learned_from_in_the_seen_kinds_only(monkeypatch):
    attack = {"seen": ("blanks",), "unseen": ("dot",), "words": 1, "copies": 2}
    asked, original = [], spam_attack.misspelled_against

    def noting(ask, texts, rng, *, kinds, words):
        asked.append((list(texts), kinds, words))
        return original(ask, texts, rng, kinds=kinds, words=words)

    monkeypatch.setattr(spam_attack, "misspelled_against", noting)
    _, noted = measured(monkeypatch, lambda train: Cue(), PARTS, **attack)
    plain, copied = noted
    assert (plain["train"], plain["dev"], plain["copies"]) == (*PARTS[:2], 0)
    for part, given in zip(PARTS[:2], (copied["train"], copied["dev"]), strict=True):
        assert given[: len(part)] == part and len(given) == 3 * len(part)
        for (text, label), (new, same) in zip(2 * part, given[len(part) :], strict=True):
            assert label == same and new != text and "." not in new
            assert new.replace(" ", "") == text.replace(" ", "")
    spam = [text for text, label in PARTS[2] if label == "spam"]
    assert asked == 2 * [(spam, ("blanks",), 1), (spam, ("dot",), 1)]
    assert {note["seed"] for note in noted} == {3} and copied["copies"] == 2


def test_an_attack_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match=r"rows must be among none; blind, seen; .*, got 'loud'"):
        attacks_on(Attack(rows=("none", "loud")), ["a"], ["b"], 0)


def test_what_is_let_through_is_counted_among_what_was_found():
    filter_ = Filter(Cue(), Decision("spam", 0.5))
    before = ["free a", "free b", "fee c", "free d"]
    after = ["fr ee a", "free b", "free c", "f.ree d"]
    scores = dict(zip(SCORES, scores_of(filter_, before, ["free x", "y"], after), strict=True))
    assert scores["let through"] == pytest.approx(2 / 3)  # of three that were found
    assert (scores["precision"], scores["recall"]) == pytest.approx((2 / 3, 1 / 2))
    assert scores["false alarms"] == 1 / 2
    nothing = scores_of(filter_, ["a"], ["y"], ["b"])
    assert nothing[SCORES.index("let through")] == 0


@pytest.fixture(scope="module")
def corpus():
    return load_corpus("spam", "en", seed=7, sizes=(500, 300, 600))


@pytest.mark.guide("G36")
def test_a_majority_that_finds_no_spam_is_right_on_87_in_100_messages(corpus):
    scores = evaluate(MajorityClassifier(LABELS, "ham"), corpus.test)
    assert scores.accuracy == 0.87 and scores.of("spam") == (0, 0, 0)
    assert scores.average_precision("spam") == pytest.approx(0.13)


@pytest.fixture(scope="module")
def filters(corpus):
    """Small filters, trained on messages as they are and on these with copies."""
    settings = Filters(penalties=(0.003,), letters=3, tokenizers=())
    return spam_attack.measure_messages(
        (corpus.train, corpus.dev, corpus.test), "spam", Attack(), settings, 7
    )


@pytest.mark.guide("G36")
@pytest.mark.parametrize("model", ["bag of words", "bag of letters"])
def test_misspelling_what_a_filter_goes_by_hides_spam_from_it(filters, model):
    scores = table(filters[f"{model}, as they are"])
    assert scores["none"]["precision"] > 0.8 and 0.7 < scores["none"]["recall"] < 1
    for kinds in ("seen", "unseen"):
        aimed, blind = scores[f"aimed, {kinds}"], scores[f"blind, {kinds}"]
        assert aimed["recall"] < scores["none"]["recall"] - 0.1
        assert aimed["average precision"] < blind["average precision"] - 0.03
        assert aimed["let through"] > 0.1 > blind["let through"]


PLACES = ("station", "library", "harbour", "market", "museum", "castle", "bridge", "garden")
CUES = ("prize", "jackpot")


def about(places, n):
    """``n`` messages on each place: every fourth is spam, which one word of two gives away."""
    return [
        Example(f"We saw {place} {CUES[i % 8 // 4]}", "spam")
        if i % 4 == 0
        else Example(f"We saw {place} {place[:3]}{i}", "ham")  # a name that is in no other
        for place in places
        for i in range(n)
    ]


@pytest.mark.guide("G36")
def test_trained_on_misspelled_copies_a_bag_and_a_bert_find_misspelled_spam_again():
    """One kind that changes one word in few ways: each may be learned from the copies."""
    parts = about(PLACES[:4], 40), about(PLACES[4:6], 40), about(PLACES[6:], 40)
    kinds = Attack(seen=("drop",), unseen=("twin",), words=1, copies=8)
    recipe = replace(SMALL, finetune_epochs=18, batch_size=32)
    settings = Filters(penalties=(0.001,), letters=1, tokenizers=("word",), recipe=recipe)
    found = spam_attack.measure_messages(parts, "spam", kinds, settings, 0)
    for model in ("bag of words", "BERT, word"):
        before, after = (table(found[f"{model}, {way}"]) for way in ("as they are", "with copies"))
        assert before["none"]["recall"] == after["none"]["recall"] == 1
        assert before["aimed, seen"]["recall"] < 0.2 < 0.9 < after["aimed, seen"]["recall"]
        assert before["aimed, seen"]["average precision"] < 0.3
        assert after["aimed, seen"]["average precision"] > 0.9
        for attack in ("aimed, unseen", "blind, unseen"):  # of those the copies tell nothing
            assert after[attack]["recall"] == before[attack]["recall"]


def test_the_threshold_is_the_best_of_dev_and_every_filter_learns_what_it_is_given(corpus):
    train, dev = corpus.train[:100], corpus.dev[:100]
    settings = Filters(penalties=(0.1, 0.01), letters=2, tokenizers=("word",), recipe=SMALL)
    found = learn_filters(settings, train, dev, "spam", copies=1, seed=5)
    assert set(found) == {"bag of words", "bag of letters", "BERT, word"}
    expected = {
        "bag of words": bag(train, dev, WordTokenizer(), 1, (0.1, 0.01)),
        "bag of letters": bag(train, dev, CharacterTokenizer(), 2, (0.1, 0.01)),
        "BERT, word": bert(train, replace(SMALL, seed=5, finetune_epochs=2.0)),
    }
    texts = [text for text, _ in corpus.test]
    for name, (classifier, decision) in found.items():
        p = expected[name].predict_probabilities(texts)
        np.testing.assert_array_equal(classifier.predict_probabilities(texts), p)
        assert decision == evaluate(expected[name], dev).best_decision("spam")
        assert (found[name].says(texts) == (p[:, 1] >= decision.threshold)).all()
    assert n_parameters(found["bag of words"].classifier) == 2 * (
        1 + len({w for text, _ in train for w in WordTokenizer().tokenize(text)})
    )
    with pytest.raises(TypeError, match="a BERT or a bag is needed, got MajorityClassifier"):
        n_parameters(MajorityClassifier(LABELS, "ham"))


def test_the_study_measures_the_corpus_of_the_seed(monkeypatch):
    noted = []
    monkeypatch.setattr(spam_attack, "measure_messages", lambda *given: noted.append(given) or {})
    settings = replace(STUDY.settings, sizes=(20, 10, 10))
    STUDY.measure(settings, 4)
    corpus = load_corpus("spam", "en", seed=4, sizes=(20, 10, 10))
    ((parts, *rest),) = noted
    assert parts == corpus[:3]
    assert rest == ["spam", settings.attack, settings.filters, 4]


def test_the_kinds_that_are_kept_apart_are_others():
    attack = STUDY.settings.attack
    assert not set(attack.seen) & set(attack.unseen) and attack.seen and attack.unseen
    rng = np.random.default_rng(0)
    assert misspelled("prize", rng, kinds=attack.unseen, words=1) != "prize"
