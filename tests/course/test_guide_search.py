"""A word is found in the glossary, in titles, rows and names, in either language and spelling."""

import pytest

from minillm.course.guide_search import (
    cleared,
    fits,
    look_up,
    near_names,
    near_sections,
    unknown,
    words_of,
)
from minillm.course.guide_sections import read_guide

GUIDE = read_guide()


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("4.1.2", "4.1.2"),
        ("§4.1.2", "4.1.2"),
        ("section 4.1.2.", "4.1.2"),
        ("第 4.1.2 节", "4.1.2"),
        (" ４.１.２ ", "4.1.2"),
        ("loss function", "loss function"),
    ],
)
def test_a_section_may_be_written_in_several_ways(query, asked):
    assert cleared(query) == asked


@pytest.mark.parametrize(
    ("query", "candidate", "found"),
    [
        ("attention", "scaled_dot_product_attention", True),
        ("attention", "MultiHeadAttention", True),
        ("glove", "GloVe", True),
        ("regularization", "regularisation terms", True),
        ("layer norm", "layer normalisation", True),
        ("norm layer", "layer normalisation", True),
        ("tension", "attention", False),
        ("注意力", "多头自注意力机制", True),
        ("L2 正则", "L2 正则化", True),
        ("L3 正则", "L2 正则化", False),
        ("损失", "正则化", False),
        ("冲突的目标", "冲突目标", True),
        ("目标冲突", "冲突目标", True),
        ("不匹配的泛化", "泛化不匹配", True),
        ("冲突的目标", "训练目标", False),
        ("的", "冲突的目标", False),
        ("?!", "anything", False),
    ],
)
def test_each_word_begins_a_word_and_chinese_may_stand_anywhere(query, candidate, found):
    assert fits(query, "other", candidate) == found


def test_the_words_of_a_name():
    assert words_of("MultiHeadAttention of BERT, L2") == ["multi", "head", "attention", "of",
                                                          "bert", "l", "2"]  # fmt: skip


@pytest.mark.parametrize("query", ["损失函数", "loss function"])
def test_the_very_term_brings_its_section_its_code_and_the_rows_of_that(query):
    hits = look_up(query, GUIDE)
    assert [term.en for term in hits.terms] == ["loss function"]
    assert [one.number for one in hits.sections] == ["1.4.2"]
    assert [entry.feature for entry in hits.entries] == ["G25"]
    assert "cross_entropy" in [one.name for one in hits.code]


def test_a_word_in_many_places():
    hits = look_up("attention", GUIDE)
    assert {"self-attention", "multi-head attention"} <= {term.en for term in hits.terms}
    assert {"3.1", "4.1.2", "4.2.2"} <= {one.number for one in hits.sections}
    assert {"G15", "G17", "G18"} <= {entry.feature for entry in hits.entries}
    assert {"scaled_dot_product_attention", "MultiHeadAttention"} <= {c.name for c in hits.code}


def test_a_public_function_without_a_section_is_found_with_its_line():
    (one,) = (one for one in look_up("clip_gradients", GUIDE).code if one.name == "clip_gradients")
    assert one.file == "minillm/optim/clipping.py" and one.line > 1 and one.sections == ()


def test_nothing_is_found_for_nonsense_and_the_nearest_is_named():
    hits = look_up("attnetion", GUIDE)
    assert not hits
    assert "Attention" in unknown("attnetion", GUIDE, "en").partition("nearest: ")[2].split("; ")
    assert "注意力头" in unknown("注意里", GUIDE, "zh")
    assert unknown("xyzzy", GUIDE, "en").endswith("nor a function of ours")


@pytest.mark.parametrize(
    ("number", "nearest"),
    [
        ("4.7", ["4.2", "4.1", "4"]),
        ("4.1.9", ["4.1.3", "4.1.2", "4.1.1", "4.1"]),
        ("4.1.2.1", ["4.1.2"]),
        ("7.9.1", ["7.3", "7.2", "7.1", "7"]),
        ("11.3", ["10", "9", "8"]),
        ("0", ["1", "2", "3"]),
    ],
)
def test_the_nearest_sections_are_near_by_their_numbers(number, nearest):
    assert [one.number for one in near_sections(number, GUIDE)] == nearest


def test_the_nearest_rows_and_statements_are_near_by_their_numbers():
    assert near_names("g70", GUIDE) == ["G66", "G65", "G64"]
    assert near_names("A0", GUIDE) == ["A1", "A2", "A3"]


@pytest.mark.parametrize(
    ("query", "row"),
    [
        *(("DP-SGD", "G54"), ("scrubbing", "G54"), ("差分隐私", "G54"), ("成员推断", "G54")),
        *(("quantization", "G53"), ("quantisation", "G53"), ("量化", "G53")),
    ],
)
def test_the_usual_words_lead_to_the_rows_on_cost_and_privacy(query, row):
    assert row in [one.feature for one in look_up(query, GUIDE).entries]
