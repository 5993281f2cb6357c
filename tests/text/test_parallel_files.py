"""Parallel files: two files or one, with what users really have in them."""

import gzip
import json

import pytest

from minillm.text.parallel_files import Pair, read_pairs, read_parallel

CATS = [Pair("A cat.", "一只猫。"), Pair("Two cats.", "两只猫。")]


def two(tmp_path, source, target, encoding="utf-8"):
    """Two files; gives their paths."""
    paths = tmp_path / "a.en", tmp_path / "a.zh"
    for path, text in zip(paths, (source, target), strict=True):
        path.write_bytes(text.encode(encoding))
    return paths


@pytest.mark.guide("G38")
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_n_of_one_file_is_line_n_of_the_other(tmp_path, end):
    paths = two(tmp_path, f"A cat.{end}Two cats.{end}", f"一只猫。{end}两只猫。")
    assert read_parallel(*paths) == (CATS, [], [1, 2], [1, 2])


def test_a_line_separator_inside_a_sentence_ends_no_line(tmp_path):
    paths = two(tmp_path, "A\u2028cat.\nTwo cats.\n", "一只猫。\n两只猫。\n")
    assert read_parallel(*paths).pairs[0].source == "A\u2028cat."


def test_another_encoding_and_packed_files_are_read(tmp_path):
    paths = two(tmp_path, "A cat.\nTwo cats.\n", "一只猫。\n两只猫。\n", "gbk")
    assert read_parallel(*paths, encoding="gbk").pairs == CATS
    with pytest.raises(ValueError, match="probably GBK"):
        read_parallel(*paths)
    paths[1].write_bytes(gzip.compress("一只猫。\n两只猫。\n".encode()))
    assert read_parallel(*paths).pairs == CATS


def test_files_of_different_length_are_refused_with_the_line(tmp_path):
    paths = two(tmp_path, "a\nb\nc\n", "x\ny\n")
    with pytest.raises(ValueError, match=r"a\.zh: line 3 is missing: it has 2 lines, and .*3"):
        read_parallel(*paths)
    with pytest.raises(ValueError, match=r"a\.zh: line 3 is missing"):
        read_parallel(*paths[::-1])


def test_blank_sides_are_left_out_and_told(tmp_path):
    paths = two(tmp_path, "a\n\nc\n \n", "x\ny\n\n\n")
    pairs, notes, lines, all_lines = read_parallel(*paths)
    assert pairs == [Pair("a", "x")]
    (note,) = notes
    assert note.endswith(": 3 pairs were left out, a side of which is blank: line 2, 3, 4")
    assert (lines, all_lines) == ([1], [1, 2, 3, 4])
    many = two(tmp_path, "a\n" + "\n" * 9, "x\n" + "y\n" * 9)
    assert read_parallel(*many).notes[0].endswith("line 2, 3, 4, 5, 6, ...")


@pytest.mark.parametrize("text", ["", "\n\n", " \n"])
def test_files_without_a_pair_are_refused(tmp_path, text):
    with pytest.raises(ValueError, match="there is no pair of sentences"):
        read_parallel(*two(tmp_path, text, text))


@pytest.mark.parametrize(
    "header",
    ["", "source\ttarget\n", "SRC\tTGT\n", "原文\t译文\n", "en\tzh\n", "English\tChinese\n"],
)
def test_two_columns_with_or_without_a_header(tmp_path, header):
    path = tmp_path / "pairs.tsv"
    path.write_text(header + "A cat.\t一只猫。\nTwo cats.\t两只猫。\n", encoding="utf-8")
    found = read_pairs(path)
    assert found.pairs == CATS
    assert len(found.notes) == bool(header)
    assert found.lines == [2, 3] if header else [1, 2]


def test_single_words_above_sentences_are_told(tmp_path):
    path, sentences = tmp_path / "pairs.tsv", "A cat.\tEin Tier.\n" * 4
    for first, told in (("before\tafter", True), ("en\ten", True), ("A dog.\tEin Hund.", False)):
        path.write_text(f"{first}\n{sentences}", encoding="utf-8")
        found = read_pairs(path)
        assert len(found.pairs) == 5
        assert ["looks like a header" in note for note in found.notes] == [True] * told
    path.write_text("cat\tTier\n" * 5, encoding="utf-8")
    assert read_pairs(path).notes == []


def test_columns_of_other_names_are_asked_for(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text('id,zh,en\n1,一只猫。,"A cat."\n2,两只猫。,Two cats.\n', encoding="utf-8")
    assert read_pairs(path, keys=("en", "zh")).pairs == CATS
    with pytest.raises(ValueError, match="a header with 'de' is needed, got 'id', 'zh', 'en'"):
        read_pairs(path, keys=("en", "de"))
    with pytest.raises(ValueError, match="line 1: 3 columns, and 2 are needed"):
        read_pairs(path)


def test_a_line_with_other_columns_is_named(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_text("a\tx\nb y\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"line 2: 1 columns, and 2 are needed"):
        read_pairs(path)


@pytest.mark.parametrize("nested", [False, True])
def test_json_lines_hold_pairs_at_the_top_or_one_level_down(tmp_path, nested):
    path = tmp_path / "pairs.jsonl"
    rows = [{"en": pair.source, "zh": pair.target} for pair in CATS]
    rows = [{"translation": row} for row in rows] if nested else rows
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert read_pairs(path, keys=("en", "zh")).pairs == CATS
    with pytest.raises(ValueError, match=r"line 1: a text under the key 'source' is needed.*'en'"):
        read_pairs(path)
