"""Which tags there are and which may follow which, against sentences that are enumerated."""

import itertools

import numpy as np
import pytest

from minillm.tasks.entities import (
    SCHEMES,
    first_illegal,
    follows,
    legal,
    parts,
    spans_of,
    strict_spans,
    tags_for,
    tags_of,
)
from minillm.tasks.entities.schemes import scheme_of, types_in

ALL = {scheme: tags_for("XY", scheme) for scheme in SCHEMES}


def test_the_tags_of_types_in_their_order():
    assert tags_for(["PER", "LOC"]) == ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
    assert tags_for(["LOC"], "BIOES") == ["O", "B-LOC", "I-LOC", "E-LOC", "S-LOC"]
    assert parts("B-creative-work") == ("B", "creative-work")
    assert types_in(["O", "S-LOC", "B-ART"]) == ["ART", "LOC"]
    assert (scheme_of(["O", "B-X"]), scheme_of(["O", "S-X"])) == ("BIO", "BIOES")


@pytest.mark.guide("G39")
@pytest.mark.parametrize("scheme", SCHEMES)
def test_legal_sentences_are_those_that_some_names_give(scheme):
    """Of all tag sequences of four words those are legal that ``tags_of`` can write."""
    written = set()
    for tags in itertools.product(ALL[scheme], repeat=4):
        written.add(tuple(tags_of(spans_of(tags), 4, scheme)))
        assert (first_illegal(tags, scheme) is None) == (
            tuple(tags_of(spans_of(tags), 4, scheme)) == tags
        )
    assert written == {
        tags
        for tags in itertools.product(ALL[scheme], repeat=4)
        if first_illegal(tags, scheme) is None
    }


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_table_of_transitions_allows_the_same_sentences(scheme):
    tags, table = ALL[scheme], legal(ALL[scheme], scheme)
    ends = len(tags)
    assert table.shape == (ends + 1, ends + 1)
    for row in itertools.product(range(ends), repeat=3):
        path = [ends, *row, ends]
        allowed = all(table[a, b] for a, b in itertools.pairwise(path))
        assert allowed == (first_illegal([tags[i] for i in row], scheme) is None)


def test_the_place_of_the_first_tag_that_may_not_stand_there():
    assert first_illegal(["O", "I-X"], "BIO") == 1
    assert first_illegal(["B-X", "I-Y"], "BIO") == 1
    assert first_illegal(["B-X", "O"], "BIO") is None
    assert first_illegal(["B-X", "O"], "BIOES") == 1
    assert first_illegal(["O", "B-X"], "BIOES") == 2  # it never ends
    assert first_illegal([], "BIOES") is None
    assert not follows("S-X", "I-X", "BIOES")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_both_readings_agree_where_tags_are_legal_and_only_there(scheme):
    for tags in itertools.product(ALL[scheme], repeat=4):
        if first_illegal(tags, scheme) is None:
            assert spans_of(tags) == strict_spans(tags, scheme)
        else:
            assert tags_of(strict_spans(tags, scheme), 4, scheme) != list(tags)


@pytest.mark.parametrize("tag", ["", "B", "B-", "X-PER", "b-PER", "BPER", "o", "-PER", "B- "])
def test_what_is_not_a_tag_is_refused(tag):
    with pytest.raises(ValueError, match="a tag is O, or B-, I-, E- or S- with a type"):
        parts(tag)


def test_other_schemes_and_their_tags_are_refused():
    with pytest.raises(ValueError, match="scheme must be one of BIO, BIOES, got 'IOB'"):
        tags_for(["X"], "IOB")
    with pytest.raises(ValueError, match="BIO has no tag 'S-X'"):
        first_illegal(["S-X"], "BIO")
    with pytest.raises(ValueError, match="BIO has no tag 'E-X'"):
        legal(["O", "E-X"], "BIO")
    with pytest.raises(ValueError, match="a tag is O"):
        tags_for([""])


def test_the_table_is_boolean():
    assert legal(["O"], "BIO").dtype == np.dtype(bool)
