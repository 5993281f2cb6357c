"""What gives other ids than ours, or cannot be right, is refused with its name and value."""

import pytest

from minillm.text import read_published_tokenizer
from tests.text.published_files import BYTE_PAIRS, PIECES, WORDPIECE, added, changed, put

LLAMA_SPLIT = {
    "type": "Sequence",
    "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": "(?i:'s|'t)"}, "behavior": "Isolated"},
        {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False},
    ],
}
LLAMA_2 = {
    "type": "Sequence",
    "normalizers": [
        {"type": "Prepend", "prepend": "▁"},
        {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
    ],
}
VOCAB, PIECE_IDS = BYTE_PAIRS["model"]["vocab"], WORDPIECE["model"]["vocab"]
OTHERS = [
    (WORDPIECE, "model.type", "Unigram", "model is Unigram, and this library has WordPiece and"),
    (WORDPIECE, "model.type", "WordLevel", "model is WordLevel"),
    (WORDPIECE, "model", ..., "model is None"),
    (WORDPIECE, "model.unk_token", "<unk>", r"WordPiece has unk_token = '<unk>', this library has"),
    (WORDPIECE, "model.continuing_subword_prefix", "@@", "continuing_subword_prefix = '@@'"),
    (WORDPIECE, "model.max_input_chars_per_word", 200, "max_input_chars_per_word = 200"),
    (WORDPIECE, "model.fast", True, "WordPiece has fast = True, this library has no such setting"),
    (WORDPIECE, "model.vocab", ..., "model: WordPiece needs vocab"),
    (WORDPIECE, "model.vocab", ["the"], "vocab must be an object that gives each token its id"),
    (WORDPIECE, "normalizer", None, "normalizer is none, and for WordPiece this library has BertN"),
    (WORDPIECE, "normalizer.type", "NFC", "normalizer is NFC, and for WordPiece"),
    (WORDPIECE, "normalizer.clean_text", False, "BertNormalizer has clean_text = False"),
    (WORDPIECE, "normalizer.handle_chinese_chars", False, "handle_chinese_chars = False"),
    (WORDPIECE, "normalizer.lowercase", 1, "lowercase = 1, this library has True or False"),
    (WORDPIECE, "normalizer.lowercase", ..., "normalizer: BertNormalizer needs lowercase"),
    (WORDPIECE, "pre_tokenizer.type", "Whitespace", "pre_tokenizer is Whitespace"),
    (WORDPIECE, "decoder.type", "Metaspace", "decoder is Metaspace"),
    (WORDPIECE, "normalizer", [], r"normalizer is none"),
    (WORDPIECE, "normalizer", "NFC", r"normalizer must be an object, got 'NFC'"),
    (BYTE_PAIRS, "model.dropout", 0.1, r"BPE has dropout = 0\.1"),
    (BYTE_PAIRS, "model.byte_fallback", True, "byte_fallback = True, this library has False"),
    (BYTE_PAIRS, "model.ignore_merges", True, "ignore_merges = True"),
    (BYTE_PAIRS, "model.continuing_subword_prefix", "##", "continuing_subword_prefix = '##'"),
    (BYTE_PAIRS, "model.end_of_word_suffix", "</w>", "end_of_word_suffix = '</w>'"),
    (BYTE_PAIRS, "model.merges", "t e", "merges must be a list of pairs"),
    (
        BYTE_PAIRS,
        "normalizer",
        {"type": "NFC"},
        "normalizer is NFC, and for BPE this library has n",
    ),
    (BYTE_PAIRS, "normalizer", LLAMA_2, "normalizer is Sequence of Prepend, Replace, and for BPE"),
    (BYTE_PAIRS, "pre_tokenizer", LLAMA_SPLIT, "pre_tokenizer is Sequence of Split, ByteLevel"),
    (BYTE_PAIRS, "pre_tokenizer.use_regex", False, "ByteLevel has use_regex = False"),
    (BYTE_PAIRS, "pre_tokenizer.add_prefix_space", ..., "ByteLevel needs add_prefix_space"),
    (BYTE_PAIRS, "pre_tokenizer", {"type": "Metaspace"}, "pre_tokenizer is Metaspace"),
    (BYTE_PAIRS, "post_processor", {"type": "Other"}, "post_processor: Other is not known here"),
]


@pytest.mark.parametrize(("saved", "path", "value", "message"), OTHERS)
def test_a_setting_that_gives_other_ids_is_refused_by_name(tmp_path, saved, path, value, message):
    put(tmp_path, tokenizer_json=changed(saved, path, value))
    with pytest.raises(ValueError, match=rf"tokenizer\.json: .*{message}"):
        read_published_tokenizer(tmp_path)


TEXT = [{"SpecialToken": {"id": "[CLS]"}}] * 2 + [{"Sequence": {"id": "A"}}]
DAMAGED = [
    (WORDPIECE, "model.vocab", {**PIECE_IDS, "x": 30}, "token 'x' has id 30, but none has id 19"),
    (WORDPIECE, "model.vocab", {**PIECE_IDS, "x": 5}, "token 'x' has id 5, occurs twice"),
    (WORDPIECE, "model.vocab", {**PIECE_IDS, "x": "19"}, "gives each token its id"),
    (WORDPIECE, "model.vocab", {**PIECE_IDS, "": 19}, "must be a non-empty str"),
    (WORDPIECE, "model.vocab", {**PIECE_IDS, "\ud800": 19}, "half a surrogate pair"),
    (WORDPIECE, "model.vocab", {"[UNK]": 1, "[PAD]": 0}, r"the added token '\[CLS\]'|are special"),
    (WORDPIECE, "added_tokens", [added("[MASK]", 5)], r"'\[MASK\]' has id 5, but .* gives it 4"),
    (WORDPIECE, "added_tokens", [added("x", 5)], "'x' has id 5, which is that of 'the'"),
    (WORDPIECE, "added_tokens", [added("x", 19), added("y", 19)], "'y' has id 19, .* of 'x'"),
    (WORDPIECE, "added_tokens", [added("x", 21)], "token 'x' has id 21, but none has id 19"),
    (WORDPIECE, "added_tokens", [added("x", 19, special=False)], "'x' is not special: it is looke"),
    (WORDPIECE, "added_tokens", [{"id": 3}], "an added token needs an id and a content"),
    (WORDPIECE, "added_tokens", ["x"], "an added token needs an id and a content, got 'x'"),
    (WORDPIECE, "post_processor.single", TEXT, "more than one token on one side"),
    (WORDPIECE, "post_processor.single", [], "the template holds 0 texts instead of one"),
    (WORDPIECE, "post_processor.single", [{}], "post_processor: cannot be read"),
    (WORDPIECE, "post_processor.special_tokens", {}, "post_processor: cannot be read"),
    (
        WORDPIECE,
        "post_processor",
        {"type": "BertProcessing", "cls": ["[CLS]", 3], "sep": ["[SEP]", 3]},
        r"'\[CLS\]' has id 3, in the vocabulary 2",
    ),
    (
        WORDPIECE,
        "post_processor",
        {"type": "BertProcessing", "cls": ["the", 5], "sep": ["[SEP]", 3]},
        "'the' stands beside the text, but plays no role",
    ),
    (BYTE_PAIRS, "model.merges", ["t e", "te x"], "merge number 1: token 'tex' is not in the voc"),
    (BYTE_PAIRS, "model.merges", ["t e", ["te"]], r"merge number 1: two tokens .*got \['te'\]"),
    (BYTE_PAIRS, "model.merges", ["t e", 7], "merge number 1: two tokens .*got 7"),
    (BYTE_PAIRS, "model.merges", ["te a"], "merge number 0: this merge names 'te', which is no"),
    (BYTE_PAIRS, "model.merges", ["t e", "t e"], "merge number 1: this merge builds 'te', which"),
    (
        BYTE_PAIRS,
        "model.vocab",
        {("é" * 9 if token == "é" else token): i for token, i in VOCAB.items()},
        "1 of the 256 bytes have no token, the first is 'é'",
    ),
]


@pytest.mark.parametrize(("saved", "path", "value", "message"), DAMAGED)
def test_what_contradicts_itself_is_refused(tmp_path, saved, path, value, message):
    put(tmp_path, tokenizer_json=changed(saved, path, value))
    with pytest.raises(ValueError, match=rf"tokenizer\.json: .*{message}"):
        read_published_tokenizer(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        (" \n", "the file is empty"),
        ("[]", r"an object is needed, \{\.\.\.\}, got a list"),
        ('{"model": {"a": 1, "a": 2}}', "key 'a' occurs twice"),
        ('{"model": ' + "[" * 100_000, "recursion"),
        ('{"model": ' + "9" * 5000 + "}", "limit"),
        ("\0", "NUL"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path, text, message):
    put(tmp_path, tokenizer_json=text)
    with pytest.raises(ValueError, match=rf"tokenizer\.json.*{message}"):
        read_published_tokenizer(tmp_path)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"do_lower_case": False}, "do_lower_case is False, but in .* lowercase of the normalizer"),
        ({"strip_accents": False}, "strip_accents is False, but in .*: which of them holds"),
        ({"tokenize_chinese_chars": False}, "tokenize_chinese_chars is False, but in"),
        ({"do_basic_tokenize": False}, "do_basic_tokenize = False, this library has True"),
        ({"never_split": ["x"]}, r"never_split = \['x'\]"),
        ({"wordpieces_prefix": "@@"}, "wordpieces_prefix = '@@'"),
        ({"mask_token": 5}, "mask_token must be a token or an object with its content, got 5"),
        ({"mask_token": {"name": "x"}}, "mask_token must be a token or an object"),
        ({"model_max_length": 0}, "model_max_length must be at least 1, got 0"),
        ({"model_max_length": "512"}, "model_max_length must be at least 1, got '512'"),
        ({"model_max_length": True}, "model_max_length must be at least 1, got True"),
        ({"added_tokens_decoder": {"4": {"content": "x", "special": True}}}, "'x' has id 4, which"),
        ({"added_tokens_decoder": ["x"]}, "added_tokens_decoder must give each id its token"),
        ({"added_tokens_decoder": {"a": {"content": "x"}}}, "an added token needs an id"),
    ],
)
def test_a_configuration_that_says_otherwise_is_refused(tmp_path, settings, message):
    put(tmp_path, tokenizer_json=WORDPIECE, tokenizer_config_json=settings)
    with pytest.raises(ValueError, match=rf"tokenizer_config\.json: .*{message}"):
        read_published_tokenizer(tmp_path)


