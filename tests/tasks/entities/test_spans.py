"""Names in tags: hand-worked readings, and the way there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.tasks.entities import (
    SCHEMES,
    Span,
    convert,
    first_illegal,
    names_in,
    spans_of,
    strict_spans,
    tags_for,
    tags_of,
)


@st.composite
def sentences(draw):
    """Names that do not overlap, and the length of their sentence."""
    spans, place = [], 0
    for _ in range(draw(st.integers(0, 4))):
        start = place + draw(st.integers(0, 2))
        place = start + draw(st.integers(1, 3))
        spans.append(Span(draw(st.sampled_from(["PER", "LOC", "x-y"])), start, place))
    return spans, place + draw(st.integers(0, 2))


@pytest.mark.guide("G39")
@pytest.mark.parametrize("scheme", SCHEMES)
@given(sentence=sentences())
def test_names_come_back_from_their_tags_and_the_tags_are_legal(scheme, sentence):
    spans, length = sentence
    tags = tags_of(spans, length, scheme)
    assert len(tags) == length
    assert first_illegal(tags, scheme) is None
    assert spans_of(tags) == strict_spans(tags, scheme) == spans
    other = convert(tags, "BIO" if scheme == "BIOES" else "BIOES")
    assert convert(other, scheme) == tags


@given(st.lists(st.sampled_from(tags_for("XY", "BIOES")), max_size=7), st.sampled_from([*SCHEMES]))
def test_conversion_makes_any_tags_legal_and_keeps_the_names(tags, scheme):
    converted = convert(tags, scheme)
    assert first_illegal(converted, scheme) is None
    assert spans_of(converted) == spans_of(tags)


# the tags, their names in the reading of the shared tasks, and those that are whole in BIO
CASES = [
    ("O I-X I-X O", [("X", 1, 3)], []),  # starts inside
    ("I-X", [("X", 0, 1)], []),
    ("B-X I-Y", [("X", 0, 1), ("Y", 1, 2)], [("X", 0, 1)]),  # the type changes
    ("B-X I-X I-Y I-Y", [("X", 0, 2), ("Y", 2, 4)], [("X", 0, 2)]),
    ("B-X B-X I-X", [("X", 0, 1), ("X", 1, 3)], [("X", 0, 1), ("X", 1, 3)]),
    ("I-X B-X", [("X", 0, 1), ("X", 1, 2)], [("X", 1, 2)]),
    ("B-X O I-X", [("X", 0, 1), ("X", 2, 3)], [("X", 0, 1)]),
    ("", [], []),
]


@pytest.mark.parametrize(("tags", "lenient", "strict"), CASES)
def test_tags_that_do_not_fit_are_read_in_two_ways(tags, lenient, strict):
    assert spans_of(tags.split()) == lenient
    assert strict_spans(tags.split(), "BIO") == strict


@pytest.mark.parametrize(
    ("tags", "lenient", "strict"),
    [
        ("B-X E-X S-Y", [("X", 0, 2), ("Y", 2, 3)], [("X", 0, 2), ("Y", 2, 3)]),
        ("B-X I-X O", [("X", 0, 2)], []),  # it never ends
        ("E-X E-X", [("X", 0, 1), ("X", 1, 2)], []),
        ("B-X E-Y", [("X", 0, 1), ("Y", 1, 2)], []),
        ("S-X I-X E-X", [("X", 0, 1), ("X", 1, 3)], [("X", 0, 1)]),
        ("B-X B-X E-X", [("X", 0, 1), ("X", 1, 3)], [("X", 1, 3)]),
    ],
)
def test_tags_with_ends_that_do_not_fit_are_read_in_two_ways(tags, lenient, strict):
    assert spans_of(tags.split()) == lenient
    assert strict_spans(tags.split(), "BIOES") == strict


def test_names_are_compared_without_case():
    words = ["Visit", "NEW", "York", "now"]
    assert names_in(words, [Span("LOC", 1, 3)]) == [("new", "york")]


def test_names_that_cannot_be_written_are_refused():
    with pytest.raises(ValueError, match="X from 1 to 3 in a sentence of 2"):
        tags_of([Span("X", 1, 3)], 2)
    with pytest.raises(ValueError, match="X from 1 to 1 in a sentence of 2"):
        tags_of([Span("X", 1, 1)], 2)
    with pytest.raises(ValueError, match="Y from 1 to 2 lies over another name"):
        tags_of([Span("X", 0, 2), Span("Y", 1, 2)], 2)
