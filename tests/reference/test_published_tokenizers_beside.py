"""Published folders beside ``transformers`` and ``tokenizers``, where these are installed.

Each reads what the other has written, and both give the same ids.  ``transformers`` is asked
to take special tokens in a text for text, as this library does (``split_special_tokens=True``).
"""

import json
import random

import pytest

from minillm.text import (
    BERT_SPECIAL,
    GPT2_SPECIAL,
    BytePairTokenizer,
    WordPieceTokenizer,
    encode_text,
    own_vocabulary,
    read_published_tokenizer,
    write_published_tokenizer,
)
from tests.reference.peer_tokenizers import SPECIAL, peer_byte_pairs, peer_wordpiece
from tests.reference.token_strings import RANGES, signs, strings, training_texts

tokenizers = pytest.importorskip("tokenizers")
transformers = pytest.importorskip("transformers")

TALK = {"pad": "<pad>", "bos": "<s>", "eos": "<s>", "system": "<SYS>", "turn_end": "<END>"}
ROLES = ("pad", "unknown", "cls", "sep", "mask", "eos")
LONGEST = 20_000  # characters: the longest strings of the suite add only time here


def texts_of_every_script():
    """Four thousand: words, signs of one script, of all scripts, white space, control signs."""
    rng = random.Random(59)
    every = [pair for ranges in RANGES.values() for pair in ranges]
    more = [
        signs(rng, rng.choice([every, *RANGES.values()]), rng.randrange(60)) for _ in range(2002)
    ]
    return [text for text in [*strings(), *more] if len(text) < LONGEST]


TEXTS = texts_of_every_script()


def other_texts(seed):
    """Training texts of every script."""
    rng = random.Random(seed)
    words = [signs(rng, rng.choice([*RANGES.values()]), rng.randrange(1, 6)) for _ in range(150)]
    return [" ".join(rng.choices(words, k=9)) for _ in range(150)]


def ours(kind, texts):
    """A tokeniser that we have trained, and the roles of its vocabulary."""
    if kind.startswith("byte_pairs"):
        merges = BytePairTokenizer.train(texts, size=600).merges
        prefix = kind == "byte_pairs with a blank"
        special = {"byte_pairs": BERT_SPECIAL, "byte_pairs of GPT-2": GPT2_SPECIAL}.get(kind, TALK)
        return BytePairTokenizer(merges, add_prefix_space=prefix), special
    lower, strip = CLEANINGS[kind]
    pieces = WordPieceTokenizer.train(texts, size=3000, lower=lower).tokens
    special = BERT_SPECIAL if lower else {r: BERT_SPECIAL[r] for r in ROLES[:4]}
    return WordPieceTokenizer(pieces, lower=lower, strip_accents=strip), special


CLEANINGS = {
    "uncased": (True, None),
    "cased": (False, None),
    "small with accents": (True, False),
    "capitals without accents": (False, True),
}
KINDS = ["byte_pairs", "byte_pairs of GPT-2", "byte_pairs with a blank", *CLEANINGS]


def framed(ids, published):
    """The ids between those of the frame."""
    before, after = ([published.vocabulary.id_of(role)] if role else [] for role in published.frame)
    return [*before, *ids, *after]


def differences(theirs, published):
    """Texts to which they give other ids than we do, without the frame or with it."""
    other = []
    for text in TEXTS:
        ids = encode_text(text, published.tokenizer, published.vocabulary).tolist()
        bare = theirs(text, add_special_tokens=False)["input_ids"]
        if bare != ids or theirs(text)["input_ids"] != framed(ids, published):
            other.append(text)
    return other


@pytest.mark.parametrize("model", [None, "bert", "gpt2", "llama"])
@pytest.mark.parametrize("kind", KINDS)
def test_they_read_what_we_write(tmp_path, kind, model):
    tokenizer, special = ours(kind, [*training_texts(), *other_texts(1)])
    vocabulary = own_vocabulary(tokenizer, special=special)
    if model:  # the configuration of a model has a say in which class they take
        (tmp_path / "config.json").write_text(json.dumps({"model_type": model}))
    write_published_tokenizer(tmp_path, tokenizer, vocabulary, max_length=100_000)
    published = read_published_tokenizer(tmp_path)
    assert published.vocabulary.to_json() == vocabulary.to_json()
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path, split_special_tokens=True)
    assert differences(theirs, published) == []
    assert theirs.convert_ids_to_tokens(range(len(theirs))) == list(vocabulary.tokens)
    named = {"unknown": "unk_token"}
    for role, token in special.items():
        assert getattr(theirs, named.get(role, f"{role}_token")) == token
    raw = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    raw.encode_special_tokens = True
    for text in TEXTS:
        ids = encode_text(text, tokenizer, vocabulary).tolist()
        assert raw.encode(text).ids == framed(ids, published), ascii(text)


def their_classes():
    """Their own classes, which build their tokeniser from the older files."""
    return {"wordpiece": transformers.BertTokenizer, "byte_pairs": transformers.GPT2Tokenizer}