def test_what_agrees_with_the_file_in_other_words_is_not_refused(tmp_path):
    told = {"do_lower_case": True, "strip_accents": True, "tokenize_chinese_chars": True}
    put(tmp_path, tokenizer_json=WORDPIECE, tokenizer_config_json=told)
    assert read_published_tokenizer(tmp_path).tokenizer.strip_accents


def test_a_prefix_that_two_files_say_otherwise_is_refused(tmp_path):
    put(tmp_path, tokenizer_json=BYTE_PAIRS, tokenizer_config_json={"add_prefix_space": True})
    with pytest.raises(ValueError, match=r"add_prefix_space is True, but in .*which of them holds"):
        read_published_tokenizer(tmp_path)


def test_roles_that_are_not_there_or_not_agreed_upon_are_refused(tmp_path):
    put(tmp_path, tokenizer_json=WORDPIECE, tokenizer_config_json={"bos_token": "<s>"})
    with pytest.raises(ValueError, match=r"json: special: the bos token '<s>' is not among"):
        read_published_tokenizer(tmp_path)
    put(tmp_path, special_tokens_map_json={"bos_token": "[CLS]"})
    with pytest.raises(ValueError, match=r"map\.json: bos_token is '\[CLS\]', but in .*'<s>'"):
        read_published_tokenizer(tmp_path)
    put(tmp_path, tokenizer_config_json={"additional_special_tokens": ["<x>"]})
    with pytest.raises(ValueError, match=r"special token '<x>' is not among the tokens"):
        read_published_tokenizer(tmp_path)


