import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.text import Example, class_counts, require_disjoint, shared_texts, split


def examples_of(**sizes):
    """Examples of each class, mixed, every text its own."""
    examples = [Example(f"{label} {i}", label) for label, n in sizes.items() for i in range(n)]
    return [examples[i] for i in np.random.default_rng(0).permutation(len(examples))]


def test_every_class_has_its_share_in_every_part(rng):
    parts = split(examples_of(spam=50, ham=200), rng=rng)
    counts = [class_counts(part) for part in parts]
    assert counts == [{"ham": 160, "spam": 40}, {"ham": 20, "spam": 5}, {"ham": 20, "spam": 5}]


def test_fractions_may_be_given(rng):
    parts = split(examples_of(a=10, b=20), fractions=(0.5, 0.3, 0.2), rng=rng)
    assert [class_counts(part) for part in parts] == [
        {"a": 5, "b": 10},
        {"a": 3, "b": 6},
        {"a": 2, "b": 4},
    ]


@given(st.integers(10, 60), st.integers(10, 60), st.integers(0, 9))
def test_the_parts_are_the_examples_in_their_order_and_nearly_in_proportion(n_a, n_b, seed):
    examples = examples_of(a=n_a, b=n_b)
    parts = split(examples, rng=np.random.default_rng(seed))
    assert sorted(itertools.chain(*parts)) == sorted(examples)
    for part, fraction in zip(parts, (0.8, 0.1, 0.1), strict=True):
        assert part == [example for example in examples if example in part]
        for label, n in (("a", n_a), ("b", n_b)):
            assert abs(class_counts(part)[label] - fraction * n) <= 1


def test_the_seed_decides_who_goes_where():
    examples = examples_of(a=100, b=100)
    first, again, other = (split(examples, rng=np.random.default_rng(s)) for s in (1, 1, 2))
    assert first == again
    assert first[2] != other[2]


def test_a_class_too_small_for_three_parts_is_refused_by_name(rng):
    with pytest.raises(ValueError, match=r"class 'rare' has 2 example\(s\): too few"):
        split(examples_of(common=100, rare=2), rng=rng)
    with pytest.raises(ValueError, match="no examples"):
        split([], rng=rng)


@pytest.mark.parametrize("fractions", [(0.8, 0.1, 0.2), (1.0, 0.1, -0.1), (0.9, 0.1, 0.0)])
def test_fractions_that_make_no_whole_are_refused(rng, fractions):
    with pytest.raises(ValueError, match="positive and sum to 1"):
        split(examples_of(a=100), fractions=fractions, rng=rng)


def test_texts_are_shared_whatever_their_case_blanks_and_labels():
    a = [Example("Good  Film", "pos"), Example("好看", "pos")]
    b = [Example("good film\n", "neg"), Example("好 看", "pos")]
    assert shared_texts(a, b) == {"good film"}


@pytest.mark.guide("G1")
@pytest.mark.parametrize("seed", [0, 1])
def test_no_two_parts_share_a_text_dev_and_test_included(seed):
    parts = split(examples_of(a=60, b=40), rng=np.random.default_rng(seed))
    assert all(parts) and sum(map(len, parts)) == 100
    for one, other in itertools.combinations(parts, 2):
        assert shared_texts(one, other) == set()


@pytest.mark.guide("G1")
@pytest.mark.parametrize("pair", list(itertools.combinations(("train", "dev", "test"), 2)))
def test_any_two_parts_that_share_a_sentence_are_refused(pair):
    parts = {name: [Example(name, "x")] for name in ("train", "dev", "test")}
    require_disjoint(**parts)
    for name in pair:
        parts[name].append(Example("Twice" if name == pair[0] else " TWICE", "x"))
    with pytest.raises(ValueError, match=f"^{pair[0]} and {pair[1]} share 1 text"):
        require_disjoint(**parts)


@pytest.mark.guide("G1")
def test_splits_that_share_a_sentence_are_refused_by_name():
    train = [Example("a", "x"), Example("Twice", "x"), Example("c", "y")]
    dev, test = [Example("d", "x")], [Example("c", "y"), Example("twice", "x")]
    require_disjoint(train=train, dev=dev)
    with pytest.raises(ValueError, match=r"^train and test share 2 text\(s\), .* 'Twice'$"):
        require_disjoint(train=train, dev=dev, test=test)


@pytest.mark.parametrize("empty", [[], (), np.array([])])
def test_no_examples_are_refused(empty, rng):
    with pytest.raises(ValueError, match="split: there are no examples"):
        split(empty, rng=rng)


def test_an_array_of_examples_is_split_like_the_list():
    examples = examples_of(spam=20, ham=30)
    array = np.empty(len(examples), dtype=object)
    for i, example in enumerate(examples):
        array[i] = example
    parts, others = (split(some, rng=np.random.default_rng(1)) for some in (examples, array))
    assert parts == others
