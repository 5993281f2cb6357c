"""Pairs of answers from JSON Lines, in the forms that are in use; what is none of them."""

import json

import pytest

from minillm.text.documents import Message, read_conversations
from minillm.text.preference_files import Preference, read_preferences

ASKED = {"role": "user", "content": "Say red."}
RED, BLUE = ({"role": "assistant", "content": word} for word in ("Red.", "Blue."))
PAIR = Preference((Message("user", "Say red."),), "Red.", "Blue.")


def write(path, *rows, encoding="utf-8"):
    """JSON Lines; gives the path."""
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.guide("G40")
@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "Say red.", "chosen": "Red.", "rejected": "Blue."},
        {"prompt": [ASKED], "chosen": [RED], "rejected": [BLUE]},
        {"prompt": [ASKED], "chosen": "Red.", "rejected": [BLUE], "id": 7},
        {"chosen": [ASKED, RED], "rejected": [ASKED, BLUE]},
    ],
)
def test_three_forms_say_the_same(row, tmp_path):
    assert read_preferences(write(tmp_path / "pairs.jsonl", row, row)) == [PAIR, PAIR]


def test_a_question_may_stand_behind_others_and_be_in_gbk(tmp_path):
    asked = [ASKED, RED, {"role": "user", "content": "再说蓝。"}]
    row = {"prompt": asked, "chosen": "蓝。", "rejected": "红。"}
    path = write(tmp_path / "pairs.jsonl", row, encoding="gbk")
    (found,) = read_preferences(path, encoding="gbk")
    assert [message.role for message in found.asked] == ["user", "assistant", "user"]
    assert (found.asked[-1].content, found.chosen, found.rejected) == ("再说蓝。", "蓝。", "红。")
    with pytest.raises(ValueError, match="gbk"):
        read_preferences(path)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"prompt": "a", "chosen": "b"}, "line 2: no key 'rejected', only 'prompt', 'chosen'"),
        ({"prompt": "a", "chosen": "b", "rejected": "b"}, "line 2: chosen and rejected are the"),
        ({"prompt": "a", "chosen": "b", "rejected": " "}, "line 2: the rejected answer is empty"),
        ({"prompt": "", "chosen": "b", "rejected": "c"}, "line 2: the prompt is empty"),
        ({"prompt": [RED], "chosen": "b", "rejected": "c"}, "ends with a message of 'assistant'"),
        ({"prompt": [ASKED], "chosen": [ASKED, RED], "rejected": [BLUE]},
         "line 2, chosen: beside a prompt one message of 'assistant' is needed, got user, ass"),
        ({"chosen": "b", "rejected": "c"}, 'need a key "prompt" beside them'),
        ({"chosen": [RED], "rejected": [ASKED, BLUE]}, "chosen is a conversation that ends with"),
        ({"chosen": [ASKED, RED], "rejected": [RED, BLUE]}, "differ before the last message"),
        ({"chosen": [ASKED, RED], "rejected": 3}, "line 2, rejected: .* got 3"),
        ({"prompt": "a", "chosen": None, "rejected": "c"}, "an answer is a text or one message"),
        ({"messages": [ASKED, RED]}, r"only 'messages' \(conversations are for instruct\)"),
        ({"prompt": 3, "chosen": "b", "rejected": "c"}, "line 2, prompt: messages must be a list"),
    ],
)  # fmt: skip
def test_what_is_no_pair_is_refused_with_its_line(row, words, tmp_path):
    good = {"prompt": "Say red.", "chosen": "Red.", "rejected": "Blue."}
    path = write(tmp_path / "pairs.jsonl", good, row)
    with pytest.raises(ValueError, match=words) as caught:
        read_preferences(path)
    assert str(path) in str(caught.value)


def test_an_empty_file_has_no_pair(tmp_path):
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(ValueError, match="empty"):
        read_preferences(tmp_path / "empty.jsonl")


@pytest.mark.guide("G40")
def test_conversations_are_json_lines_with_messages(tmp_path):
    path = write(tmp_path / "chat.jsonl", {"messages": [ASKED, RED]})
    assert read_conversations(path) == [(Message("user", "Say red."), Message("assistant", "Red."))]
    with pytest.raises(ValueError, match=r"text 2: a conversation is needed.*'Red\.'"):
        read_conversations(write(path, {"messages": [ASKED, RED]}, {"text": "Red."}))
    pair = write(tmp_path / "pairs.jsonl", {"prompt": "a", "chosen": "b", "rejected": "c"})
    with pytest.raises(ValueError, match=r'line 1: "messages" is needed.* are for prefer'):
        read_conversations(pair)
    pair.write_text(json.dumps([{"messages": [ASKED, RED]}], indent=1))
    with pytest.raises(ValueError, match="a JSON array: write one object a line"):
        read_conversations(pair)
    plain = tmp_path / "chat.txt"
    plain.write_text("user: Say red.\n")
    with pytest.raises(ValueError, match="conversations are JSON Lines"):
        read_conversations(plain)
