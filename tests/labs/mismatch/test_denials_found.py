"""What the study of denials found, in its stored numbers."""

import numpy as np
import pytest

from minillm.labs.mismatch.denials import STUDY
from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_study
from minillm.labs.worlds.denials import Denials

KINDS = Denials().kinds
DIALS = ("without", "with")


def table(name):
    """Right where it is denied, held, on both, by kind, (seeds, 3, K)."""
    return read_study(STUDY.name)[name]


def taught(dial, model, n):
    """Understood by the kind shown and the kind asked, (seeds, K, K)."""
    return np.stack([table(f"{dial}, {model}, {n} of {kind}")[:, 2] for kind in KINDS], axis=1)


def same_and_other(dial, model, n):
    """Understood of the kind shown and of the others, mean over kinds, (seeds,) each."""
    found = taught(dial, model, n)
    same = found[:, np.eye(len(KINDS), dtype=bool)].mean(axis=1)
    other = found[:, ~np.eye(len(KINDS), dtype=bool)].mean(axis=1)
    return same, other


@pytest.mark.guide("G45")
@pytest.mark.parametrize("dial", DIALS)
def test_who_knows_the_grammar_does_not_know_other_denials(dial):
    numbers = read_study(STUDY.name)
    assert numbers[f"{dial}, BERT, grammar"].min() > 0.95
    understood = table(f"{dial}, BERT")[:, 2].mean(axis=1)
    mean, half = mean_and_interval(understood)
    assert mean + half < 0.3


def test_without_single_clauses_a_clause_is_taken_for_a_denial():
    """Right on the half that denies, wrong on its twin; with them the other way round."""
    without, with_ = (table(f"{dial}, BERT")[:, :2, :3].mean(axis=2) for dial in DIALS)
    difference = (without[:, 0] - without[:, 1]) - (with_[:, 0] - with_[:, 1])
    mean, half = mean_and_interval(difference)
    assert mean - half > 0


@pytest.mark.parametrize("dial", DIALS)
@pytest.mark.parametrize("n", [10, 50])
def test_examples_of_a_kind_teach_that_kind_and_no_other(dial, n):
    same, other = same_and_other(dial, "BERT", n)
    before = table(f"{dial}, BERT, more grammar")[:, 2].mean(axis=1)
    mean, half = mean_and_interval(same - before)
    assert mean - half > 0.2
    mean, half = mean_and_interval(other - before)
    assert mean + half < 0.1


@pytest.mark.parametrize("dial", DIALS)
def test_a_bag_of_words_and_pairs_learns_less_of_it(dial):
    mean, half = mean_and_interval(
        same_and_other(dial, "BERT", 50)[0] - same_and_other(dial, "bag", 50)[0]
    )
    assert mean - half > 0.2
