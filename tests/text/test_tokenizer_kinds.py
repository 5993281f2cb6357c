import json

import pytest

from minillm.text import (
    TOKENIZERS,
    WITHOUT_TRAINING,
    CharacterTokenizer,
    LearnedTokenizer,
    WordTokenizer,
    new_tokenizer,
    tokenizer_from_json,
    tokenizer_kind,
    tokenizer_to_json,
)
from tests.text.merges import Merges


@pytest.mark.parametrize("name", ["word", "character"])
def test_tokenizers_are_found_by_name(name):
    assert tokenizer_kind(name)().name == new_tokenizer(name).name == name


@pytest.mark.parametrize("name", list(TOKENIZERS))
def test_every_kind_can_be_made_or_trained(name):
    if name in WITHOUT_TRAINING:
        assert not isinstance(new_tokenizer(name), LearnedTokenizer)
        return
    trained = tokenizer_kind(name).train(["the cat"] * 2, size=300)
    assert isinstance(trained, LearnedTokenizer) and trained.name == name
    message = rf"a {name} tokenizer has to learn its tokens first: {type(trained).__name__}.train"
    with pytest.raises(ValueError, match=message):
        new_tokenizer(name)


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
    for use in (tokenizer_kind, lambda kind: tokenizer_from_json({"kind": kind, "state": {}})):
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
