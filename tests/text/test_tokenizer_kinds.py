import json

import pytest

from minillm.text import (
    TOKENIZERS,
    CharacterTokenizer,
    LearnedTokenizer,
    WordTokenizer,
    kind_and_size,
    tokenizer_for,
    tokenizer_from_json,
    tokenizer_kind,
    tokenizer_to_json,
)
from tests.text.merges import Merges


@pytest.mark.parametrize("name", ["word", "character"])
def test_tokenizers_that_learn_nothing_are_found_by_name(name):
    assert tokenizer_kind(name)().name == tokenizer_for(name, []).name == name
    assert not isinstance(tokenizer_for(name, []), LearnedTokenizer)
    assert kind_and_size(name) == (name, None)
    with pytest.raises(ValueError, match=f"a {name} tokenizer learns nothing and has no size, got"):
        kind_and_size(f"{name}:300")


@pytest.mark.parametrize("name", ["byte_pairs", "wordpiece"])
def test_tokenizers_that_learn_are_trained_to_their_size(name):
    texts = ["the cat", "the hat"]
    trained = tokenizer_for(f"{name}:258", texts)
    assert isinstance(trained, LearnedTokenizer) and trained.name == name
    assert trained.tokens == tokenizer_kind(name).train(texts, size=258).tokens
    assert tokenizer_for(f"{name}:258", texts, min_count=3).tokens != trained.tokens
    for words in (name, f"{name}:", f"{name}:many", f"{name}:-3", f"{name}:²"):
        with pytest.raises(ValueError, match=f"say how many, such as {name}:2000, got '{words}'"):
            kind_and_size(words)


def test_the_kinds_there_are():
    assert {*TOKENIZERS} == {"word", "character", "byte_pairs", "wordpiece"}


@pytest.mark.parametrize("tokenizer", [WordTokenizer(), CharacterTokenizer()])
def test_a_tokenizer_that_learned_nothing_is_its_kind(tokenizer):
    saved = tokenizer_to_json(tokenizer)
    assert saved == {"kind": tokenizer.name, "state": {}}
    assert type(tokenizer_from_json(saved)) is type(tokenizer)


def test_a_state_where_none_belongs_is_refused():
    with pytest.raises(ValueError, match="WordTokenizer has no state, got pairs"):
        tokenizer_from_json({"kind": "word", "state": {"pairs": []}})


def test_what_a_tokenizer_has_learned_comes_back(monkeypatch):
    monkeypatch.setitem(TOKENIZERS, "merges", Merges)
    learned = Merges([("t", "h"), ("th", "e")])
    again = tokenizer_from_json(json.loads(json.dumps(tokenizer_to_json(learned))))
    assert again.tokenize("then") == learned.tokenize("then") == ["the", "n"]
    assert again.join(again.tokenize("then the")) == "then the"
    assert Merges([]).tokenize("then") == list("then")


def test_an_unknown_kind_is_refused_with_those_there_are():
    for use in (
        tokenizer_kind,
        kind_and_size,
        lambda kind: tokenizer_from_json({"kind": kind, "state": {}}),
    ):
        with pytest.raises(
            ValueError, match="must be one of word, character, byte_pairs, wordpiece, got 'bpe'"
        ):
            use("bpe")


def test_what_no_file_could_give_back_is_not_written(monkeypatch):
    with pytest.raises(ValueError, match=r"a Merges cannot be saved before TOKENIZERS\['merges'\]"):
        tokenizer_to_json(Merges([]))
    monkeypatch.setitem(TOKENIZERS, "merges", WordTokenizer)
    with pytest.raises(ValueError, match="a Merges cannot be saved"):
        tokenizer_to_json(Merges([]))
