"""Texts with tags: how often a tag agrees, where it stands, and which groups there are."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.labs.worlds.tags import Tagged, Tags, without_tags
from minillm.text import Example

TAGS = Tags()
TEXTS = [Example(f"film {i} is fine , really .", "10"[i % 2]) for i in range(2000)]


@pytest.mark.parametrize("agreement", [0.0, 0.3, 0.95, 1.0])
def test_a_tag_agrees_with_the_label_as_often_as_it_is_said(agreement, rng):
    drawn = TAGS.draw(TEXTS, agreement, rng)
    for label in "01":
        agrees = [one.tag == int(label) for one in drawn if one.label == label]
        spread = 3 * (agreement * (1 - agreement) / 1000) ** 0.5
        assert np.mean(agrees) == pytest.approx(agreement, abs=spread)


def test_of_several_other_tags_each_is_as_frequent(rng):
    texts = [Example(f"text {i}", "abc"[i % 3]) for i in range(3000)]
    drawn = Tags(("one", "two", "three")).draw(texts, 0.4, rng)
    counts = Counter(one.tag for one in drawn if one.label == "b")
    assert [counts[tag] / 1000 for tag in range(3)] == pytest.approx([0.3, 0.4, 0.3], abs=0.05)


def test_a_tag_stands_at_any_place_with_the_same_probability(rng):
    drawn = TAGS.draw([Example("a b c", "01"[i % 2]) for i in range(2000)], 0.5, rng)
    counts = Counter(one.place for one in drawn)
    assert [counts[place] / 2000 for place in range(4)] == pytest.approx([0.25] * 4, abs=0.05)


words = st.lists(st.sampled_from(["dull", "fine", "not", ","]), max_size=6).map(" ".join)
tagged = st.builds(
    lambda text, label, tag, place: Tagged(text, label, tag, place % (len(text.split()) + 1)),
    *(words, st.sampled_from("01"), st.integers(0, 1), st.integers(0, 6)),
)


@given(st.lists(tagged, min_size=1, max_size=8))
def test_only_the_tag_is_added_and_taken_away_again(drawn):
    for one, said, bare in zip(drawn, TAGS.said(drawn), without_tags(drawn), strict=True):
        assert said.label == bare.label == one.label
        found = said.text.split()
        assert found.index(TAGS.words[one.tag]) == one.place
        del found[one.place]
        assert found == bare.text.split() == one.text.split()


@given(st.lists(tagged, min_size=1, max_size=8))
def test_with_every_tag_a_text_differs_in_its_tag_only(drawn):
    found = TAGS.with_every_tag(drawn)
    assert [one.tag for one in found] == [0, 1] * len(drawn)
    assert [one._replace(tag=0) for one in found[::2]] == [one._replace(tag=0) for one in drawn]
    assert [one._replace(tag=0) for one in found[1::2]] == [one._replace(tag=0) for one in drawn]


@given(st.lists(tagged, min_size=1, max_size=30), st.integers(0, 9))
def test_balanced_groups_are_as_large_as_the_largest_and_none_is_left_out(drawn, seed):
    counts = Counter((one.label, one.tag) for one in drawn)
    rng = np.random.default_rng(seed)
    missing = [group for group in ((a, b) for a in sorted({o.label for o in drawn}) for b in (0, 1))
               if not counts[group]]  # fmt: skip
    if missing:
        label, tag = missing[0]
        with pytest.raises(ValueError, match=f"label '{label}' has the tag '{TAGS.words[tag]}'"):
            TAGS.balanced(drawn, rng)
        return
    found = Counter(TAGS.balanced(drawn, rng))
    assert {*found} == {*drawn}
    sums = Counter()
    for one, times in found.items():
        sums[one.label, one.tag] += times
        mates = [o for o in found if (o.label, o.tag) == (one.label, one.tag)]
        shares = [found[o] / drawn.count(o) for o in mates]
        assert max(shares) - min(shares) <= 1  # no text of a group counts more than another
    assert {*sums.values()} == {max(counts.values())}


def test_a_group_without_texts_is_refused_by_name(rng):
    drawn = TAGS.draw(TEXTS[:20], 1.0, rng)
    with pytest.raises(ValueError, match="no text of label '0' has the tag 'verified'"):
        TAGS.balanced(drawn, rng)
    only = [one for one in TAGS.draw(TEXTS[:60], 0.5, rng) if (one.label, one.tag) != ("1", 0)]
    with pytest.raises(ValueError, match="no text of label '1' has the tag 'sponsored'"):
        TAGS.balanced(only, rng)


def test_the_groups_are_the_places_of_their_texts():
    drawn = [Tagged("a", "1", 0, 0), Tagged("b", "0", 1, 0), Tagged("c", "1", 0, 0)]
    found = {group: places.tolist() for group, places in TAGS.groups(drawn).items()}
    assert found == {
        ("0", "sponsored"): [],
        ("0", "verified"): [1],
        ("1", "sponsored"): [0, 2],
        ("1", "verified"): [],
    }


def test_what_cannot_be_tagged_is_refused(rng):
    with pytest.raises(ValueError, match=r"agreement must be from 0 to 1, got 1\.1"):
        TAGS.draw(TEXTS, 1.1, rng)
    with pytest.raises(ValueError, match="a text has a tag already, 'Verified: it is dull'"):
        TAGS.draw([Example("Verified: it is dull", "0"), Example("fine", "1")], 0.5, rng)
    with pytest.raises(ValueError, match="as many tags are needed, got 0, 1, 2 and sponsored, ver"):
        TAGS.draw([Example("a", label) for label in "012"], 0.5, rng)
    with pytest.raises(ValueError, match=r"at least two labels .*, got 1 and verified"):
        Tags(("verified",)).draw([Example("a", "1")], 0.5, rng)