@pytest.mark.parametrize("kind", KINDS)
def test_their_own_classes_read_it_too(tmp_path, kind):
    tokenizer, special = ours(kind, training_texts())
    write_published_tokenizer(tmp_path, tokenizer, own_vocabulary(tokenizer, special=special))
    published = read_published_tokenizer(tmp_path)
    class_ = their_classes()[tokenizer.name]
    theirs = class_.from_pretrained(tmp_path, split_special_tokens=True)
    for text in TEXTS:
        ids = encode_text(text, tokenizer, published.vocabulary).tolist()
        assert theirs(text, add_special_tokens=False)["input_ids"] == ids, ascii(text)


def peer(kind, texts):
    """A tokeniser that they have trained, with BERT's frame where it is WordPiece."""
    if kind.startswith("byte_pairs"):
        found = peer_byte_pairs(texts, 600)
        if kind == "byte_pairs with a blank":
            level = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=True)
            found.pre_tokenizer = level
        found.post_processor = tokenizers.processors.ByteLevel(trim_offsets=False)
        return found
    lower, strip = CLEANINGS[kind]
    found = peer_wordpiece(texts, 900, lower)
    found.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=lower, strip_accents=strip)
    if lower:
        found.post_processor = tokenizers.processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    else:
        found.post_processor = tokenizers.processors.TemplateProcessing(
            single="[CLS] $A [SEP]",
            pair="[CLS] $A [SEP] $B:1 [SEP]:1",
            special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
        )
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_we_read_what_they_write(tmp_path, kind):
    raw = peer(kind, [*training_texts(), *other_texts(2)])
    raw.save(str(tmp_path / "tokenizer.json"))
    alone = read_published_tokenizer(tmp_path)  # the tokens' spelling tells their roles
    names = ["pad_token", "unk_token", "cls_token", "sep_token", "mask_token", "eos_token"]
    theirs = transformers.PreTrainedTokenizerFast(
        tokenizer_object=raw, split_special_tokens=True, **dict(zip(names, SPECIAL, strict=True))
    )
    theirs.save_pretrained(tmp_path)
    published = read_published_tokenizer(tmp_path)
    assert differences(theirs, published) == []
    assert published.tokenizer.to_json() == alone.tokenizer.to_json()
    assert published.vocabulary.tokens == alone.vocabulary.tokens
    assert set(published.vocabulary.special) >= {"pad", "cls", "sep", "mask", "eos"}
    assert published.frame == ((None, None) if kind.startswith("byte") else ("cls", "sep"))


@pytest.mark.parametrize("lower", [True, False])
def test_we_read_what_their_bert_saves(tmp_path, lower):
    ids = {t: i for i, t in enumerate([*SPECIAL[:5], *ours("uncased", training_texts())[0].tokens])}
    theirs = transformers.BertTokenizer(vocab=ids, do_lower_case=lower, split_special_tokens=True)
    theirs.save_pretrained(tmp_path)
    published = read_published_tokenizer(tmp_path)
    assert differences(theirs, published) == [] and published.tokenizer.lower == lower
    (tmp_path / "tokenizer.json").unlink()
    (tmp_path / "vocab.txt").write_text("\n".join(ids) + "\n", encoding="utf-8")
    older = read_published_tokenizer(tmp_path)
    theirs = transformers.BertTokenizer.from_pretrained(tmp_path, split_special_tokens=True)
    assert older.tokenizer.to_json() == published.tokenizer.to_json()
    assert differences(theirs, older) == [] and older.frame == ("cls", "sep")


@pytest.mark.parametrize("prefix", [True, False])
def test_we_read_what_their_gpt2_saves(tmp_path, prefix):
    tokenizer = BytePairTokenizer.train(training_texts(), size=600)
    ids = {t: i for i, t in enumerate([*tokenizer.tokens, "<|endoftext|>"])}
    theirs = transformers.GPT2Tokenizer(
        vocab=ids, merges=[*tokenizer.merges], add_prefix_space=prefix, split_special_tokens=True
    )
    theirs.save_pretrained(tmp_path)
    published = read_published_tokenizer(tmp_path)
    assert published.vocabulary.special == GPT2_SPECIAL
    assert published.tokenizer.add_prefix_space == prefix
    assert differences(theirs, published) == []


def test_special_tokens_in_a_text_are_what_differs(tmp_path):
    """By default they take "[MASK]" in a text for the token: here it is five letters and signs."""
    tokenizer = WordPieceTokenizer.train(training_texts(), size=500)
    vocabulary = own_vocabulary(tokenizer)
    write_published_tokenizer(tmp_path, tokenizer, vocabulary)
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path)
    found = theirs("the [MASK]", add_special_tokens=False)["input_ids"]
    assert found[-1] == vocabulary.mask_id
    ids = encode_text("the [MASK]", tokenizer, vocabulary)
    assert vocabulary.mask_id not in ids
    marked = encode_text("the [MASK]", tokenizer, vocabulary, recognise=["[MASK]"])
    assert marked.tolist() == found
