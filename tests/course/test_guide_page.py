"""The page from the guide to the code: every link leads to what it names, in both languages."""

import ast
import re

import pytest

from minillm.course.guide_page import as_entry, in_sections, pages
from minillm.course.guide_sections import WORDS, read_guide
from minillm.course.places import FOLDERS, LESSONS

GUIDE = read_guide()
PAGES = dict(zip(FOLDERS, pages(), strict=True))
each_language = pytest.mark.parametrize("language", FOLDERS)


@each_language
def test_it_has_every_section_under_the_guides_own_number(language):
    path, text = PAGES[language]
    assert path == LESSONS / FOLDERS[language] / "guide_map.md"
    headings = re.findall(r"^##+ (.*)$", text, re.MULTILINE)
    titles = [one.title[language] for one in GUIDE.sections]
    numbers = [f"{one.number} " if one.number[0].isdigit() else "" for one in GUIDE.sections]
    assert headings == [number + title for number, title in zip(numbers, titles, strict=True)]


@each_language
def test_a_function_stands_in_the_line_that_its_link_names(language):
    path, text = PAGES[language]
    found = re.findall(r"\[(\S+):(\d+)\]\((\S+\.py)#L(\d+)\) `(\w+)`", text)
    assert len(found) >= text.count("#L") > 100
    for shown, line, target, anchor, name in set(found):
        file = (path.parent / target).resolve()
        assert line == anchor and file.as_posix().endswith(f"minillm/{shown}")
        (node,) = (
            node
            for node in ast.parse(file.read_text(encoding="utf-8")).body
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name
        )
        assert node.lineno == int(line)


@each_language
def test_links_to_errata_tests_and_lessons_lead_to_what_is_there(language):
    path, text = PAGES[language]
    anchors = re.findall(r"\]\(errata\.md#(a\d+)\)", text)
    errata = (path.parent / "errata.md").read_text(encoding="utf-8")
    assert anchors and all(
        f'<a id="{name}"></a>\n\n### {name.upper()} ' in errata for name in anchors
    )
    files = re.findall(r"\]\(([^)#]+\.(?:py|ipynb|md))\)", text)
    assert len(files) > 100 and all((path.parent / file).is_file() for file in set(files))


def test_both_languages_have_the_same_formulas_links_and_numbers():
    english, chinese = (text for _, text in PAGES.values())
    for pattern in (r"\$\$.*\$\$", r"A\d+(?=\]| )", r"G\d+ ", r"#L\d+", r"\w+\.ipynb"):
        assert re.findall(pattern, english) and sorted(re.findall(pattern, english)) == sorted(
            re.findall(pattern, chinese)
        ), pattern


def test_a_section_word_for_word():
    (section,) = (one for one in GUIDE.sections if one.number == "9.1")
    assert list(as_entry(GUIDE, section, "zh")) == [
        "### 9.1 大语言模型是什么？",
        f"**指南的说法**：{section.says['zh']}",
        "* **核对结论**：[A6](errata.md#a6) 不准确\n* **没有课程**：暂无\n"
        "* **没有代码**：没有需要计算的内容",
    ]


@each_language
def test_a_section_without_a_lesson_says_so(language):
    for section in GUIDE.sections:
        text = "\n".join(as_entry(GUIDE, section, language))
        heads = [f"* **{WORDS[name][language]}**" for name in ("lessons", "without lessons")]
        assert [head in text for head in heads] == (
            [True, False] if GUIDE.lessons_of(section) else [False, True]
        )


def test_sections_of_a_lesson_are_listed_in_each_languages_way():
    assert (
        in_sections([1], "en") == " (section 1)" and in_sections([1, 5], "zh") == "（第 1、5 节）"
    )
    assert in_sections([], "en") == ""