def test_a_role_that_ordinary_text_plays_is_refused(tmp_path):
    put(tmp_path, tokenizer_json=BYTE_PAIRS, tokenizer_config_json={"eos_token": "tea"})
    with pytest.raises(ValueError, match=r"tokenizer\.json: token 'tea' of the tokenizer is not"):
        read_published_tokenizer(tmp_path)


def test_older_files_that_are_cut_or_mixed_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"tokenizer\.json is needed, or .*there is none$"):
        read_published_tokenizer(tmp_path)
    put(tmp_path, tokenizer_model="\x0a")
    with pytest.raises(ValueError, match=r"none \(tokenizer\.model is SentencePiece's"):
        read_published_tokenizer(tmp_path)
    put(tmp_path, vocab_json=VOCAB)
    with pytest.raises(ValueError, match=r"of these there is vocab\.json"):
        read_published_tokenizer(tmp_path)
    put(tmp_path, merges_txt="t e\nte a\n")
    with pytest.raises(ValueError, match=r"'Ġtea' with id 258 is built by no merge of .*cut off"):
        read_published_tokenizer(tmp_path)
    put(tmp_path, vocab_txt="[UNK]\nthe\n")
    with pytest.raises(ValueError, match=r"there is vocab\.txt and vocab\.json and merges\.txt"):
        read_published_tokenizer(tmp_path)


