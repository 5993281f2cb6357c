"""The linear probe: what a line finds in vectors, and which reading is chosen."""

import numpy as np

from minillm.labs.pretraining.probing import best_probe, sentence_vectors
from minillm.models import POOLINGS
from minillm.tasks.interpretation import Labelled, fitted_probe
from tests.models.small_bert import IDS, MASK, small_bert


def drawn(seed, n, informative=True):
    """Vectors of which one number tells the class, on another scale and with a constant one."""
    rng = np.random.default_rng(seed)
    classes = rng.integers(2, size=n)
    x = rng.standard_normal((n, 4))
    x[:, 1] += informative * 6 * classes
    x[:, 3] = 0.1
    return Labelled(100 * x + 5, classes)


def test_a_probe_finds_what_a_line_can_and_nothing_else():
    probe = fitted_probe(drawn(0, 300), 0.01, n_classes=2)
    assert probe.accuracy(drawn(1, 300)) > 0.98
    assert np.argmax(np.abs(probe.theta[:-1, 0])) == 1 and not probe.theta[3].any()
    nothing = fitted_probe(drawn(0, 300, informative=False), 0.01, n_classes=2)
    assert abs(nothing.accuracy(drawn(1, 300, informative=False)) - 0.5) < 0.1


def test_a_stronger_penalty_gives_smaller_weights():
    weak, strong = (fitted_probe(drawn(0, 50), l2, n_classes=2).theta[:-1] for l2 in (0.01, 1.0))
    assert np.abs(strong).sum() < np.abs(weak).sum() / 2


def test_the_reading_is_chosen_on_dev():
    learned = {"cls": drawn(0, 100, informative=False), "mean": drawn(0, 100)}
    dev = {"cls": drawn(1, 50, informative=False), "mean": drawn(1, 50)}
    name, probe = best_probe(learned, dev, (0.1, 0.01), n_classes=2)
    assert name == "mean" and probe.accuracy(dev["mean"]) > 0.95
    turned = {"cls": dev["mean"], "mean": dev["cls"]}
    name, _ = best_probe({**learned, "cls": learned["mean"]}, turned, (0.1,), n_classes=2)
    assert name == "cls"


def test_what_fits_the_learned_sentences_best_is_not_chosen_for_that():
    rng = np.random.default_rng(0)
    doubtful = drawn(0, 30)
    doubtful = Labelled(doubtful.vectors, doubtful.classes ^ (np.arange(30) % 10 == 0))
    noise = {"cls": Labelled(rng.standard_normal((30, 60)), doubtful.classes), "mean": doubtful}
    dev = {"cls": Labelled(rng.standard_normal((50, 60)), drawn(1, 50).classes)}
    dev["mean"] = drawn(1, 50)
    fits = [fitted_probe(rows, 0.01, n_classes=2).accuracy(rows) for rows in noise.values()]
    assert fits[0] == 1 > fits[1]
    assert best_probe(noise, dev, (0.01,), n_classes=2)[0] == "mean"


def test_vectors_are_those_of_each_reading_whatever_the_batch():
    bert, lengths = small_bert(), MASK.sum(axis=1)
    rows = [ids[:n] for ids, n in zip(IDS, lengths, strict=True)]
    found = sentence_vectors(bert, rows, tuple(POOLINGS), rows=1)
    together = sentence_vectors(bert, rows, tuple(POOLINGS), rows=2)
    for name, read in POOLINGS.items():
        expected = read(bert(IDS, MASK), MASK).data
        np.testing.assert_allclose(found[name], expected, rtol=0, atol=1e-12)
        np.testing.assert_allclose(together[name], expected, rtol=0, atol=1e-12)
