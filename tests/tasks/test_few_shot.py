import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.backend import stream
from minillm.tasks.few_shot import k_shot, prompt_of
from minillm.text import Example

WORDS = {"0": "bad", "1": "good"}
EXAMPLES = [Example(f"text {i}", "spam" if i % 3 == 0 else "ham") for i in range(12)]


@given(k=st.integers(0, 4), seed=st.integers(0, 99))
def test_every_class_has_k_examples_and_none_comes_twice(k, seed):
    drawn = k_shot(EXAMPLES, k, stream(seed, "shots"))
    assert [example.label for example in sorted(drawn, key=lambda e: e.label)] == (
        ["ham"] * k + ["spam"] * k
    )
    assert len(set(drawn)) == len(drawn) and set(drawn) <= set(EXAMPLES)
    assert drawn == k_shot(EXAMPLES, k, stream(seed, "shots"))


def test_draws_differ_in_the_examples_and_in_their_order():
    drawn = [k_shot(EXAMPLES, 2, stream(seed, "shots")) for seed in range(40)]
    assert len({frozenset(one) for one in drawn}) > 20
    assert len({tuple(example.label for example in one) for one in drawn}) == 6  # all orders
    assert {example for one in drawn for example in one} == set(EXAMPLES)


def test_a_text_that_is_there_twice_may_be_drawn_twice():
    twice = [Example("a", "x"), Example("a", "x"), Example("b", "y"), Example("c", "y")]
    assert sorted(k_shot(twice, 2, stream(0, "shots"))) == twice


def test_a_class_with_too_few_examples_is_named():
    with pytest.raises(ValueError, match=r"k = 5 .* are needed, 'spam' has 4: take a smaller k"):
        k_shot(EXAMPLES, 5, stream(0, "shots"))
    with pytest.raises(ValueError, match="there are none"):
        k_shot([], 1, stream(0, "shots"))
    assert k_shot([], 0, stream(0, "shots")) == []


@pytest.mark.parametrize("k", [1.0, "1", None, True])
def test_k_is_an_integer(k):
    with pytest.raises(TypeError, match="k must be an integer"):
        k_shot(EXAMPLES, k, stream(0, "shots"))


def test_k_is_not_negative_and_the_generator_is_one():
    with pytest.raises(ValueError, match="at least 0, got -1"):
        k_shot(EXAMPLES, -1, stream(0, "shots"))
    with pytest.raises(TypeError, match="rng must be"):
        k_shot(EXAMPLES, 1, 0)


def test_a_prompt_is_a_line_for_each_example_and_an_open_one():
    shown = [Example("dull plot", "0"), Example("fresh food", "1")]
    assert prompt_of(shown, "clean room", WORDS) == (
        "dull plot: bad\nfresh food: good\nclean room:"
    )
    assert prompt_of([], "clean room", WORDS) == "clean room:"
    assert prompt_of(shown, "x", WORDS, arrow=" =", end=";") == (
        "dull plot = bad;fresh food = good;x ="
    )


def test_the_examples_can_be_read_off_a_prompt():
    prompt = prompt_of(EXAMPLES, "query", {"spam": "yes", "ham": "no"})
    *lines, last = prompt.split("\n")
    label = {"yes": "spam", "no": "ham"}
    pairs = [line.split(": ") for line in lines]
    assert [Example(text, label[word]) for text, word in pairs] == EXAMPLES
    assert last == "query:"


def test_words_that_say_nothing_are_refused():
    with pytest.raises(ValueError, match="labels '0' and '1' have one word, 'good'"):
        prompt_of([], "x", {"0": "good", "1": "good"})
    with pytest.raises(ValueError, match="two labels at least"):
        prompt_of([], "x", {"0": "good"})
    with pytest.raises(
        ValueError, match=r"example 0 has the label '2', words has one for '0', '1'"
    ):
        prompt_of([Example("a", "2")], "x", WORDS)
