import pytest

from minillm.text import (
    BERT_SPECIAL,
    BytePairTokenizer,
    CharacterTokenizer,
    LearnedTokenizer,
    WordPieceTokenizer,
    own_vocabulary,
)

LEARNED = [BytePairTokenizer([("t", "h"), ("th", "e")]), WordPieceTokenizer(["the", "##n", "a"])]


@pytest.mark.parametrize("tokenizer", LEARNED)
def test_what_has_learned_its_tokens_is_told_from_what_has_not(tokenizer):
    assert isinstance(tokenizer, LearnedTokenizer)
    assert not isinstance(CharacterTokenizer(), LearnedTokenizer)


@pytest.mark.parametrize("tokenizer", LEARNED)
def test_the_vocabulary_has_every_token_after_the_special_ones(tokenizer):
    vocabulary = own_vocabulary(tokenizer)
    assert vocabulary.tokens == (*BERT_SPECIAL.values(), *tokenizer.tokens)
    end = {"bos": "<|endoftext|>", "eos": "<|endoftext|>"}
    assert own_vocabulary(tokenizer, special=end).tokens == ("<|endoftext|>", *tokenizer.tokens)


@pytest.mark.parametrize("tokenizer", LEARNED)
def test_a_special_token_that_text_can_yield_is_refused(tokenizer):
    with pytest.raises(ValueError, match="the eos token 'the' is also a token of ordinary text"):
        own_vocabulary(tokenizer, special={"eos": "the"})
