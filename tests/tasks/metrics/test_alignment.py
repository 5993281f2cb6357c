import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.tasks.metrics import alignment_error_rate

link_sets = st.sets(st.tuples(st.integers(0, 3), st.integers(0, 3)))


@pytest.mark.guide("G38")
def test_a_planted_case_has_the_rate_that_a_hand_computes():
    """A has 4 links: 2 are sure, 1 more is possible: 1 - (2 + 3) / (4 + 3) = 2/7."""
    sure, possible = {(0, 0), (1, 2), (2, 1)}, {(0, 0), (1, 2), (2, 1), (2, 2)}
    found = {(0, 0), (1, 2), (2, 2), (3, 3)}
    assert alignment_error_rate([found], [sure], [possible]) == pytest.approx(2 / 7, abs=1e-15)
    assert alignment_error_rate([found], [sure]) == pytest.approx(1 - 4 / 7, abs=1e-15)


def test_the_rate_of_a_corpus_is_one_of_all_links_and_not_the_mean_of_its_sentences():
    found, sure = [{(0, 0)}, {(0, 1)}], [{(0, 0)}, {(0, 0), (1, 1), (2, 2)}]
    assert alignment_error_rate(found, sure) == pytest.approx(1 - 2 / 6, abs=1e-15)
    assert (
        np.mean([alignment_error_rate([a], [s]) for a, s in zip(found, sure, strict=True)]) == 0.5
    )


@pytest.mark.guide("G38")
@given(st.lists(st.tuples(link_sets, link_sets), min_size=1, max_size=4))
def test_without_possible_links_it_is_one_minus_f1(both):
    found, sure = [a for a, _ in both], [s for _, s in both]
    rate = alignment_error_rate(found, sure)
    right = sum(len(a & s) for a, s in both)
    wrong = sum(len(a ^ s) for a, s in both)
    total = 2 * right + wrong
    assert rate == pytest.approx(1 - 2 * right / total if total else 0.0, abs=1e-12)
    assert alignment_error_rate(sure, sure) == 0.0


@given(link_sets, link_sets, link_sets)
def test_a_possible_link_more_never_makes_it_worse_and_all_sure_ones_make_it_perfect(a, s, p):
    assert alignment_error_rate([a], [s], [s | p]) <= alignment_error_rate([a], [s]) + 1e-12
    assert alignment_error_rate([s], [s], [s | p]) == pytest.approx(0.0, abs=1e-12)


def test_links_that_do_not_belong_together_are_refused():
    with pytest.raises(ValueError, match="of 1 sentences, sure ones of 2"):
        alignment_error_rate([set()], [set(), set()])
    with pytest.raises(ValueError, match=r"sentence 1 has sure links .*\[\(0, 0\)\]"):
        alignment_error_rate([set()] * 2, [set(), {(0, 0)}], [set(), set()])
