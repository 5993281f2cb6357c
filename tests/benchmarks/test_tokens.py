"""The job and the table, on a text that takes no time."""

import pytest

from tests.benchmarks import tokens
from tests.benchmarks.tokens_job import main


@pytest.fixture
def file(tmp_path):
    """A small text."""
    path = tmp_path / "text.txt"
    path.write_text("tea or tea\n今天喝茶\n", encoding="utf-8")
    return path


def test_files_are_joined_and_repeated_without_half_a_character(file):
    once = file.read_bytes()
    assert tokens.corpus([file, file], 3 * len(once)) == once * 3
    assert tokens.corpus([file], 13) == b"tea or tea\n"
    file.write_text("", encoding="utf-8")
    with pytest.raises(ValueError, match=r"nothing in .*text\.txt"):
        tokens.corpus([file], 9)


@pytest.mark.parametrize("kind", tokens.KINDS)
def test_the_job_trains_encodes_and_decodes(file, kind):
    found = main("minillm", kind, str(file), "300")
    assert {*tokens.COLUMNS} <= found.keys()
    assert found["text comes back"] == (kind == "byte_pairs")
    assert found["bytes per token"] == len(file.read_bytes()) / found["tokens"]


def test_a_line_for_each_library(file, capsys):
    tokens.main([str(file), "--bytes", "60", "--merges", "3", "--kinds", "byte_pairs"])
    _, _, head, rule, line = capsys.readouterr().out.splitlines()
    assert head.startswith("| byte_pairs, 259 tokens | train s |") and rule.count("---") == 7
    assert line.startswith("| minillm | ")
