"""Where the guide is wrong: every statement of its sections 1 to 4 that can be checked.

``python -m minillm.course.errata`` writes ``lessons/errata.md`` and ``lessons/zh/errata.md``.
Where a number decides, a test evaluates what the guide says beside what is right.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from minillm.course.build import FOLDERS, LESSONS, write

ROWS = Path(__file__).with_name("errata.json")
SCOPE = tuple(f"A{n}" for n in [*range(1, 62), 114, 116])  # title, abstract, sections 1 to 4
RIGHT = ("A3", "A7", "A8", "A11", "A22", "A24", "A25", "A35", "A46")
SECTIONS = {
    "title": {"en": "Title", "zh": "标题"},
    "abstract": {"en": "Abstract", "zh": "摘要"},
    "1.3": {"en": "1.3 Structure of the text", "zh": "1.3 文档结构概述"},
    "1.4.1": {"en": "1.4.1 Core terms", "zh": "1.4.1 核心术语定义"},
    "1.4.2": {"en": "1.4.2 Related concepts", "zh": "1.4.2 相关概念解释"},
    "1.4.3": {"en": "1.4.3 Abbreviations", "zh": "1.4.3 缩略词列表"},
    "2": {"en": "2 Concepts and their connections", "zh": "2 核心概念与联系"},
    "2.1": {"en": "2.1 Basic concepts", "zh": "2.1 基本概念"},
    "2.2": {"en": "2.2 How the concepts are connected", "zh": "2.2 核心概念联系"},
    "3.1": {"en": "3.1 Transformer architecture", "zh": "3.1 Transformer 架构"},
    "3.2": {"en": "3.2 Pseudo-code", "zh": "3.2 伪代码实现"},
    "3.3": {"en": "3.3 Steps", "zh": "3.3 操作步骤"},
    "4.1": {"en": "4.1 Mathematical model", "zh": "4.1 数学模型"},
    "4.1.1": {"en": "4.1.1 Word embeddings", "zh": "4.1.1 词嵌入"},
    "4.1.2": {"en": "4.1.2 Self-attention", "zh": "4.1.2 自注意力机制"},
    "4.1.3": {"en": "4.1.3 Feed-forward network", "zh": "4.1.3 前馈神经网络"},
    "4.2.1": {"en": "4.2.1 Example: word embeddings", "zh": "4.2.1 举例：词嵌入"},
    "4.2.2": {"en": "4.2.2 Example: self-attention", "zh": "4.2.2 举例：自注意力"},
}
VERDICTS = {
    "wrong": {"en": "wrong", "zh": "错误"},
    "imprecise": {"en": "imprecise", "zh": "不准确"},
    "omission": {"en": "omission", "zh": "遗漏"},
    "leak": {"en": "no content", "zh": "与内容无关"},
}
REASONS = {  # why a statement has no test
    "wording": {"en": "a matter of wording", "zh": "只涉及措辞"},
    "the guide's own text": {
        "en": "about the guide's own text, which is not part of this project",
        "zh": "说的是指南自身的行文，本项目不收录其原文",
    },
    "not built yet: sub-word tokenisers": {
        "en": "not built yet: sub-word tokenisers",
        "zh": "尚未实现：子词分词器",
    },
    "not built yet: conflicting objectives and mismatched generalisation": {
        "en": "not built yet: conflicting objectives and mismatched generalisation",
        "zh": "尚未实现：冲突目标与泛化不匹配",
    },
}
WORDS = {
    "title": {"en": "Errata of the guide", "zh": "指南勘误"},
    "states": {"en": "The guide", "zh": "指南的说法"},
    "correct": {"en": "Right", "zh": "正确的说法"},
    "source": {"en": "Source", "zh": "出处"},
    "tests": {"en": "Tests", "zh": "测试"},
    "no test": {"en": "No test", "zh": "没有测试"},
    "lesson": {"en": "Lesson", "zh": "课程"},
    "references": {"en": "References", "zh": "参考文献"},
    "colon": {"en": ": ", "zh": "："},
    "comma": {"en": ", ", "zh": "、"},
    "section": {"en": " (also section {})", "zh": "（又见 {} 节）"},
}
INTRODUCTION = {
    "en": "Title, abstract and sections 1 to 4 of the guide make {scope} statements that can be "
    "checked. {right} are right. The other {rows} are listed here, with what is right and where it "
    "is written. {tested} of them are tested by number: a test evaluates what the guide says, or "
    "what it leaves out, beside what is right. The others carry the reason why they have no test. "
    "The numbers A1, A2, ... are those that the lessons use.",
    "zh": "指南的标题、摘要和第 1 至 4 节共有 {scope} 条可以查证的说法，其中 {right} 条正确，"
    "其余 {rows} 条列在这里，附上正确的说法和出处。"
    "{tested} 条可以用数字判定，各有测试，把指南的说法（或它漏掉的东西）与正确的说法一并算出来；"
    "没有测试的，注明了原因。A1、A2 等编号与各课中的相同。",
}
REFERENCES = (
    "Devlin et al. 2019: BERT: Pre-training of Deep Bidirectional Transformers for Language "
    "Understanding",
    "Dong et al. 2021: Attention Is Not All You Need: Pure Attention Loses Rank Doubly "
    "Exponentially with Depth",
    "Goodfellow et al. 2016: Deep Learning",
    "He et al. 2016: Deep Residual Learning for Image Recognition",
    "Levy & Goldberg 2014: Neural Word Embedding as Implicit Matrix Factorization",
    "Mikolov et al. 2013a: Efficient Estimation of Word Representations in Vector Space",
    "Mikolov et al. 2013b: Distributed Representations of Words and Phrases and their "
    "Compositionality",
    "Pennington et al. 2014: GloVe: Global Vectors for Word Representation",
    "Radford et al. 2018: Improving Language Understanding by Generative Pre-Training",
    "Radford et al. 2019: Language Models are Unsupervised Multitask Learners",
    "Srivastava et al. 2014: Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
    "Vaswani et al. 2017: Attention Is All You Need",
    "Wei et al. 2023: Jailbroken: How Does LLM Safety Training Fail?",
    "Yu et al. 2020: Gradient Surgery for Multi-Task Learning",
)


@dataclass(frozen=True)
class Erratum:
    """One statement of the guide that does not hold as it stands."""

    number: str  # "A28"
    section: str  # of the guide, the first one first: "3.1, 3.3"
    verdict: str  # one of VERDICTS
    states: dict[str, str]  # what the guide says, in our words, by language
    correct: dict[str, str]  # what is right
    source: str  # papers and their sections, the same in both languages
    tests: list[str]  # "tests/guide/test_padding.py: test_..."
    lesson: str = ""  # file stem of the lesson that treats it
    why: str = ""  # one of REASONS where there is no test


def read_errata(path: Path = ROWS) -> list[Erratum]:
    """All rows, in the order of their numbers."""
    return [Erratum(**row) for row in json.loads(path.read_text(encoding="utf-8"))]


def as_page(errata: list[Erratum], language: str) -> str:
    """The page in Markdown: introduction with counts, sections in the guide's order, references."""
    introduction = INTRODUCTION[language].format(
        scope=len(SCOPE),
        right=len(RIGHT),
        rows=len(errata),
        tested=sum(bool(row.tests) for row in errata),
    )
    parts = [f"# {WORDS['title'][language]}", introduction]
    order = list(SECTIONS)
    by_section = sorted(errata, key=lambda row: order.index(first_section(row)))
    for section, rows in groupby(by_section, key=first_section):
        parts.append(f"## {SECTIONS[section][language]}")
        parts.extend(as_entry(row, language) for row in rows)
    parts.append(f"## {WORDS['references'][language]}")
    parts.append("\n".join(f"* {reference}" for reference in REFERENCES))
    return "\n\n".join(parts) + "\n"


