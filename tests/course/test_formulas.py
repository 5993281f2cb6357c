"""Formulas in Unicode: what our pages use leaves no LaTeX, and each construction by example."""

import re

import pytest

from minillm.course.formulas import in_unicode, readable
from minillm.course.places import content

NAMES = ("guide_sections", "guide_map", "errata", "glossary", "reading")


def texts(value):
    """All texts in a value of JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts(one)


def formulas():
    """Every formula that the guide's map and the pages beside it hold."""
    yield from (f for one in content("guide_sections")["sections"] for f in one["formula"])
    for name in NAMES:
        for text in texts(content(name)):
            yield from re.findall(r"\$([^$]+)\$", text)


def test_no_formula_of_the_map_keeps_any_latex():
    found = sorted(set(formulas()))
    assert len(found) > 100
    assert [f for f in found if re.search(r"\\|\x00|[\^_]\{|\$", in_unicode(f))] == []


def test_texts_of_the_map_keep_no_dollar_sign():
    for name in NAMES:
        assert not [text for text in texts(content(name)) if "$" in readable(text)]


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (r"\mathrm{softmax}\!\left(\frac{QK^\top}{\sqrt{d_k}}\right) V", "softmax(QKᵀ/√dₖ) V"),
        (r"XW_i^Q,\quad X \in \mathbb{R}^{n \times d}", "XWᵢ^Q,   X ∈ ℝ^(n × d)"),
        (r"\frac{m \odot x}{1 - p}", "(m ⊙ x)/(1 - p)"),
        (r"\frac{1}{n}\sum_{i=1}^{n} x_i", "1/n ∑ᵢ₌₁ⁿ xᵢ"),
        (r"\frac{a}{bc} + \frac{a}{b_1}", "a/(bc) + a/b₁"),
        (r"\frac{2PR}{P + R}", "2PR/(P + R)"),
        (r"\sqrt{10} + \sqrt{f(i) + 1}", "√10 + √(f(i) + 1)"),
        (r"{v'}_{x_{t+j}}^\top v", "v'_(xₜ₊ⱼ)ᵀ v"),
        (r"\tilde w_b + \hat R", "w̃_b + R̂"),
        (r"x_{\max} + x_{T+1} + x_t", "x_max + x_(T+1) + xₜ"),
        (r"U(w)^{3/4}\,e^{-1}", "U(w)^(3/4) e⁻¹"),
        (r"\max_\theta \log p_\theta(x \mid y)", "max_θ log p_θ(x | y)"),
        (r"\lVert \theta \rVert^2", "‖θ‖²"),
        (r"\max(0,\, x)", "max(0, x)"),
        (r"\{0, 1\}^{N_V}", "{0, 1}^(N_V)"),
        (r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", "[1, 2; 3, 4]"),
        (r"\text{macro-}F_1^{(k)}", "macro-F₁⁽ᵏ⁾"),
    ],
)
def test_by_example(formula, text):
    assert in_unicode(formula) == text


def test_what_is_not_known_is_left():
    assert in_unicode(r"\oint f") == r"\oint f"
    assert in_unicode(r"\hat{xy} + \mathbb{Q}") == r"\hat{xy} + \mathbb{Q}"
    assert in_unicode(r"\begin{cases} a \end{cases}") == r"\begin{cases} a \end{cases}"


def test_in_a_text_only_what_stands_between_dollar_signs_changes():
    assert readable(r"V 是矩阵 $V \in \mathbb{R}^{2}$，a_b 不变。") == "V 是矩阵 V ∈ ℝ²，a_b 不变。"
    assert readable(r"$$x_1$$") == "x₁"
