"""The lab of bottlenecks: the best size of planted losses, and a run of planted trainings."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.challenges import bottlenecks
from minillm.labs.challenges.bottlenecks import STUDY, at_size, lowest, slope
from minillm.labs.challenges.scaling_case import flops_of
from minillm.labs.worlds.ranked_facts import Facts

SETTINGS = STUDY.settings


def additive(n, flops, a=0.4, b=0.3):
    """L(N, D) of a law of both, with the data that the operations leave."""
    return 1.0 + 50.0 / n**a + 80.0 / (flops / (6.0 * n)) ** b


@pytest.mark.guide("G49")
@pytest.mark.errata("A101")
def test_a101_at_given_operations_the_best_size_lies_between_and_grows_with_its_data():
    """The vertex found from coarse sizes follows dL/dN = 0 of the law of Hoffmann et al."""
    n = np.geomspace(1e2, 1e8, 25)
    flops = np.array([1e8, 1e10, 1e12])
    a, b = 0.4, 0.3
    best = [lowest(n, additive(n, c)) for c in flops]
    closed = ((a * 50.0) / (b * 80.0) * (flops / 6.0) ** b) ** (1 / (a + b))
    np.testing.assert_allclose(best, closed, rtol=0.02)
    assert all(additive(m, c) < min(additive(n[0], c), additive(n[-1], c)) - 0.1
               for m, c in zip(best, flops, strict=True))  # fmt: skip
    assert slope(flops, best) == pytest.approx(b / (a + b), abs=0.01)
    assert slope(flops, flops / np.array(best)) == pytest.approx(a / (a + b), abs=0.01)


def test_the_vertex_of_a_parabola_is_found_exactly_and_an_end_is_left_where_it_is():
    n = np.array([10.0, 100.0, 1000.0, 1e5])
    at = np.log(200.0)
    assert lowest(n, (np.log(n) - at) ** 2) == pytest.approx(200.0)
    assert lowest(n, -np.log(n)) == pytest.approx(1e5)
    assert lowest(n, np.log(n)) == pytest.approx(10.0)


def test_steps_between_two_sizes_lie_on_the_line_of_the_logarithms():
    assert at_size(100.0, [10, 1000], [400, 4]) == pytest.approx(40.0)
    assert at_size(10.0, [10, 1000], [400, 4]) == pytest.approx(400.0)


def test_every_depth_spends_the_operations_and_every_way_reads_the_texts(monkeypatch):
    """Trainings are planted: they note what they were given, and cost what the law says."""
    runs = []

    def planted(model, facts, depth, training, draw, looks):
        keys, answers = draw(50)
        runs.append((depth, training, {*keys.tolist()}))
        assert looks == 1 and len(answers) == 50
        yield additive(192.0 * depth**3, flops_of(facts, depth, training) * training.steps)

    monkeypatch.setattr(bottlenecks, "learned", planted)
    monkeypatch.setattr(bottlenecks, "mistakes", lambda model, facts: facts.dials.wrong)
    settings = replace(SETTINGS, texts=(5, 40), ways=((1, 7), (2, 9)), flops=SETTINGS.flops[1:],
                       depths=SETTINGS.depths[1:], rates=SETTINGS.rates[1:])  # fmt: skip
    found = bottlenecks.measure(settings, 3)
    assert np.shape(found["loss"]) == (3, 4)
    facts = Facts(SETTINGS.world, seed=3)
    asked = [c for c in settings.flops for _ in range(4)]
    for c, (depth, training, _) in zip(asked, runs, strict=False):
        assert training.steps * flops_of(facts, depth, training) == pytest.approx(c, rel=0.02)
        assert training.warmup == round(0.05 * training.steps)
    assert [training.rate for _, training, _ in runs[:12:4]] == [0.02, 0.01, 0.01]
    again = runs[12:]
    assert [(d, t.steps) for d, t, _ in again] == [(1, 7), (2, 9)] * 2
    assert [len(keys) <= n for (*_, keys), n in zip(again, (5, 5, 40, 40), strict=True)] == [
        True
    ] * 4
    assert again[0][2] == again[1][2]  # the same texts for every way
    assert found["mistakes"] == [[0.0, 0.0]] * 2  # all told rightly
    assert found["unseen"][0] > found["unseen"][1] > 0
