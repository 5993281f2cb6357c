import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.text import BytePairTokenizer, tokenizer_from_json, tokenizer_to_json
from minillm.text.byte_alphabet import ALPHABET, as_characters
from minillm.text.byte_pairs import LONGEST
from minillm.text.merging import apply_merges
from tests.reference.token_strings import training_texts

TRAINED = BytePairTokenizer.train(training_texts(), size=600)
TEXTS = st.text(st.characters()) | st.text("tea ms'\n茶水今天\ud83d\ude00\u0301", max_size=60)


def test_by_example():
    tokenizer = BytePairTokenizer([("e", "a"), ("t", "ea"), ("Ġ", "tea")])
    assert tokenizer.tokenize("tea teams ate") == ["tea", "Ġtea", "m", "s", "Ġ", "a", "t", "e"]
    assert tokenizer.tokens == (*ALPHABET, "ea", "tea", "Ġtea")
    assert tokenizer.merges == (("e", "a"), ("t", "ea"), ("Ġ", "tea"))


def test_without_merges_the_tokens_are_the_bytes():
    assert BytePairTokenizer([]).tokenize("茶 a") == ["è", "Į", "¶", "Ġ", "a"]


@pytest.mark.guide("G2")
def test_training_joins_what_is_frequent_but_nothing_across_words():
    tokenizer = BytePairTokenizer.train(["tea team steam tea team"] * 2, size=300)
    assert {"Ġtea", "Ġteam", "Ġsteam"} <= {*tokenizer.tokens}
    assert not any("Ġ" in token[1:] for token in tokenizer.tokens)
    assert tokenizer.tokenize("a team") == ["a", "Ġteam"]


def test_training_stops_at_the_size_or_at_rare_pairs():
    texts = ["ab ab cd"]
    assert len(BytePairTokenizer.train(texts, size=257).tokens) == 257
    assert BytePairTokenizer.train(texts, size=1000).merges == (("a", "b"),)
    assert len(BytePairTokenizer.train(texts, size=1000, min_count=1).tokens) == 260
    assert BytePairTokenizer.train([], size=300).merges == ()


def test_texts_are_not_joined_to_each_other():
    assert BytePairTokenizer.train(["a", "b"] * 9, size=300).merges == ()


@pytest.mark.guide("G2")
@given(TEXTS)
def test_every_text_comes_back(text):
    assert TRAINED.join(TRAINED.tokenize(text)) == text
    assert {*TRAINED.tokenize(text)} <= {*TRAINED.tokens}


@given(TEXTS)
def test_spans_lie_where_the_bytes_of_the_tokens_are(text):
    tokens, spans = TRAINED.tokenize(text), TRAINED.spans(text)
    assert len(tokens) == len(spans)
    for token, (start, stop) in zip(tokens, spans, strict=True):
        assert token in as_characters(text[start:stop])
        assert len(as_characters(text[start + 1 : stop - 1])) <= len(token)
    starts = [start for start, _ in spans]
    assert starts == sorted(starts)
    assert {i for start, stop in spans for i in range(start, stop)} == {*range(len(text))}


def test_spans_by_example():
    tokenizer = BytePairTokenizer([("e", "a"), ("Ġ", "t")])
    assert tokenizer.spans("tea 茶 tea") == [
        (0, 1), (1, 3), (3, 4), (4, 5), (4, 5), (4, 5), (5, 7), (7, 9),
    ]  # fmt: skip


@given(st.text("teamswar", min_size=LONGEST - 3, max_size=LONGEST + 3))
def test_long_words_are_cut_like_short_ones_and_only_these_are_remembered(word):
    assert TRAINED.tokenize(word) == apply_merges(as_characters(word), TRAINED.ranks)
    assert (word in TRAINED.known) == (len(word) <= LONGEST)


def test_cut_tokens_are_replaced_and_nothing_else_is():
    tokens = BytePairTokenizer([]).tokenize("a茶b")
    assert BytePairTokenizer([]).join(tokens[:3]) == "a\ufffd"
    assert BytePairTokenizer([]).join([*tokens[:2], *tokens[4:]]) == "a\ufffdb"


def test_a_special_token_is_joined_as_its_own_letters():
    tokenizer = BytePairTokenizer([("Ġ", "t")])
    assert tokenizer.join(["a", "<|Ġ|>", "Ġt", "[茶]"]) == "a<|Ġ|> t[茶]"


def test_a_word_is_cut_once_and_the_memory_is_bounded(monkeypatch):
    monkeypatch.setattr("minillm.text.byte_pairs.KEPT", 3)
    tokenizer = BytePairTokenizer([("a", "b")])
    for text in ("ab", "abc", "xab", "abab", "b"):
        assert tokenizer.tokenize(text) == tokenizer.tokenize(text) == tokenizer.tokens_of(text)
        assert len(tokenizer.known) <= 3


def test_what_was_learned_comes_back_from_json():
    again = tokenizer_from_json(json.loads(json.dumps(tokenizer_to_json(TRAINED))))
    assert type(again) is BytePairTokenizer
    assert again.merges == TRAINED.merges and again.tokens == TRAINED.tokens


@pytest.mark.parametrize(
    ("merges", "message"),
    [
        ([("a", "b"), ("c",)], "merge number 1 must be a pair of tokens, got"),
        ([("a", "b"), ("abc", "d")], "merge number 1 names 'abc', which is no byte"),
        ([("a", "茶")], "names '茶'"),
        ([("a", "bc"), ("b", "c")], "merge number 0 names 'bc'"),
        ([("a", "b"), ("a", "b")], "merge number 1 builds 'ab', which is there already"),
        ([("a", "b"), ("b", "c"), ("ab", "c"), ("a", "bc")], "merge number 3 builds 'abc'"),
        ([("", "b")], "merge number 0 names ''"),
    ],
)
def test_merges_that_cannot_be_applied_are_refused(merges, message):
    with pytest.raises(ValueError, match=message):
        BytePairTokenizer(merges)


def test_bad_settings_of_training_are_refused():
    with pytest.raises(
        ValueError, match="size must be at least 256, a token for every byte, got 9"
    ):
        BytePairTokenizer.train(["a"], size=9)
    with pytest.raises(ValueError, match="min_count must be at least 1, got 0"):
        BytePairTokenizer.train(["a"], size=300, min_count=0)
    with pytest.raises(TypeError, match=r"got the text 'tea'; write \[text\]"):
        BytePairTokenizer.train("tea", size=300)
    with pytest.raises(TypeError, match="got bytes"):
        TRAINED.tokenize(b"tea")


@given(text=st.text("te a\n\u3000é", max_size=12))
def test_a_blank_before_a_text_gives_the_tokens_of_the_text_with_a_blank(text):
    merges = [("t", "e"), ("te", "a"), ("Ġ", "tea")]
    plain, prefixed = BytePairTokenizer(merges), BytePairTokenizer(merges, add_prefix_space=True)
    longer = text if not text or text.startswith(" ") else f" {text}"
    assert prefixed.tokenize(text) == plain.tokenize(longer)
    assert prefixed.join(prefixed.tokenize(text)) == longer
    assert all(0 <= start < stop <= len(text) for start, stop in prefixed.spans(text))
    again = BytePairTokenizer.from_json(prefixed.to_json())
    assert again.tokenize(text) == prefixed.tokenize(text)
    assert "add_prefix_space" not in plain.to_json()
