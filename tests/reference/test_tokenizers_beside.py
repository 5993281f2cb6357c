"""Both learned tokenisers beside ``tokenizers`` itself, where that is installed."""

import random
import sys
import unicodedata

import pytest

from minillm.text import BytePairTokenizer, WordPieceTokenizer, write_byte_pairs, write_wordpiece
from minillm.text.bert_cleaning import bert_words
from minillm.text.learned_tokenizers import own_vocabulary
from minillm.text.pretokens import pretokens
from tests.reference.peer_tokenizers import (
    SPECIAL,
    merges_of,
    peer_byte_pairs,
    peer_wordpiece,
    vocabulary_of,
)
from tests.reference.token_strings import RANGES, signs, strings, training_texts

tokenizers = pytest.importorskip("tokenizers")
ALL = [pair for ranges in RANGES.values() for pair in ranges]


def more_strings(seed):
    """Two thousand other strings, long ones among them."""
    rng = random.Random(seed)
    found = [
        signs(rng, rng.choice([ALL, *RANGES.values()]), rng.randrange(40)) for _ in range(1990)
    ]
    return [*found, *(signs(rng, ALL, 10_000) for _ in range(10))]


def other_texts(seed):
    """Training texts of every script, so that ties are many."""
    rng = random.Random(seed)
    words = [signs(rng, rng.choice([*RANGES.values()]), rng.randrange(1, 6)) for _ in range(150)]
    return [" ".join(rng.choices(words, k=9)) for _ in range(150)]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("min_count", [1, 2])
def test_merges_and_ids_are_theirs_on_texts_of_every_script(seed, min_count):
    texts = other_texts(seed)
    peer = peer_byte_pairs(texts, 900, min_count)
    ours = BytePairTokenizer.train(texts, size=900, min_count=min_count)
    assert merges_of(peer) == list(ours.merges)
    assert vocabulary_of(peer) == [*SPECIAL, *ours.tokens]
    for text in more_strings(seed):
        assert peer.encode(text).tokens == ours.tokenize(text), ascii(text)


@pytest.mark.parametrize("lower", [True, False])
def test_pieces_and_offsets_are_theirs_on_texts_of_every_script(lower):
    peer = peer_wordpiece(training_texts(), 500, lower)
    ours = WordPieceTokenizer(vocabulary_of(peer)[len(SPECIAL) :], lower=lower)
    for text in [*more_strings(7), *strings()]:
        theirs = peer.encode(text)
        assert theirs.tokens == ours.tokenize(text), ascii(text)
        assert theirs.offsets == ours.spans(text), ascii(text)
        assert peer.decode(theirs.ids, skip_special_tokens=False) == ours.join(theirs.tokens)


def test_bytes_that_were_cut_are_decoded_alike():
    peer = peer_byte_pairs(training_texts(), 300)
    ours = BytePairTokenizer(merges_of(peer))
    rng, tokens = random.Random(5), ours.tokens
    for _ in range(2000):
        some = [rng.choice(tokens) for _ in range(rng.randrange(6))]
        assert peer.decode([peer.token_to_id(t) for t in some]) == ours.join(some)


def test_they_read_the_files_that_we_write(tmp_path):
    ours = BytePairTokenizer.train(training_texts(), size=400)
    paths = str(tmp_path / "vocab.json"), str(tmp_path / "merges.txt")
    write_byte_pairs(*paths, ours, own_vocabulary(ours))
    peer = tokenizers.Tokenizer(tokenizers.models.BPE.from_file(*paths))
    peer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    pieces = WordPieceTokenizer.train(training_texts(), size=400)
    write_wordpiece(tmp_path / "vocab.txt", pieces, own_vocabulary(pieces))
    other = tokenizers.Tokenizer(
        tokenizers.models.WordPiece.from_file(str(tmp_path / "vocab.txt"), unk_token="[UNK]")
    )
    other.normalizer = tokenizers.normalizers.BertNormalizer()
    other.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    for text in strings():
        assert peer.encode(text).tokens == ours.tokenize(text)
        assert other.encode(text).tokens == pieces.tokenize(text)


@pytest.mark.slow
def test_every_character_is_of_their_kind():
    """But those that this Python's Unicode does not know yet: their tables are newer."""
    cut = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False).pre_tokenize_str
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if unicodedata.category(character) not in ("Cn", "Cs"):
            for other in "a1!":
                text = other + character + other
                assert len(cut(text)) == len(pretokens(text)), hex(code)


@pytest.mark.slow
@pytest.mark.parametrize("lower", [True, False])
def test_every_character_is_cleaned_like_theirs_but_for_newer_ones(lower):
    """Their tables of marks and signs are older than this Python's.

    So they pass over what has come into Unicode since, or has changed its category there.  And
    they miss 256 characters, 0x2b820 to 0x2b91f, which the authors' program counts as Chinese.
    """
    normalize = tokenizers.normalizers.BertNormalizer(lowercase=lower).normalize_str
    cut = tokenizers.pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    known = [c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) != "Cs"]
    others = []
    for character in known:
        words = [word for word, _ in cut(normalize(f"a{character}b"))]
        if words != bert_words(f"a{character}b", lower=lower):
            others.append(character)
    others = [c for c in others if unicodedata.category(c) != "Cn"]
    assert all(unicodedata.ucd_3_2_0.category(c) != unicodedata.category(c) for c in others)
    assert len(others) < 1000