def first_section(row: Erratum) -> str:
    """The section under which a row stands."""
    return row.section.partition(",")[0]


def as_entry(row: Erratum, language: str) -> str:
    """One statement: what the guide says, what is right, and where to look."""
    further = row.section.partition(", ")[2]
    note = WORDS["section"][language].format(further) if further else ""
    lines = [
        f"### {row.number} · {VERDICTS[row.verdict][language]}{note}",
        "",
        *(f"* **{head}**{WORDS['colon'][language]}{text}" for head, text in facts(row, language)),
    ]
    return "\n".join(lines)


def facts(row: Erratum, language: str) -> Iterator[tuple[str, str]]:
    """Heading and text of each line of an entry."""
    up = "../" * (1 + len(FOLDERS[language].parts))
    yield WORDS["states"][language], row.states[language]
    yield WORDS["correct"][language], row.correct[language]
    if row.source:
        yield WORDS["source"][language], row.source
    if row.tests:
        files = dict.fromkeys(reference.partition(":")[0] for reference in row.tests)
        links = (f"[{Path(file).parent.name}/{Path(file).stem}]({up}{file})" for file in files)
        yield WORDS["tests"][language], WORDS["comma"][language].join(links)
    else:
        yield WORDS["no test"][language], REASONS[row.why][language]
    if row.lesson:
        yield WORDS["lesson"][language], f"[{row.lesson}]({row.lesson}.ipynb)"


def pages(lessons: Path = LESSONS) -> Iterator[tuple[Path, str]]:
    """Path and text of the page in each language."""
    errata = read_errata()
    for language, folder in FOLDERS.items():
        yield lessons / folder / "errata.md", as_page(errata, language)


def main() -> None:
    """Write both pages."""
    for path, text in pages():
        write(path, text)
        print(path)


if __name__ == "__main__":
    main()