def test_older_files_of_a_class_with_rules_of_its_own_are_refused(tmp_path):
    for name in ("BertJapaneseTokenizer", "RobertaTokenizerFast"):
        put(tmp_path, vocab_txt="\n".join(PIECES), tokenizer_config_json={"tokenizer_class": name})
        with pytest.raises(ValueError, match=r"config\.json: tokenizer_class is (BertJ|Roberta)"):
            read_published_tokenizer(tmp_path)
    put(tmp_path, tokenizer_config_json={"tokenizer_class": "BertTokenizerFast"})
    assert read_published_tokenizer(tmp_path).frame == ("cls", "sep")
    put(tmp_path, tokenizer_json=WORDPIECE, tokenizer_config_json={"tokenizer_class": "Other"})
    assert read_published_tokenizer(tmp_path).vocabulary.mask_id == 4  # which says all of it


def test_pieces_of_older_files_are_checked_like_the_newer_one(tmp_path):
    put(tmp_path, vocab_txt="\n".join(PIECES), tokenizer_config_json={"do_lower_case": "no"})
    with pytest.raises(ValueError, match=r"config\.json: normalizer: .* has lowercase = 'no'"):
        read_published_tokenizer(tmp_path)
    put(tmp_path, vocab_txt="[UNK]\nthe\nthe\n", tokenizer_config_json={})
    with pytest.raises(ValueError, match=r"vocab\.txt, line 3: token 'the' occurs twice"):
        read_published_tokenizer(tmp_path)
    put(tmp_path, vocab_txt="[PAD]\nthe\n")
    with pytest.raises(ValueError, match=r"vocab\.txt: .*unknown token '\[UNK\]' is not among"):
        read_published_tokenizer(tmp_path)
    put(tmp_path, vocab_txt="[PAD]\n[UNK]\n")
    with pytest.raises(ValueError, match=r"vocab\.txt: all 2 tokens are special"):
        read_published_tokenizer(tmp_path)
    put(tmp_path, vocab_txt="\n".join(PIECES), tokenizer_config_json={"unk_token": "the"})
    with pytest.raises(ValueError, match=r"vocab\.txt: WordPiece needs \[UNK\] in the role"):
        read_published_tokenizer(tmp_path)


def test_a_file_that_leads_out_of_its_folder_is_not_read(tmp_path):
    (tmp_path / "model").mkdir()
    put(tmp_path, tokenizer_json=WORDPIECE)
    (tmp_path / "model" / "tokenizer.json").symlink_to(tmp_path / "tokenizer.json")
    with pytest.raises(ValueError, match=r"tokenizer\.json: a link that leads out of its folder"):
        read_published_tokenizer(tmp_path / "model")
