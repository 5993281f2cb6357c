"""The guide splits at blanks, hides its padding function, and sizes its table by the length."""

import numpy as np
import pytest

from minillm import ops, text
from minillm.text import (
    BytePairTokenizer,
    CharacterTokenizer,
    Vocabulary,
    WordTokenizer,
    own_vocabulary,
)
from minillm.text.corpora import load_corpus

word, character = WordTokenizer().tokenize, CharacterTokenizer().tokenize
ROWS = [[7, 8, 9, 7], [8]]


@pytest.fixture(scope="module")
def texts():
    """Training, test and foreign texts by language; the foreign ones are of another grammar."""
    found = {}
    for language in ("en", "zh"):
        reviews = load_corpus("sentiment", language, sizes=(400, 0, 100))
        news = load_corpus("topics", language, sizes=(0, 0, 100))
        parts = (reviews.train, reviews.test, news.test)
        found[language] = [[example.text for example in part] for part in parts]
    return found


@pytest.mark.guide("G2")
@pytest.mark.errata("A66")
def test_a66_split_at_blanks_every_chinese_sentence_is_a_word_of_its_own(texts):
    train, test, _ = texts["zh"]
    assert all(len(sentence.split()) == 1 for sentence in train + test)
    at_blanks = Vocabulary.build(map(str.split, train))
    assert len(at_blanks.ordinary_ids) == len(set(train)) == len(train)
    assert at_blanks.unknown_rate(map(str.split, test)) == 1.0


@pytest.mark.guide("G2")
@pytest.mark.errata("A66")
def test_a66_our_words_part_chinese_characters_and_know_them_again(texts):
    train, test, _ = texts["zh"]
    assert all(len(word(sentence)) == len(sentence) for sentence in test)
    assert Vocabulary.build(map(word, train)).unknown_rate(map(word, test)) < 0.01


@pytest.mark.guide("G3")
@pytest.mark.errata("A66")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a66_a_word_that_training_did_not_have_is_counted_and_does_not_vanish(texts, language):
    train, _, foreign = texts[language]
    vocabulary = Vocabulary.build(map(word, train))
    seen = {token for sentence in train for token in word(sentence)}
    tokens = [token for sentence in foreign for token in word(sentence)]
    ids = vocabulary.encode(tokens)
    assert len(ids) == len(tokens)
    assert [i == vocabulary.unknown_id for i in ids] == [token not in seen for token in tokens]
    assert vocabulary.unknown_rate([tokens]) > 0.4
    left = [token for token in tokens if token in seen]  # as the guide's class: no trace of them
    assert Vocabulary.build([left]).unknown_rate([left]) == 0.0 and len(left) < 0.6 * len(tokens)
    leaking = Vocabulary.build(map(word, train + foreign))
    assert leaking.unknown_rate([tokens]) == 0.0


@pytest.mark.guide("G2")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_g2_ids_of_characters_give_the_test_text_again_and_lose_what_is_unknown(texts, language):
    train, test, _ = texts[language]
    vocabulary = Vocabulary.build(map(character, train))

    def there_and_back(sentence):
        return CharacterTokenizer().join(vocabulary.decode(vocabulary.encode(character(sentence))))

    assert all(there_and_back(sentence) == sentence for sentence in test)
    assert there_and_back("🍵" + test[0]) == "[UNK]" + test[0]


@pytest.mark.guide("G4")
@pytest.mark.errata("A64")
def test_a64_a_wrapper_with_the_name_of_what_it_wraps_calls_itself():
    def pad(rows, max_length):
        return pad(rows, length=max_length)

    with pytest.raises(TypeError, match="unexpected keyword argument 'length'"):
        pad(ROWS, max_length=3)

    def pad(rows, length):
        return pad(rows, length=length)

    with pytest.raises(RecursionError):
        pad(ROWS, length=3)

    def padded_to(rows, max_length):
        return text.pad(rows, length=max_length)

    assert padded_to(ROWS, max_length=3)[0].tolist() == [[7, 8, 9], [8, 0, 0]]


@pytest.mark.guide("G8")
@pytest.mark.errata("A68")
def test_a68_a_table_as_high_as_the_sequence_is_long_lacks_rows(rng):
    vocabulary = Vocabulary.build([["salt", "rice", "fish", "soup"]])
    ids, _ = text.pad([vocabulary.encode(["soup", "rice"])], length=5)
    with pytest.raises(IndexError, match=r"token id 10 at position \(0, 0\) .* vocabulary of 5"):
        ops.embedding(rng.standard_normal((5, 3)), ids=ids)
    table = rng.standard_normal((len(vocabulary), 3))
    np.testing.assert_array_equal(ops.embedding(table, ids=ids).data[0, 0], table[10])


@pytest.mark.guide("G2")
@pytest.mark.errata("A19")
def test_a19_sub_words_know_every_word_and_need_fewer_tokens_than_characters(texts):
    """Words lose what is new; characters lose nothing and are many; sub-words are between."""
    train, _, foreign = texts["en"]
    words = Vocabulary.build(map(word, train))
    assert words.unknown_rate(map(word, foreign)) > 0.2
    pieces = BytePairTokenizer.train(train, size=600)
    found = [pieces.tokenize(sentence) for sentence in foreign]
    assert own_vocabulary(pieces).unknown_rate(found) == 0.0
    assert list(map(pieces.join, found)) == foreign
    n_pieces = sum(map(len, found))
    assert sum(map(len, map(word, foreign))) < n_pieces < 0.8 * sum(map(len, foreign))
