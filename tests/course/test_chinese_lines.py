"""A paragraph in Chinese is one line: HTML makes a blank of a line end beside a character."""

import json
import re
from itertools import pairwise

import pytest

from minillm.course.places import LESSONS, PROJECT

PAGES = [PROJECT / "README.zh.md", LESSONS / "glossary.md", *sorted((LESSONS / "zh").glob("*.md"))]
NOTEBOOKS = sorted((LESSONS / "zh").glob("*.ipynb"))
SOURCES = sorted((LESSONS / "src").glob("*.py"))
WIDE = r"[一-鿿　-〿＀-｠“”‘’…—]"  # characters and punctuation
END, START = re.compile(rf"{WIDE}[*_`]*$"), re.compile(rf"\s*[*_`]*{WIDE}")
OTHER = re.compile(r"\s*(?:$|[*+-] |\d+\. |#|\||\$\$|`{3}|<|>|!\[)")  # begins something of its own
PROSE = re.compile(r'^# %% \[markdown\] lang="zh".*\n((?:#(?! %%).*\n)*)', re.MULTILINE)


def broken(text):
    """Line ends inside a paragraph or an item, beside a Chinese character; code is left out."""
    text = re.sub(r"^(```|~~~).*?^\1", "```", text, flags=re.MULTILINE | re.DOTALL)
    return [
        f"{line}⏎{after}"
        for line, after in pairwise(text.split("\n"))
        if not (OTHER.match(after) or re.match(r"\s*(?:$|#|\||\$\$|`{3}|<)", line))
        if END.search(line) or START.match(after)
    ]


def cells_of_source(path):
    """The Chinese prose of a lesson."""
    for found in PROSE.finditer(path.read_text(encoding="utf-8")):
        yield re.sub(r"^# ?", "", found[1], flags=re.MULTILINE)


def cells_of_notebook(path):
    """The prose of a notebook."""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            yield "".join(cell["source"])


@pytest.mark.parametrize("path", [*PAGES, *NOTEBOOKS, *SOURCES], ids=lambda path: path.name)
def test_no_line_of_a_chinese_paragraph_is_broken(path):
    read = {".ipynb": cells_of_notebook, ".py": cells_of_source}.get(path.suffix)
    texts = list(read(path)) if read else [path.read_text(encoding="utf-8")]
    assert any(re.search(WIDE, text) for text in texts)
    assert [line for text in texts for line in broken(text)] == []


def test_a_broken_line_is_noticed():
    assert (
        broken("这里有\n* 一项")
        == []
        == broken("第一段。\n\n第二段。")
        == broken("```\n甲\n乙\n```")
    )
    assert broken("由你的循环\n决定") == ["由你的循环⏎决定"]
    assert broken("* 保存、\n  评测") and broken("**保存**\n评测") and broken("保存。\n**评测**")
    assert broken("见甲、\n[别的](b.md)") and broken("见 `a`\n与乙") and broken("见甲\nb")
    assert broken("# 标题\n正文\n$$x$$\n| 表 |\n| 表 |") == [] == broken("in English\nalone")
