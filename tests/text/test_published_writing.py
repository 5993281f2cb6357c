import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.text import (
    BERT_SPECIAL,
    GPT2_SPECIAL,
    BytePairTokenizer,
    CharacterTokenizer,
    Vocabulary,
    WordPieceTokenizer,
    WordTokenizer,
    encode_text,
    own_vocabulary,
    read_published_tokenizer,
    write_published_tokenizer,
)
from tests.text.published_files import BYTE_PAIRS, PIECES, WORDPIECE, added, changed, put

TALK = {
    "pad": "<pad>",
    "bos": "<s>",
    "eos": "</s>",
    "system": "<SYS>",
    "user": "<USR>",
    "assistant": "<BOT>",
    "turn_end": "<END>",
}
TEXTS = st.lists(st.text(max_size=20) | st.text("teas é茶.'[]\n", max_size=30), max_size=6)
SPECIAL = st.sampled_from([BERT_SPECIAL, GPT2_SPECIAL, TALK, {}])


def folder_files(folder):
    return {path.name for path in folder.iterdir()}


def read_again(folder, tokenizer, vocabulary, **settings):
    """What comes back, after a look at everything that must be as it was."""
    write_published_tokenizer(folder, tokenizer, vocabulary, **settings)
    found = read_published_tokenizer(folder)
    assert found.vocabulary.to_json() == vocabulary.to_json()
    assert type(found.tokenizer) is type(tokenizer)
    assert found.tokenizer.to_json() == tokenizer.to_json()
    return found


def assert_same_ids(published, tokenizer, vocabulary, texts):
    for text in texts:
        ids = encode_text(text, tokenizer, vocabulary)
        again = encode_text(text, published.tokenizer, published.vocabulary)
        assert list(again) == list(ids), ascii(text)
        assert published.tokenizer.spans(text) == tokenizer.spans(text), ascii(text)


@given(texts=TEXTS, others=TEXTS, special=SPECIAL, prefix=st.booleans())
def test_byte_pairs_of_any_texts_come_back_with_the_same_ids(
    tmp_path_factory, texts, others, special, prefix
):
    merges = BytePairTokenizer.train(texts, size=280, min_count=1).merges
    tokenizer = BytePairTokenizer(merges, add_prefix_space=prefix)
    vocabulary = own_vocabulary(tokenizer, special=special)
    found = read_again(tmp_path_factory.mktemp("model"), tokenizer, vocabulary)
    assert_same_ids(found, tokenizer, vocabulary, [*texts, *others])


@given(
    texts=TEXTS,
    others=TEXTS,
    lower=st.booleans(),
    strip=st.sampled_from([None, True, False]),
    talk=st.booleans(),
)
def test_pieces_of_any_texts_come_back_with_the_same_ids(
    tmp_path_factory, texts, others, lower, strip, talk
):
    trained = WordPieceTokenizer.train([*texts, "tea"], size=600, min_count=1, lower=lower)
    tokenizer = WordPieceTokenizer(trained.tokens, lower=lower, strip_accents=strip)
    special = TALK | {"unknown": "[UNK]"} if talk else BERT_SPECIAL
    vocabulary = own_vocabulary(tokenizer, special=special)
    found = read_again(tmp_path_factory.mktemp("model"), tokenizer, vocabulary)
    assert_same_ids(found, tokenizer, vocabulary, [*texts, *others])


