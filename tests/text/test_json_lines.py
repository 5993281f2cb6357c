import gzip
import json

import pytest

from minillm.text import Example, read_examples

TWO = [Example("Win now 🎉", "spam"), Example("See you\nat home", "ham")]


def write(path, objects):
    path.write_text("".join(json.dumps(o) + "\n" for o in objects), encoding="utf-8")
    return path


@pytest.mark.guide("G1")
@pytest.mark.parametrize("name", ["d.jsonl", "d.ndjson", "d.JSON"])
@pytest.mark.parametrize("keys", [("label", "text"), ("Sentiment", "review"), ("标签", "评论")])
def test_known_keys_are_found(tmp_path, name, keys):
    objects = [{"id": 7, keys[1]: text, keys[0]: label} for text, label in TWO]
    assert read_examples(write(tmp_path / name, objects)) == TWO


def test_other_keys_are_named(tmp_path):
    path = write(tmp_path / "d.jsonl", [{"a": label, "b": text} for text, label in TWO])
    assert read_examples(path, columns={"label": "a", "text": "b"}) == TWO
    with pytest.raises(ValueError, match="line 1: which of 'a', 'b' are label and text"):
        read_examples(path)
    with pytest.raises(ValueError, match="line 1: no key 'label', only 'a', 'b'"):
        read_examples(path, columns=("label", "text"))


def test_labels_may_be_integers_and_lines_blank(tmp_path):
    path = tmp_path / "d.jsonl"
    path.write_text('\n{"label": 1, "text": "a"}\n  \n{"label": 0, "text": ""}\n', encoding="utf-8")
    assert read_examples(path) == [Example("a", "1"), Example("", "0")]


def test_a_packed_file_is_read_as_its_name_says(tmp_path):
    path = tmp_path / "d.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"label": "x", "text": "a"}'))
    assert read_examples(path) == [Example("a", "x")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no examples in the file"),
        ('{"label": "a", "text": "b"}\n{"label"', "line 2: not JSON: "),
        ('[{"label": "a", "text": "b"}]', "line 1: one object a line is needed, .* a list"),
        ('"a"', "line 1: one object a line is needed.* a str"),
        ('{"label": "a", "text": "b"}\n{"label": "a"}', "line 2: no key 'text', only 'label'"),
        ('{"label": null, "text": "b"}', "line 1: a label is a string or an integer: None"),
        ('{"label": true, "text": "b"}', "line 1: a label is a string or an integer: True"),
        ('{"label": "a", "text": 3}', "line 1: a text is a string, got 3"),
        ('{"label": " ", "text": "b"}', "line 1: the label is empty"),
    ],
)
def test_a_bad_line_is_refused_with_its_number(tmp_path, text, message):
    path = tmp_path / "d.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_examples(path)
