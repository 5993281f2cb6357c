"""The studies of real text, on a few lines that stand for it."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.real_text import shakespeare, spam, spam_attack_sms, sst2
from minillm.labs.worlds.public import VARIABLE, PublicFile
from minillm.models.ngrams import NGrams
from minillm.tasks import Classifier
from minillm.text import Example, Labels
from tests.labs.planted_models import PlantedStages


def written(folder, name, examples):
    content = "".join(f"{label}\t{text}\n" for text, label in examples).encode()
    (folder / name).write_bytes(content)
    return PublicFile(name, hashlib.sha256(content).hexdigest())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return tmp_path


class Scorer(Classifier):
    """Says the positive class with the probability that a text ends with."""

    labels = Labels(("0", "1"))

    def __init__(self, shift=0.0):
        self.shift = shift

    def predict_probabilities(self, texts):
        p = np.clip([float(text.split()[-1]) + self.shift for text in texts], 0, 1)
        return np.stack([1 - p, p], axis=1)


def test_the_threshold_is_chosen_on_dev_and_the_scores_are_of_test():
    dev = [Example(f"a {p}", label) for p, label in ((0.1, "0"), (0.2, "0"), (0.3, "1"))]
    test = [
        Example(f"b {p}", label) for p, label in ((0.15, "0"), (0.28, "1"), (0.22, "0"), (0.4, "1"))
    ]
    tuned, half, average = spam.scores_of(Scorer(), dev, test, "1")
    assert tuned == 1.0  # dev's best threshold lies between 0.2 and 0.3; test's are parted by it
    assert half == 0.0  # no test message has a probability of one half
    assert average == 1.0
    for wrong, f1 in (("b 0.9", 4 / 5), ("b 0.26", 4 / 5), ("b 0.24", 1)):
        found = spam.scores_of(Scorer(), dev, [*test, Example(wrong, "0")], "1")
        assert found[0] == pytest.approx(f1)


def test_of_several_trainings_the_best_on_dev_is_taken():
    dev = [Example("a 0.1", "0"), Example("a 0.4", "1")]
    tried = [Scorer(-0.3), Scorer(0.2), Scorer(0.3)]
    assert sst2.best_on(dev, tried) is tried[1]  # the first of two that are equal


def test_sst2_tunes_on_dev_and_scores_dev_and_test(folder, monkeypatch):
    noted = []

    def says(changes):
        return lambda text: {"good": "positive", "bad": "negative"}[text.split()[-1]]

    stages = PlantedStages(says, noted)
    monkeypatch.setattr(sst2, "TwoStages", stages)
    chosen_on = []
    original = sst2.best_on
    monkeypatch.setattr(
        sst2, "best_on", lambda dev, tried: chosen_on.append(dev) or original(dev, tried)
    )
    parts = {
        name: [Example(f"{name} {i} {word}", label) for i in range(3)
               for word, label in (("good", "positive"), ("bad", "negative"))]
        for name in ("train", "dev", "test")
    }  # fmt: skip
    files = {name: written(folder, f"sst2-{name}.tsv", found) for name, found in parts.items()}
    settings = replace(sst2.STUDY.settings, **files, positive="positive")
    found = sst2.STUDY.measure(settings, 5)
    assert set(found) == {
        "majority", "bag of words", "bag of words and pairs", "BERT", "BERT, pretrained"
    }  # fmt: skip
    assert (found["BERT"] == 1).all() and found["BERT"].shape == (2, 3)
    assert found["majority"][:, 0].tolist() == [0.5, 0.5]
    assert [n["tuned on"] for n in noted if "tuned on" in n] == [parts["dev"]]
    assert chosen_on == [parts["dev"]] * 2
    made = [(n["train"], n["recipe"].pretrain_epochs, n["seed"]) for n in noted if "train" in n]
    assert made == [(parts["train"], 0, 5), (parts["train"], settings.pretraining, 5)]
    tried = [n["finetuned"]["finetune_epochs"] for n in noted if "finetuned" in n]
    assert tried == [*settings.passes, *settings.passes]


def test_spam_is_split_anew_by_every_seed_and_the_parts_share_nothing(folder, monkeypatch):
    noted = []
    stages = PlantedStages(lambda changes: lambda text: "positive", noted)
    monkeypatch.setattr(spam, "TwoStages", stages)
    asked = []
    original = spam.scores_of
    monkeypatch.setattr(
        spam, "scores_of", lambda c, d, t, p: asked.append((d, t)) or original(c, d, t, p)
    )
    messages = [Example(f"message {i:02}", "positive" if i % 4 == 0 else "negative")
                for i in range(40)]  # fmt: skip
    twins = [Example("MESSAGE 03", "negative")]  # one text, whatever its case
    file = written(folder, "sms-spam.tsv", messages + twins)
    settings = replace(spam.STUDY.settings, messages=file, positive="positive")
    found = spam.STUDY.measure(settings, 0)
    assert set(found) == {"bag of words", "bag of words and pairs", "BERT"}
    train = noted[0]["train"]
    assert all(pair == asked[0] for pair in asked)
    dev, test = asked[0]
    assert [n["tuned on"] for n in noted if "tuned on" in n] == [dev]
    texts = [example.text.lower() for part in (train, dev, test) for example in part]
    assert len(texts) == len(set(texts)) == 40
    assert (len(train), len(dev), len(test)) == (28, 4, 8)
    spam.STUDY.measure(settings, 1)
    assert asked[-1][1] != test


def test_misspelled_spam_is_measured_on_the_split_of_the_seed(folder, monkeypatch):
    noted = []
    monkeypatch.setattr(
        spam_attack_sms, "measure_messages", lambda *given: noted.append(given) or {}
    )
    messages = [Example(f"message {i:02}", "spam" if i % 4 == 0 else "ham") for i in range(40)]
    file = written(folder, "sms-spam.tsv", messages)
    settings = replace(spam_attack_sms.STUDY.settings, messages=file)
    for seed in (0, 1):
        spam_attack_sms.STUDY.measure(settings, seed)
    (first, *rest), (second, *_) = noted
    assert [len(part) for part in first] == [16, 12, 12]
    assert sorted(example for part in first for example in part) == sorted(messages)
    assert rest == ["spam", settings.attack, settings.filters, 0] and first != second


def test_plays_are_split_at_the_end_and_counted_by_characters(folder):
    text = "To be, or not to be. " * 30
    (folder / "tinyshakespeare.txt").write_text(text)
    file = PublicFile("tinyshakespeare.txt", hashlib.sha256(text.encode()).hexdigest())
    sizes = {"width": 8, "n_heads": 2, "n_layers": 1, "max_length": 8, "batch_size": 2}
    recipe = replace(shakespeare.Settings().recipe, **sizes, steps=7, warmup=1, evaluate_every=3)
    settings = shakespeare.Settings(text=file, recipe=recipe, every=2, longest=3)
    found = shakespeare.measure(settings, 0)
    assert {name: numbers.shape for name, numbers in found.items()} == {
        "training": (3,),
        "held out": (3,),  # after 3, 6 and 7 updates
        "n-grams": (3,),
    }
    _, vocabulary = shakespeare.characters_of(text, settings)
    assert len(vocabulary) == len(set(text)) + 1
    ids = np.array([vocabulary.token_to_id[c.replace(" ", "Ġ")] for c in text])
    cut = int(0.9 * len(text))
    unigrams = NGrams([ids[:cut]], vocabulary_size=len(vocabulary), order=1)
    expected = -unigrams.log_probabilities(ids[cut:])[1:].mean()
    assert found["n-grams"][0] == pytest.approx(expected)