@pytest.mark.parametrize(
    ("saved", "older"),
    [(WORDPIECE, {"vocab.txt"}), (BYTE_PAIRS, {"vocab.json", "merges.txt"})],
)
def test_a_published_tokenizer_is_written_as_it_was_read(tmp_path, saved, older):
    first = read_published_tokenizer(put(tmp_path, tokenizer_json=saved))
    folder = tmp_path / "again"
    write_published_tokenizer(folder, first.tokenizer, first.vocabulary, max_length=64)
    second = read_published_tokenizer(folder)
    assert second.frame == first.frame and second.max_length == 64
    assert second.vocabulary.to_json() == first.vocabulary.to_json()
    beside = {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"}
    assert folder_files(folder) == {*beside, *older}
    (folder / "tokenizer.json").unlink()  # the older files alone say the same
    third = read_published_tokenizer(folder)
    assert third.tokenizer.to_json() == first.tokenizer.to_json()
    assert third.vocabulary.to_json() == first.vocabulary.to_json()
    assert third.frame == first.frame


def test_what_is_written_says_the_same_as_the_file_by_hand(tmp_path):
    saved = changed(WORDPIECE, "normalizer.strip_accents", True)
    found = read_published_tokenizer(put(tmp_path, tokenizer_json=saved))
    write_published_tokenizer(tmp_path, found.tokenizer, found.vocabulary)
    written = json.loads((tmp_path / "tokenizer.json").read_text(encoding="utf-8"))
    for part in ("added_tokens", "normalizer", "pre_tokenizer", "decoder", "model"):
        assert written[part] == saved[part]
    assert written["post_processor"]["single"] == saved["post_processor"]["single"]
    assert [[*step] for step in written["post_processor"]["pair"]] == [
        ["SpecialToken"],
        ["Sequence"],
        ["SpecialToken"],
        ["Sequence"],
        ["SpecialToken"],
    ]


@pytest.mark.parametrize("frame", [("bos", None), (None, "eos"), ("eos", "bos"), (None, None)])
def test_a_frame_that_is_asked_for_comes_back(tmp_path, frame):
    tokenizer = BytePairTokenizer([])
    vocabulary = own_vocabulary(tokenizer)
    assert read_again(tmp_path, tokenizer, vocabulary, frame=frame).frame == frame
    assert read_again(tmp_path, tokenizer, vocabulary).frame == ("cls", "sep")


def test_tokens_that_no_text_gives_stay_so(tmp_path):
    put(
        tmp_path,
        tokenizer_json=changed(
            WORDPIECE,
            "added_tokens",
            [*WORDPIECE["added_tokens"], added("x", 19), added("##y", 20)],
        ),
    )
    found = read_published_tokenizer(tmp_path)
    again = read_again(tmp_path / "again", found.tokenizer, found.vocabulary)
    assert again.tokenizer.tokenize("x teay") == ["[UNK]"] * 2
    (tmp_path / "again" / "tokenizer.json").unlink()
    older = read_published_tokenizer(tmp_path / "again")
    assert older.tokenizer.tokens == found.tokenizer.tokens
    assert older.vocabulary.to_json() == found.vocabulary.to_json()


def test_a_token_that_plays_no_role_gets_none_by_its_spelling(tmp_path):
    tokenizer = BytePairTokenizer([("t", "e")])
    special = {"pad": "[PAD]", "mask": "[MASK]"}
    tokens = [*tokenizer.tokens, "[PAD]", "[SEP]", "<|end|>", "<|endoftext|>", "[MASK]"]
    read_again(tmp_path, tokenizer, Vocabulary(tokens, special=special))
    pieces = WordPieceTokenizer(["tea", "[CLS]", "<|end|>"])
    read_again(tmp_path, pieces, own_vocabulary(pieces, special={"unknown": "[UNK]"}))


def test_what_another_tokenizer_left_in_the_folder_goes(tmp_path):
    bytes_, pieces = BytePairTokenizer([("t", "e")]), WordPieceTokenizer(["tea"])
    put(tmp_path, added_tokens_json={"x": 3}, config_json={})
    write_published_tokenizer(tmp_path, bytes_, own_vocabulary(bytes_))
    write_published_tokenizer(tmp_path, pieces, own_vocabulary(pieces))
    assert read_published_tokenizer(tmp_path).tokenizer.tokenize("tea") == ["tea"]
    assert folder_files(tmp_path) == {
        *("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"),
        "vocab.txt",
    }


@pytest.mark.parametrize("tokenizer", [WordTokenizer(), CharacterTokenizer()])
def test_tokenizers_that_nobody_else_has_are_not_written(tmp_path, tokenizer):
    name = type(tokenizer).__name__
    with pytest.raises(ValueError, match=f"a {name} has no published form"):
        write_published_tokenizer(tmp_path / "model", tokenizer, Vocabulary(["a"]))
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("tokens", "special", "settings", "message"),
    [
        (["tea"], BERT_SPECIAL, {"max_length": 0}, "max_length must be at least 1, got 0"),
        (["tea"], BERT_SPECIAL, {"frame": ("user", None)}, "this vocabulary has no user token"),
        (["te"], BERT_SPECIAL, {}, "token 'tea' of the tokenizer is not an ordinary one"),
        (["x", "tea"], BERT_SPECIAL, {}, "token 'x' of the vocabulary is not a piece .* before 't"),
        (["tea"], {"unknown": "[UNK]", "pad": "PAD"}, {}, "the pad token 'PAD' is a word"),
        (["tea"], {"unknown": "[UNK]", "pad": "##s"}, {}, "the pad token '##s' is a word"),
        (["tea"], {"pad": "[PAD]"}, {}, r"WordPiece needs \[UNK\] in the role unknown"),
    ],
)
def test_what_would_be_read_otherwise_is_not_written(tmp_path, tokens, special, settings, message):
    vocabulary = Vocabulary(tokens, special=special)
    with pytest.raises(ValueError, match=message):
        write_published_tokenizer(
            tmp_path / "model", WordPieceTokenizer(["tea"]), vocabulary, **settings
        )
    assert not (tmp_path / "model").exists() and PIECES[6] == "tea"
