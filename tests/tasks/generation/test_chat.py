import json

import pytest

from minillm.tasks.generation import ChatTemplate, language_tokens
from minillm.text import decode_ids
from minillm.text.documents import Message

TALK = [Message("system", "Be short."), Message("user", "Hi"), Message("assistant", "Hello")]
PLAIN = {
    "begin": "",
    "turns": {"user": "Q: {content}\n", "assistant": "A: {content}<|end|>\n"},
    "reply": "A: ",
    "end": "<|end|>",
}


def written(template, messages, **options):
    tokens = language_tokens("byte_pairs:256", ["abc"])
    return decode_ids(template.encode(messages, *tokens, **options), *tokens)


@pytest.mark.guide("G40")
def test_a_conversation_is_written_as_its_template_says():
    marks = "<|system|>Be short.<|end|><|user|>Hi<|end|><|assistant|>Hello<|end|>"
    assert written(ChatTemplate(), TALK) == "<|endoftext|>" + marks
    assert written(ChatTemplate(), TALK, ask=True) == f"<|endoftext|>{marks}<|assistant|>"
    assert written(ChatTemplate(**PLAIN), TALK[1:], ask=True) == "Q: Hi\nA: Hello<|end|>\nA: "


def test_a_template_comes_back_from_its_file(tmp_path):
    path = tmp_path / "template.json"
    path.write_text(json.dumps(PLAIN))
    assert ChatTemplate.read(path) == ChatTemplate(**PLAIN)
    assert ChatTemplate(**ChatTemplate().to_json()) == ChatTemplate()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (" ", "the file is empty"),
        ("{", "line 1: not JSON"),
        ("[]", "an object is needed"),
        ('{"turn": {}}', "unexpected keyword argument 'turn'"),
        ('{"turns": []}', "template.json"),
        ('{"turns": {"assistant": "x"}}', r"the turn of assistant needs {content} once, got 'x'"),
        ('{"turns": {"user": "{content}"}}', 'needs a turn "assistant"'),
        ('{"reply": ""}', '"reply"'),
        ('{"end": "\\n"}', "must be a special token such as <|end|>, got"),
        ('{"begin": 3}', "made of strings"),
        ('{"reply": "B: "}', "must begin with reply 'B: '"),
        ('{"turns": {"assistant": "<|assistant|>{content}"}}', "and end with"),
    ],
)
def test_a_file_that_holds_no_template_is_refused(tmp_path, text, message):
    path = tmp_path / "template.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"template\.json") as error:
        ChatTemplate.read(path)
    assert message.replace("|", "") in str(error.value).replace("|", "")


@pytest.mark.parametrize("part", ["begin", "reply", "end", "turns"])
def test_a_template_that_names_an_unknown_token_is_refused(part):
    mark = "<|nobody|>"
    parts = {"begin": "", "turns": "", "reply": "", "end": "<|end|>", part: mark}
    turns = {"user": "{content}" + parts.pop("turns")}
    turns["assistant"] = "A" + parts["reply"] + "{content}" + parts["end"]
    template = ChatTemplate(**{**parts, "reply": "A" + parts["reply"]}, turns=turns)
    with pytest.raises(ValueError, match=r"<\|nobody\|> is unknown, the special tokens here"):
        written(template, [])


def test_a_role_without_a_turn_is_refused():
    with pytest.raises(ValueError, match="message 2 is of role 'tool'; the chat template has"):
        written(ChatTemplate(), [TALK[0], Message("tool", "x")])


def answered(template, messages):
    """What the assistant has to write, as text."""
    tokens = language_tokens("byte_pairs:256", ["abc"])
    ids, answers = template.encode_answers(messages, *tokens)
    assert (ids == template.encode(messages, *tokens)).all() and answers.dtype == bool
    return decode_ids(ids[answers], *tokens)


@pytest.mark.guide("G40")
def test_the_assistant_writes_its_content_and_the_end_of_its_turn():
    assert answered(ChatTemplate(), TALK) == "Hello<|end|>"
    again = [*TALK, Message("user", "Bye"), Message("assistant", "So long <|end|>")]
    assert answered(ChatTemplate(), again) == "Hello<|end|>So long <|end|><|end|>"
    assert answered(ChatTemplate(**PLAIN), again[1:]) == "Hello<|end|>So long <|end|><|end|>"


def test_what_stands_between_reply_and_content_is_written_by_the_assistant_as_when_it_answers():
    turns = {**PLAIN["turns"], "assistant": "A: so {content}!<|end|>\n"}
    template = ChatTemplate(**{**PLAIN, "turns": turns})
    assert answered(template, TALK[1:]) == "so Hello!<|end|>"


@pytest.mark.parametrize(
    ("messages", "message"),
    [
        (TALK[:2], "none of the 2 messages is of role 'assistant'"),
        ([], "none of the 0 messages is of role 'assistant'"),
        ([*TALK, Message("assistant", " \n")], "message 4 is an empty answer of the assistant"),
        ([Message("tool", "x"), *TALK], "message 1 is of role 'tool'; the chat template has"),
    ],
)
def test_a_conversation_without_an_answer_to_learn_is_refused(messages, message):
    with pytest.raises(ValueError, match=message):
        answered(ChatTemplate(), messages)
