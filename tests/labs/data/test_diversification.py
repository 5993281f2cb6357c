"""The study of domains: equal budgets, and nothing of the held-out domain in training."""

import numpy as np
import pytest

from minillm.labs.data.augmentation import COPIES
from minillm.labs.data.classifiers import groups_of
from minillm.labs.data.diversification import (
    CONDITIONS,
    DOMAINS,
    draw_domain,
    held_out_accuracy,
    measure,
    mixed,
    share_known,
    training_sets,
)
from minillm.text import Example, shared_texts
from minillm.text.corpora.sentiment_en import ENGLISH
from tests.labs.data.planted_models import reads, remembers, spy

FILM = ENGLISH.domains[0]


def test_a_domain_is_drawn_balanced_of_all_kinds_without_repetition():
    test, train = draw_domain(FILM, sizes=(80, 160), seed=0)
    assert [len(test.examples), len(train.examples)] == [80, 160]
    assert not shared_texts(test.examples, train.examples)
    assert len({text for text, _ in train.examples}) == 160
    assert sum(label == "positive" for _, label in train.examples) == 80
    assert [int(mask.sum()) for mask in groups_of(train.tags).values()] == [160, 64, 16, 80]
    subjects = [a.subject for a in FILM.aspects]
    assert all(any(s in text.lower() for s in subjects) for text, _ in train.examples)


def test_other_seeds_draw_other_sentences_and_equal_ones_the_same():
    a, b, c = (draw_domain(FILM, sizes=(40,), seed=seed)[0] for seed in (0, 0, 1))
    assert a == b and a != c


def test_sizes_that_do_not_come_out_even_or_are_too_large_are_refused():
    with pytest.raises(ValueError, match="multiples of 40"):
        draw_domain(FILM, sizes=(50,), seed=0)
    with pytest.raises(ValueError, match="the grammar has"):
        draw_domain(FILM, sizes=(40_000,), seed=0)


def test_a_mixture_takes_equal_parts():
    a, b = ([Example(f"{name}{i}", "x") for i in range(4)] for name in "ab")
    assert [text for text, _ in mixed([a, b], 4)] == ["a0", "a1", "b0", "b1"]
    for sources, budget in (([a, b], 3), ([a, b], 10)):
        with pytest.raises(ValueError, match="cannot come in equal parts"):
            mixed(sources, budget)


@pytest.mark.guide("G7")
def test_every_condition_has_the_same_budget_of_written_examples():
    drawn = [draw_domain(d, sizes=(40,), seed=0)[0].examples for d in ENGLISH.domains]
    rng = np.random.default_rng(0)
    sets = training_sets(drawn[0], drawn[1:], budget=40, rng=rng)
    assert tuple(sets) == CONDITIONS
    lengths = {name: len(examples) for name, examples in sets.items()}
    augmented = ("1 + synonyms", "1 + word dropout")
    assert {lengths[name] for name in augmented} == {40 * (1 + COPIES)}
    assert {lengths[name] for name in lengths if name not in augmented} == {40}
    assert all(sets[name][:40] == sets["1"] for name in augmented)


def test_the_share_of_known_words_by_hand():
    train = [Example("The plot was dull.", "negative")]
    test = [Example("The acting was dull.", "negative"), Example("It was flat, dull.", "negative")]
    assert share_known(train, test, {"dull", "flat"}) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="none of the words"):
        share_known(train, test, {"lively"})


def test_a_model_that_remembers_knows_nothing_elsewhere_and_one_that_reads_everything():
    fits = {"reads": reads, "remembers": remembers}
    found = measure(0, budget=40, n_test=40, held_out=DOMAINS[:2], fits=fits)
    assert found["reads"].shape == (2, len(CONDITIONS), 4) and (found["reads"] == 1).all()
    assert (found["remembers"][..., 0] == 0.5).all()
    assert (found["known"][:, -1] > 0.9).all() and (found["known"] <= 1).all()


def test_the_domain_held_out_is_in_no_training_but_its_own():
    sets = []
    measure(0, budget=40, n_test=40, held_out=DOMAINS[:1], fits={"spy": spy(sets)})
    _, own = draw_domain(FILM, sizes=(40, 40), seed=0)
    films = set(own.examples)
    assert [bool(films & set(examples)) for examples in sets] == [False] * 5 + [True]


def test_a_test_sentence_in_training_is_refused():
    test = draw_domain(FILM, sizes=(40,), seed=0)[0]
    with pytest.raises(ValueError, match="train and test share 40"):
        held_out_accuracy(test.examples, test.examples, groups_of(test.tags), fit=reads)
