import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.text.documents import Message, paragraphs, read_documents

TEXT = "\n\none\ntwo\n \n\nthree\n\n"


@pytest.mark.parametrize(
    ("split", "found"),
    [
        ("whole", [TEXT]),
        ("lines", ["one", "two", "three"]),
        ("paragraphs", ["one\ntwo", "three"]),
    ],
)
def test_a_text_file_is_one_text_or_lines_or_paragraphs(tmp_path, split, found):
    path = tmp_path / "a.txt"
    path.write_text(TEXT)
    assert read_documents(path, split=split) == found


@given(st.text("ab \n"))
def test_paragraphs_lose_nothing_but_blank_lines(text):
    lines = [line for one in paragraphs(text) for line in one.split("\n")]
    assert lines == [line for line in text.split("\n") if line.strip()]


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.ndjson"])
def test_json_lines_hold_texts_and_conversations(tmp_path, name):
    said = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": ""}]
    lines = [{"text": "one\ntwo"}, {"messages": said, "id": 3}, {"text": " "}]
    data = "\n".join(map(json.dumps, lines)).encode()
    path = tmp_path / name
    path.write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    conversation = (Message("user", "Hi"), Message("assistant", ""))
    assert read_documents(path) == ["one\ntwo", conversation]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"label": "x"}', 'one key of "text" and "messages" is needed, got \'label\''),
        ('{"text": "a", "messages": []}', "one key of"),
        ('{"text": 3}', "a text is a string, got 3"),
        ('{"messages": "Hi"}', "messages must be a list of at least one"),
        ('{"messages": []}', "messages must be a list of at least one"),
        ('{"messages": [{"role": "user"}]}', "message 1 must be"),
        ('{"messages": [{"role": "user", "content": null}]}', "message 1 must be"),
        ("[1]", "one object a line"),
    ],
)
def test_a_line_that_is_no_document_is_refused_with_its_number(tmp_path, line, message):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "fine"}\n' + line)
    with pytest.raises(ValueError, match=r"a\.jsonl, line 2: ") as error:
        read_documents(path)
    assert message in str(error.value)


@pytest.mark.parametrize("text", ["", " \n\t\n"])
def test_a_file_without_text_is_refused(tmp_path, text):
    path = tmp_path / "a.txt"
    path.write_text(text)
    with pytest.raises(ValueError, match="there is no text in the file"):
        read_documents(path, split="lines")
