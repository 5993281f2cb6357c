import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.models.decoding import before_stop, stop_at, stream_text


def decode(tokens):
    """Tokens are bytes: a character may be several of them."""
    return bytes(tokens).decode("utf-8", errors="replace")


def test_a_stop_string_is_found_over_several_tokens_and_left_out():
    stop = stop_at(["END", "\n\n"], decode)
    assert [stop(b"abEN"[:n]) for n in range(5)] == [False] * 5
    assert stop(b"abEND")
    assert stop(b"a\n\nb")
    assert before_stop("abEND c\n\n", ["\n\n", "END"]) == "ab"
    assert before_stop("ab", ["END"]) == "ab"


def test_what_may_become_a_stop_string_is_held_back():
    assert list(stream_text(b"abEND!", decode, ["END"])) == ["a", "b"]
    assert list(stream_text(b"aENx", decode, ["END"])) == ["a", "ENx"]
    assert list(stream_text(b"aEN", decode, ["END"])) == ["a", "EN"]  # the end was no stop


def test_half_a_character_is_held_back():
    assert list(stream_text("a语言".encode(), decode)) == ["a", "语", "言"]
    assert list(stream_text("语".encode()[:2], decode)) == ["\N{REPLACEMENT CHARACTER}"]


def test_nothing_is_read_behind_a_stop_string():
    tokens = iter(b"abENDcd")
    assert "".join(stream_text(tokens, decode, ["END"])) == "ab"
    assert bytes(tokens) == b"cd"


@given(st.text(alphabet="abE语", max_size=12), st.lists(st.text("abE语", min_size=1), min_size=1))
def test_the_pieces_joined_are_the_text_before_the_stop_that_is_complete_first(text, strings):
    pieces = list(stream_text(text.encode(), decode, strings))
    read = (text[:n] for n in range(len(text)) if any(one in text[:n] for one in strings))
    assert "".join(pieces) == before_stop(next(read, text), strings)
    assert all(pieces)


@pytest.mark.parametrize(
    ("strings", "error"),
    [([], ValueError), ([""], ValueError), ([3], ValueError), ("x", TypeError)],
)
def test_what_cannot_end_a_text_is_refused(strings, error):
    with pytest.raises(error, match="stop strings must be"):
        stop_at(strings, decode)
    with pytest.raises(error, match="stop strings must be"):
        before_stop("x", strings)
    if strings:
        with pytest.raises(error, match="stop strings must be"):
            stream_text([], decode, strings)
