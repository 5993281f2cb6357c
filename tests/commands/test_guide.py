"""``minillm guide``: sections, rows, statements and words, in both languages; what it refuses."""

import re

import pytest

from minillm.course import guide_sections
from minillm.course.guide_map import read_map
from minillm.course.guide_sections import read_guide, read_sections
from minillm.course.guide_text import Lines
from minillm.course.places import PROJECT


@pytest.fixture(scope="module")
def whole():
    return guide_sections.read_guide()


@pytest.fixture(autouse=True)
def english(monkeypatch, whole):
    """Everything is read once for these tests; what the environment says is English."""
    monkeypatch.setattr(guide_sections, "read_guide", lambda: whole)
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")


def blocks(result):
    """Heading -> lines under it; the first line under the empty heading."""
    assert (result.code, result.err) == (0, "")
    first, *rest = result.out.rstrip("\n").split("\n\n")
    parts = (block.split("\n  ") for block in rest)
    return {"": [first]} | {heading: lines for heading, *lines in parts}


def test_a_section_in_english(call):
    told = blocks(call("guide", "4.1.2"))
    assert told[""] == ["4.1.2  Self-attention"]
    assert told["The guide"][0].startswith("Self-attention relates all positions")
    assert told["Formula"][0] == "Attention(Q, K, V) = softmax(QKᵀ/√dₖ) V"
    assert told["Statements"][0].startswith("A48  wrong: The formula of multi-head attention is")
    where = [line.split("  ") for line in told["Code"]]
    (place,) = (line[0] for line in where if line[1] == "scaled_dot_product_attention")
    file, _, number = place.partition(":")
    source = (PROJECT / file).read_text(encoding="utf-8").split("\n")
    assert source[int(number) - 1].startswith("def scaled_dot_product_attention(")
    assert any(
        line.startswith("lessons/06_heads_masks_positions.ipynb") for line in told["Lessons"]
    )
    assert any(line.startswith("tests/nn/test_attention.py  ") for line in told["Tests"])
    assert "G15  scaled dot-product attention: done" in told["Rows"]


@pytest.mark.parametrize(
    "arguments", [["4.1.2", "--language", "zh"], ["第 4.1.2 节"], ["--language", "zh", "§4.1.2"]]
)
def test_a_section_in_chinese(call, arguments):
    told = blocks(call("guide", *arguments))
    assert told[""] == ["4.1.2  自注意力机制"]
    assert told["核对结论"][0].startswith("A48  错误：")
    assert any(
        line.startswith("lessons/zh/06_heads_masks_positions.ipynb") for line in told["课程"]
    )
    assert "G18  多头注意力：已完成" in told["各项状态"]


