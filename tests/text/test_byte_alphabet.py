import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.text.byte_alphabet import ALPHABET, as_bytes, as_characters, as_text

ANY = st.text(st.characters())  # lone surrogates are characters here
TEXTS = ANY | st.text("a\ud83d\ude00\udfff茶\0")


def test_there_is_a_visible_character_for_each_byte():
    assert len(set(ALPHABET)) == 256
    assert all(character.isprintable() and not character.isspace() for character in ALPHABET)
    assert sorted(as_bytes("".join(ALPHABET))) == list(range(256))


def test_the_order_is_that_of_the_code_points_with_the_letters_first():
    """The ids of GPT-2: ! is 0, A 32, ~ 93; byte 0 is 188, the blank 220, byte 255 is 187."""
    assert list(ALPHABET) == sorted(ALPHABET)
    assert [ALPHABET.index(c) for c in "!A~Ā ÿĠ".replace(" ", "")] == [0, 32, 93, 188, 187, 220]
    assert [as_bytes(ALPHABET[i])[0] for i in (0, 188, 220, 221, 254, 255)] == [
        33,
        0,
        32,
        127,
        160,
        173,
    ]


def test_characters_by_example():
    assert as_characters(" né\n") == "ĠnÃ©Ċ"
    assert as_characters("茶") == "èĮ¶" and as_bytes("èĮ¶") == "茶".encode()


@given(TEXTS)
def test_a_text_comes_back(text):
    assert as_text(as_bytes(as_characters(text))) == text


def test_lone_surrogates_come_back_and_two_of_them_are_not_their_character():
    for text in ("\ud83d", "a\udc00b", "\ud83d\ude00", "\udfff\ud800"):
        assert as_text(as_bytes(as_characters(text))) == text
    assert as_bytes(as_characters("\ud83d\ude00")) != "😀".encode()


def test_what_is_no_whole_character_is_replaced():
    assert as_text("茶".encode()[:2]) == "\ufffd"
    assert as_text(b"a\xff" + "茶".encode()) == "a\ufffd茶"
    assert as_text(b"\xff" + as_bytes(as_characters("\ud83d"))) == 4 * "\ufffd"


def test_a_character_outside_the_alphabet_has_no_byte():
    with pytest.raises(KeyError):
        as_bytes("茶")
