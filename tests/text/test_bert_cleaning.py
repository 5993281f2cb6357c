import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.text.bert_cleaning import bert_words, words_in_place


@pytest.mark.parametrize(
    ("text", "uncased", "cased"),
    [
        ("", "", ""),
        (" \t\n\u3000\u2028", "", ""),
        ("Hello,  World!", "hello , world !", "Hello , World !"),
        ("Café naïve", "cafe naive", "Café naïve"),
        ("Cafe\u0301", "cafe", "Cafe\u0301"),
        ("don't $3.50 a_b x~y", "don ' t $ 3 . 50 a _ b x ~ y", "don ' t $ 3 . 50 a _ b x ~ y"),
        ("我爱NLP，你呢", "我 爱 nlp ， 你 呢", "我 爱 NLP ， 你 呢"),
        ("\uf900\U0002f800𠀀㐀", "豈 丽 𠀀 㐀", "\uf900 \U0002f800 𠀀 㐀"),
        ("さくら 한국", "さくら 한국", "さくら 한국"),
        ("a\x00b\u200bc\ufeffd\ufffde\ud800f\ue000g", "abcdefg", "abcdefg"),
        ("a\x0bb\x0cc\x85d", "abcd", "abcd"),
        ("a\u00a0b\rc\u1680d", "a b c d", "a b c d"),
        ("ΟΔΟΣ İSTANBUL", "οδοσ istanbul", "ΟΔΟΣ İSTANBUL"),
        ("x≠y", "x = y", "x≠y"),
        ("[MASK] ##ing", "[ mask ] # # ing", "[ MASK ] # # ing"),
        ("¿Qué?—“así”", "¿ que ? — “ asi ”", "¿ Qué ? — “ así ”"),
    ],
)
def test_words_by_example(text, uncased, cased):
    decomposed = [unicodedata.normalize("NFD", word) for word in uncased.split()]
    assert bert_words(text, lower=True) == (decomposed if "한" in text else uncased.split())
    assert bert_words(text, lower=False) == cased.split()


TEXTS = st.text(st.characters()) | st.text("aÉe\u0301 我,.\x00\u3000İ한\uf900≠")


@given(TEXTS, st.booleans())
def test_words_hold_no_blank_and_cleaning_them_again_changes_nothing(text, lower):
    words = bert_words(text, lower=lower)
    assert all(words) and not any(c.isspace() for word in words for c in word)
    assert bert_words(" ".join(words), lower=lower) == words


@given(TEXTS, TEXTS, st.booleans())
def test_texts_parted_by_a_blank_are_cleaned_apart(left, right, lower):
    apart = bert_words(left, lower=lower) + bert_words(right, lower=lower)
    assert bert_words(f"{left} {right}", lower=lower) == apart


@given(TEXTS, st.booleans())
def test_every_character_knows_its_place(text, lower):
    found = words_in_place(text, lower=lower)
    assert [word for word, _ in found] == bert_words(text, lower=lower)
    places = [place for _, places in found for place in places]
    assert places == sorted(places)
    for word, places in found:
        assert len(word) == len(places)
        assert bert_words(text[places[0] : places[-1] + 1], lower=lower) == [word]


@pytest.mark.parametrize("value", [None, b"bytes", 3])
def test_it_takes_texts_only(value):
    with pytest.raises(TypeError, match=f"got {type(value).__name__}"):
        bert_words(value, lower=True)