def test_the_language_of_a_number_is_that_of_the_environment(call, monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert "指南的说法" in blocks(call("guide", "4.1.3"))
    assert "指南的说法" in blocks(call("guide", "A47"))
    assert call("guide", "attention").out.startswith("Glossary\n")
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    assert "The guide" in blocks(call("guide", "4.1.3"))


def test_a_statement(call):
    told = blocks(call("guide", "a47"))
    assert told[""] == ["A47  wrong"] and told["Sections"] == ["4.1.1  Word embeddings"]
    assert told["Source"] == ["Pennington et al. 2014, Eq. 8, Eq. 9"]
    test = "tests/guide/test_word_vectors.py::test_a47_the_count_never_enters_the_printed_loss"
    assert test in told["Tests"]
    assert any(line.endswith("glove  G10") for line in told["Code"]) and "No test" not in told
    assert told["Lessons"][0].startswith("lessons/04_glove.ipynb") and "No lesson" not in told
    assert "G10  GloVe: done" in told["Rows"]
    assert "a matter of wording" in blocks(call("guide", "A5"))["No test"]
    told = blocks(call("guide", "A48", "--language", "zh"))
    assert told["各项状态"] == ["G18  多头注意力：已完成"]
    assert any("MultiHeadAttention" in line for line in told["代码"]) and "没有代码" not in told


def test_a_statement_about_a_source_one_that_is_right_and_one_that_was_not_checked(call):
    told = blocks(call("guide", "A94"))
    assert told[""] == ["A94  does not exist"]
    assert told["Read instead"][0].startswith("Dai et al. 2019, Transformer-XL")
    assert "Read instead" not in blocks(call("guide", "A92"))
    told = blocks(call("guide", "A32"))
    assert told[""] == ["A32  right"] and told["Sections"] == ["3.1  Transformer architecture"]
    assert told["No code"] == ["none for it alone; see the rows"]
    told = blocks(call("guide", "A109", "--language", "zh"))
    assert told[""] == ["A109  尚未收入勘误"] and told["没有代码"] == ["没有专门的代码，见各项"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_of_every_part_it_is_said_where_code_lesson_and_test_are_or_that_there_is_none(
    whole, language
):
    parts = [one.number for one in whole.sections] + [entry.feature for entry in whole.entries]
    parts += sorted({name for one in whole.sections for name in whole.statements_of(one)})
    lines = Lines(whole, language)
    for part in parts:
        told = set(lines.answer(part))
        for name in ("code", "lessons", "tests"):
            there, not_there = lines.say(name) in told, lines.say(f"without {name}") in told
            assert there != not_there, (part, name)


def test_no_answer_keeps_any_latex(whole):
    lines = Lines(whole, "en")
    for one in whole.sections:
        for part in (one.number, *whole.statements_of(one)):
            for line in lines.answer(part):
                assert not re.search(r"[\\$]", line), (part, line)


def test_a_row(call):
    told = blocks(call("guide", "G16"))
    assert told[""] == ["G16  long-range dependency: done"]
    assert any("cost" in line for line in told["Code"])
    assert all(line.startswith("tests/") and "::test_" in line for line in told["Tests"])
    assert len(told["Lessons"]) == 1
    assert blocks(call("guide", "g50"))[""] == ["G50  image and text together: done"]


@pytest.mark.parametrize("query", [["损失函数"], ["loss", "function"], ["Loss function"]])
def test_a_word(call, query):
    told = call("guide", *query)
    assert told.code == 0 and not told.out.startswith("\n")
    for part in ("损失函数", "1.4.2", "G25", "minillm/ops/losses.py:", "01_loss_and_gradients",
                 "tests/ops/test_losses.py  "):  # fmt: skip
        assert part in told.out


def test_a_word_leads_to_the_code_the_lessons_and_the_tests_of_its_rows(call):
    told = blocks(call("guide", "residual"))
    assert any("EncoderBlock" in line for line in told["Code"])
    assert any("07_transformer_layer.ipynb" in line for line in told["Lessons"])
    assert any(line.startswith("tests/nn/test_depth.py  ") for line in told["Tests"])


def test_a_word_of_a_title_alone_leads_to_the_rows_of_the_section(call):
    told = blocks(call("guide", "pseudo-code"))
    assert told[""] == ["Sections\n  3.2  Pseudo-code"]
    assert any(line.startswith("G22  ") for line in told["Rows"])
    assert any("EncoderBlock" in line for line in told["Code"])


def test_code_that_no_section_asks_for_says_so(call):
    told = blocks(call("guide", "clip_gradients"))
    assert told["Code"] and "Lessons" not in told and "No lesson" not in told
    assert "no section of the guide asks for this code" in told[""][0]


@pytest.mark.parametrize(
    ("query", "row"),
    [
        ("冲突的目标", "G43"),
        ("目标冲突", "G43"),
        ("conflicting objectives", "G43"),
        ("competing objectives", "G43"),
        ("不匹配的泛化", "G44"),
        ("mismatched generalization", "G44"),
        ("冲突的目标与不匹配的泛化", "G43"),
        ("冲突的目标与不匹配的泛化", "G44"),
    ],
)
def test_the_problems_of_the_title_lead_to_their_rows_and_say_what_is_done(call, whole, query, row):
    told = blocks(call("guide", query, "--language", "en"))
    lines = Lines(whole, "en")
    found = [one for one in whole.entries if lines.row(one) in told["Rows"]]
    assert row in [one.feature for one in found]
    assert told["Lessons"]
    assert ("No code" in told) != any(one.functions for one in found)
    assert ("No test" in told) != any(whole.tests.get(one.feature) for one in found)


@pytest.mark.parametrize(
    ("query", "nearest"),
    [
        ("4.7", "4.2 Examples"),
        ("11.3", "10 Further reading"),
        ("0", "1 Background"),
        ("attnetion", "Attention"),
        ("G99", "G66"),
    ],
)
def test_an_unknown_one_is_one_line_with_the_nearest(call, query, nearest):
    result = call("guide", query)
    assert (result.code, result.out) == (1, "")
    assert result.message.startswith(f"minillm guide: {query!r} is in no section")
    assert nearest in result.message.partition("The nearest: ")[2].split("; ")


def test_an_unknown_word_in_chinese(call):
    message = call("guide", "注意里").message
    assert message.startswith("minillm guide: 找不到“注意里”")
    assert "注意力头" in message


@pytest.mark.parametrize("language", ["en", "zh"])
def test_without_a_query_all_sections_are_listed_with_their_rows(call, language):
    lines = call("guide", "--language", language).out.splitlines()
    assert [line.split("  ")[0] for line in lines] == [one.number for one in read_sections()]
    (line,) = (line for line in lines if line.startswith("7.3.2  "))
    open_rows = {entry.feature for entry in read_map() if entry.open}
    assert "G62" in line.split() and "G41" in line.split()
    assert open_rows == {word[1:-1] for line in lines for word in line.split() if word[0] == "("}


def test_wrong_options_are_exit_code_two(call):
    assert call("guide", "--language", "fr", "4.1").code == 2


def test_without_a_clone_it_says_what_is_left_out(call, monkeypatch):
    monkeypatch.setattr("minillm.commands.guide.in_a_clone", lambda: False)
    monkeypatch.setattr(guide_sections, "in_a_clone", lambda: False)
    monkeypatch.setattr(guide_sections, "read_guide", read_guide)
    result = call("guide", "4.1.2")
    assert result.code == 0 and "Code" in result.out
    assert "Lessons" not in result.out and "Tests" not in result.out
    told = call("guide", "7.2.1").out  # of editors, for which there is nothing to compute
    assert "No code" in told and "No lesson" not in told and "No test" not in told
    assert result.message.startswith("lessons and tests are named only")
