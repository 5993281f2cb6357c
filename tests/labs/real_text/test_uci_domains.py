"""The study of three domains, on a few lines that stand for them."""

import hashlib
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from minillm.labs.real_text import uci_domains, uci_models
from minillm.labs.real_text.uci_domains import (
    Settings,
    from_domain_to_domain,
    parts_of,
    sentences_of,
    told_apart,
)
from minillm.labs.real_text.uci_models import Models
from minillm.labs.worlds.public import VARIABLE, PublicFile
from minillm.tasks import Recipe
from minillm.text import Example, Labels, require_disjoint

WORDS = {  # bad, good: one pair for all domains, one for each
    "amazon": ("bad broken", "good sturdy"),
    "imdb": ("bad wooden", "good moving"),
    "yelp": ("bad bland", "good tasty"),
}
SMALL = Recipe(width=8, n_heads=2, n_layers=1, max_length=12, pretrain_epochs=1, finetune_epochs=0)


def lines(domain, n):
    """Every third sentence has the word of all domains, the others one that only theirs has."""
    for i in range(n):
        for label in (0, 1):
            shared, own = WORDS[domain][label].split()
            yield f"the {domain} thing {i} was {own if i % 3 else shared} .", str(label)


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes what stands for the file of a domain."""
    monkeypatch.setenv(VARIABLE, str(tmp_path))

    def written(domain, text):
        (tmp_path / f"uci-{domain}.tsv").write_bytes(text.encode())
        return PublicFile(f"uci-{domain}.tsv", hashlib.sha256(text.encode()).hexdigest())

    return written


@pytest.fixture
def settings(write):
    """Small ones, and the files that they name."""
    files = {
        domain: write(domain, "".join(f"{text}\t{label}\n" for text, label in lines(domain, 40)))
        for domain in WORDS
    }
    return Settings(**files, recipe=SMALL, passes=(1.0, 2.0), shots=(0, 6))


def test_the_label_comes_last_and_a_sentence_counts_once(write, settings):
    text = 'Fine \x85 "really" fine.\t1\nDull.\t0\ndull.\t0\n'
    found = sentences_of(replace(settings, imdb=write("imdb", text)))
    assert [*found] == ["amazon", "imdb", "yelp"]
    assert found["imdb"] == [Example('Fine "really" fine.', "1"), Example("Dull.", "0")]


def test_the_parts_share_nothing_and_the_first_sentences_have_both_labels(settings):
    domains = sentences_of(settings)
    parts = parts_of(domains, settings.fractions, 0)
    for name, part in parts.items():
        require_disjoint(train=part.train, dev=part.dev, test=part.test)
        assert [len(one) for one in part] == [48, 12, 20]
        assert {*part.train, *part.dev, *part.test} == {*domains[name]}
        for n in (2, 6, 10):
            first = sorted(label for _, label in part.train[:n])
            assert first == ["0"] * (n // 2) + ["1"] * (n // 2)
    other = parts_of(domains, settings.fractions, 1)
    assert {*parts["yelp"].test} != {*other["yelp"].test}
    assert parts["yelp"].train[:6] != sorted(parts["yelp"].train)[:6]


@pytest.mark.guide("G45")
def test_the_numbers_of_planted_models_are_exact(settings, monkeypatch):
    """One model knows the source, and the target once it has seen six sentences; one says 1."""
    asked = []

    class Knows:
        labels = Labels(("0", "1"))

        def __init__(self, *domains):
            self.domains = domains

        def predict_probabilities(self, texts):
            truth = dict(pair for domain in WORDS for pair in lines(domain, 40))
            known = [any(domain in text for domain in self.domains) for text in texts]
            says = [int(truth[t]) if k else 1 for t, k in zip(texts, known, strict=True)]
            return np.eye(2)[says]

    class Planted:
        def __init__(self, parts, recipe, passes, seed):
            assert (recipe, passes, seed) == (settings.recipe, settings.passes, 3)

        def of(self, source, target, shots):
            asked.append((source, target, shots))
            return {"knows": Knows(source, *([target] if shots else [])), "says 1": Knows()}

    monkeypatch.setattr(uci_domains, "Models", Planted)
    found = from_domain_to_domain(settings, 3)
    pairs = [*permutations(WORDS, 2)]
    assert asked == [(*pair, shots) for shots in (0, 6) for pair in pairs]
    np.testing.assert_allclose(found["knows"], [[[1.0, 0.5]] * 6, [[1.0, 1.0]] * 6])
    np.testing.assert_allclose(found["knows: gap"], [0.5, 0.0])
    np.testing.assert_allclose(found["says 1"], np.full((2, 6, 2), 0.5))
    np.testing.assert_allclose(found["says 1: gap"], [0.0, 0.0])


@pytest.fixture
def parts(settings):
    return parts_of(sentences_of(settings), settings.fractions, 0)


def test_a_source_and_a_few_of_the_target_are_learned_and_the_source_tunes(parts, monkeypatch):
    noted = []

    def bags(learned, dev, encoder):
        noted.append(("bags", learned, dev))
        return original(learned, dev, encoder)

    def best(dev, tried):
        found = [*tried]
        noted.append(("best", len(found), dev))
        return found[-1]

    original = uci_models.fit_baselines
    monkeypatch.setattr(uci_models, "fit_baselines", bags)
    monkeypatch.setattr(uci_models, "best_on", best)
    models = Models(parts, SMALL, (0.2, 0.4), 0)
    found = models.of("imdb", "yelp", 6)
    assert [*found] == ["bag of words", "bag of words and pairs", "BERT", "BERT, pretrained"]
    learned = [*parts["imdb"].train, *parts["yelp"].train[:6]]
    dev = parts["imdb"].dev
    assert noted == [("bags", learned, dev), ("best", 2, dev), ("best", 2, dev)]
    assert models.of("imdb", "yelp", 6) is found
    plain = models.of("imdb", "yelp", 0)
    assert models.of("imdb", "amazon", 0) is plain and models.of("imdb", "amazon", 6) is not found
    assert noted[3] == ("bags", parts["imdb"].train, dev)
    for shots in (-1, 49):
        with pytest.raises(ValueError, match=f"shots must be from 0 to 48 of yelp, got {shots}"):
            models.of("imdb", "yelp", shots)


def test_bert_reads_the_training_sentences_of_all_domains_and_nothing_else(parts):
    models = Models(parts, SMALL, (1.0,), 0)
    read = models.pretrained
    assert len(read.all_text) == 3 * 48 and read.steps["finetune"] == 0
    words = [*parts["imdb"].train, *parts["yelp"].train, *parts["amazon"].train]
    known = {word for text, _ in words for word in text.split()}
    assert {*read.encoder.vocabulary.ordinary} == known


def test_pretrained_weights_are_where_fine_tuning_begins(parts):
    """Even where one sentence stands in two domains, all have the same words."""
    twice = parts["imdb"].train[0]
    parts["yelp"].train[0] = twice
    models = Models(parts, SMALL, (1.0,), 0)
    learned, others = parts["imdb"].train, [*parts["yelp"].train, *parts["amazon"].train]
    trained = {read: models.finetuned(learned, others, 0.0, read) for read in (False, True)}
    tables = {read: one.model.state_dict() for read, one in trained.items()}
    weights = models.pretrained.model.classifier.state_dict()
    for name, value in tables[True].items():
        np.testing.assert_array_equal(value, weights[name])
    assert any(np.abs(tables[False][name] - value).max() > 1e-3 for name, value in weights.items())
    for source, target in permutations(parts, 2):
        models.of(source, target, 2)  # the weights fit, whatever the domain


@pytest.mark.guide("G45")
def test_words_of_one_domain_do_not_help_in_another_but_a_few_of_its_sentences_do(parts):
    models = Models(parts, replace(SMALL, pretrain_epochs=0), (0.1,), 0)
    before, after = (models.of("amazon", "yelp", shots)["bag of words"] for shots in (0, 20))
    own, other = (
        uci_domains.accuracy_on(before, parts[domain].test) for domain in ("amazon", "yelp")
    )
    assert own == 1.0 and other < 0.9
    assert uci_domains.accuracy_on(after, parts["yelp"].test) == 1.0


def test_domains_are_told_apart_and_halves_of_one_are_not(settings):
    found = told_apart(settings, 0)
    assert np.shape(found["two samples"]) == (3, 2)  # "the imdb thing" gives each away
    assert np.shape(found["two samples, one domain"]) == (3, 2)
    for accuracy, p in found["two samples"]:
        assert accuracy == 1.0 and p < 1e-9
    for accuracy, p in found["two samples, one domain"]:
        assert abs(accuracy - 0.5) < 0.3 and p > 1e-3
