"""What the command line says in Chinese: all of it, and with the same numbers in it."""

import ast
import string
from functools import cache
from pathlib import Path

import pytest

from minillm import commands
from minillm.backend import CheckpointError
from minillm.commands.words import CHINESE, ENGLISH, Words
from minillm.text.corpora import load_corpus
from minillm.text.corpora.samples import SAMPLES
from tests.commands.test_pipeline import PHASES, ROWS

FOLDER = Path(commands.__file__).parent
ZH = Words("zh")


def strings(path):
    """Every string in a module, and what is said there by name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}


def fields(text):
    return sorted((name, form) for _, name, form, _ in string.Formatter().parse(text) if name)


@cache
def said():
    """Every string of the command line, and the names that data give to what they have."""
    used = set().union(*(strings(p) for p in FOLDER.glob("*.py") if p.name != "words.py"))
    used |= strings(FOLDER.parent / "__main__.py")
    kinds = {
        k for n in ("sentiment", "topics") for t in load_corpus(n, "zh").tags["dev"] for k in t
    }
    news = {new for samples in SAMPLES.values() for sample in samples for new in sample.news}
    rows = {*ROWS}
    return used | kinds | news | rows | {"{name:<6}{n:>6} sentences, classes {counts}"}


@pytest.mark.parametrize("english", CHINESE)
def test_both_languages_have_the_same_fields_and_the_english_is_used(english):
    assert fields(english) == fields(CHINESE[english])
    assert english in said()


@pytest.mark.parametrize("text", [*PHASES, *ROWS])
def test_what_is_said_has_words_in_chinese(text):
    assert ENGLISH(text) == text
    assert any("\u4e00" <= character <= "\u9fff" for character in ZH(text))


def test_what_has_none_is_a_fault():
    with pytest.raises(KeyError):
        ZH("something new")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (FileNotFoundError(2, "No such file or directory", "a/b"), "文件或文件夹不存在：a/b"),
        (NotADirectoryError(20, "Not a directory", "a/b"), "不是文件夹：a/b"),
        (PermissionError(13, "Permission denied", "a/b"), "没有权限：a/b"),
        (OSError(28, "No space left on device", "a/b"), "出错：a/b: No space left on device"),
        (CheckpointError("a: damaged"), "检查点不能用：a: damaged"),
        (ValueError("width 3"), "数值或选项有误：width 3"),
        (MemoryError(), "内存不足：MemoryError"),
    ],
)
def test_errors_are_called_by_their_kind(error, line):
    assert ZH.error(error) == line


def test_the_pipeline_refuses_in_its_language(call, tmp_path):
    (tmp_path / "file").touch()
    result = call("pipeline", "--language", "zh", "--out", tmp_path / "file")
    assert (result.code, result.message) == (
        1,
        f"minillm pipeline: 不是文件夹：{tmp_path / 'file'}",
    )
