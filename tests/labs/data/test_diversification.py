"""The study of domains: equal budgets, and nothing of the held-out domain in training."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.data.diversification import STUDY, held_out_accuracy, measure, training_sets
from minillm.labs.worlds.domains import DOMAINS, draw_domain
from minillm.labs.worlds.kinds import groups_of
from tests.labs.planted_models import reads, remembers, spy

FILM = DOMAINS["film"]
SMALL = replace(STUDY.settings, budget=40, test=40)


@pytest.mark.guide("G7")
def test_every_condition_has_the_same_budget_of_written_examples():
    drawn = [draw_domain(d, sizes=(40,), seed=0)[0].examples for d in DOMAINS.values()]
    rng = np.random.default_rng(0)
    sets = training_sets(SMALL, drawn[0], drawn[1:], rng)
    assert tuple(sets) == SMALL.conditions
    lengths = {name: len(examples) for name, examples in sets.items()}
    augmented = ("1 + synonyms", "1 + word dropout")
    assert {lengths[name] for name in augmented} == {40 * (1 + SMALL.copies)}
    assert {lengths[name] for name in lengths if name not in augmented} == {40}
    assert all(sets[name][:40] == sets["1"] for name in augmented)


def test_a_model_that_remembers_knows_nothing_elsewhere_and_one_that_reads_everything():
    fits = {"reads": reads, "remembers": remembers}
    found = measure(replace(SMALL, held_out=("film", "book")), 0, fits=fits)
    assert found["reads"].shape == (2, len(SMALL.conditions), 4) and (found["reads"] == 1).all()
    assert (found["remembers"][..., 0] == 0.5).all()
    assert (found["known"][:, -1] > 0.9).all() and (found["known"] <= 1).all()


def test_the_domain_held_out_is_in_no_training_but_its_own():
    sets = []
    measure(replace(SMALL, held_out=("film",)), 0, fits={"spy": spy(sets)})
    _, own = draw_domain(FILM, sizes=(40, 40), seed=0)
    films = set(own.examples)
    assert [bool(films & set(examples)) for examples in sets] == [False] * 5 + [True]


def test_a_test_sentence_in_training_is_refused():
    test = draw_domain(FILM, sizes=(40,), seed=0)[0]
    with pytest.raises(ValueError, match="train and test share 40"):
        held_out_accuracy(test.examples, test.examples, groups_of(test.tags), fit=reads)


def test_an_unknown_condition_is_refused():
    settings = replace(SMALL, held_out=("film",), conditions=("1", "3"))
    with pytest.raises(ValueError, match=r"conditions must be among 1, 2, 4, .* got '3'"):
        measure(settings, 0, fits={"reads": reads})
