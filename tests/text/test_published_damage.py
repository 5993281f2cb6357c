"""Whatever stands in the files: a tokeniser, or a ValueError that names a file."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minillm.text import read_published_tokenizer
from minillm.text.published_settings import KEYS
from tests.text.published_files import BYTE_LEVEL, BYTE_PAIRS, PIECES, WORDPIECE, added, put

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
KNOWN = st.sampled_from(
    [BYTE_LEVEL, *WORDPIECE.values(), *BYTE_PAIRS.values(), added("x", 19), "[MASK]", "BPE"]
)
VALUES = st.recursive(
    SCALARS | KNOWN,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
TOLD = [
    *KEYS.values(),
    *("do_lower_case", "strip_accents", "tokenize_chinese_chars", "add_prefix_space"),
    *("do_basic_tokenize", "never_split", "model_max_length", "added_tokens_decoder"),
    *("additional_special_tokens", "extra_special_tokens", "add_bos_token", "add_eos_token"),
]


EVERY = [
    *(None, True, -1, 0.5, "x", [], {}, ["x"], [["x"]], {"x": 1}, 10**40),
    *({"type": ["x"]}, {"type": "Sequence", "x": [{}]}, {"content": "x"}, {"5": {"content": "x"}}),
]


def places(value, path=()):
    """Every place in some JSON, of lists and of the ids of tokens only the first."""
    yield path
    if isinstance(value, dict | list):
        items = [*value.items()] if isinstance(value, dict) else [*enumerate(value)]
        for key, inner in items[:1] if isinstance(value, list) or len(items) > 12 else items:
            yield from places(inner, (*path, key))


def with_value(saved, path, value):
    """A copy of the file that has something else at a place."""
    if not path:
        return value
    copy = dict(saved) if isinstance(saved, dict) else list(saved)
    copy[path[0]] = with_value(saved[path[0]], path[1:], value)
    return copy


def read_or_refused(folder):
    try:
        read_published_tokenizer(folder)
    except ValueError as error:
        assert str(folder) in str(error), error


FILES = {"WordPiece": WORDPIECE, "byte pairs": BYTE_PAIRS}
PLACES = {name: [*places(saved)][1:] for name, saved in FILES.items()}


@pytest.mark.parametrize("name", [*FILES])
def test_a_changed_value_is_read_or_refused(tmp_path, name):
    for path in PLACES[name]:
        for value in EVERY:
            put(tmp_path, tokenizer_json=with_value(FILES[name], path, value))
            read_or_refused(tmp_path)


@pytest.mark.parametrize("key", ["mask_token", *TOLD[len(KEYS) :]])
def test_a_setting_of_another_kind_is_read_or_refused(tmp_path, key):
    for value in EVERY:
        put(tmp_path, tokenizer_json=BYTE_PAIRS, tokenizer_config_json={key: value})
        read_or_refused(tmp_path)
        put(tmp_path, tokenizer_config_json={}, special_tokens_map_json={key: value})
        read_or_refused(tmp_path)
        (tmp_path / "special_tokens_map.json").unlink()
    (tmp_path / "tokenizer.json").unlink()
    for value in EVERY:
        put(tmp_path, vocab_txt="\n".join(PIECES), tokenizer_config_json={key: value})
        read_or_refused(tmp_path)


@settings(max_examples=150)
@given(
    name=st.sampled_from([*FILES]),
    config=st.dictionaries(st.sampled_from(TOLD), VALUES, max_size=3),
    roles=st.dictionaries(st.sampled_from(TOLD), VALUES, max_size=2),
    more=st.dictionaries(st.text(max_size=2), VALUES, max_size=2),
)
def test_any_settings_are_read_or_refused(tmp_path_factory, name, config, roles, more):
    folder = tmp_path_factory.mktemp("model")
    put(folder, tokenizer_json=FILES[name], tokenizer_config_json=config)
    read_or_refused(put(folder, special_tokens_map_json=roles, added_tokens_json=more))


@given(data=st.data(), name=st.sampled_from([*FILES]))
def test_a_file_that_is_cut_is_refused(tmp_path_factory, data, name):
    text = json.dumps(FILES[name])
    length = data.draw(st.integers(0, len(text) - 1))
    folder = put(tmp_path_factory.mktemp("model"), tokenizer_json=text[:length])
    with pytest.raises(ValueError, match=r"tokenizer\.json"):
        read_published_tokenizer(folder)
