import os

import pytest

from minillm.backend import files
from minillm.backend.folder_files import file_in, write_together


@pytest.fixture
def cache(tmp_path):
    """A cache as the hub's client lays it out: every file is a link to a blob."""
    revision = tmp_path / "models--somebody--bert" / "snapshots" / "abc"
    blobs = tmp_path / "models--somebody--bert" / "blobs"
    revision.mkdir(parents=True)
    blobs.mkdir()
    (blobs / "0f").write_bytes(b"{}")
    (revision / "tokenizer.json").symlink_to("../../blobs/0f")
    return revision


def test_files_and_links_inside_a_folder_are_found(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    (tmp_path / "b").symlink_to("a")
    assert file_in(tmp_path, "a") == tmp_path / "a" and file_in(tmp_path, "b") == tmp_path / "b"
    assert file_in(tmp_path, "c") is None and file_in(tmp_path / "none", "a") is None


def test_a_cache_of_the_hub_may_link_to_its_blobs(cache, tmp_path):
    assert file_in(cache, "tokenizer.json") == cache / "tokenizer.json"
    (tmp_path / "shortcut").symlink_to(cache)
    assert file_in(tmp_path / "shortcut", "tokenizer.json")
    (cache / "vocab.txt").symlink_to("../../refs")
    with pytest.raises(ValueError, match=r"vocab\.txt: a link that leads out of its folder"):
        file_in(cache, "vocab.txt")


def test_links_that_lead_elsewhere_or_nowhere_are_refused(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "secret").write_bytes(b"")
    for name, target in (("a", "../secret"), ("b", "/etc/passwd"), ("c", "../model2/x")):
        (tmp_path / "model" / name).symlink_to(target)
        with pytest.raises(ValueError, match=f"{name}: a link that leads out of its folder"):
            file_in(tmp_path / "model", name)
    (tmp_path / "model" / "d").symlink_to("gone")
    with pytest.raises(ValueError, match="d: a link that leads to nothing"):
        file_in(tmp_path / "model", "d")
    (tmp_path / "model" / "e").symlink_to("e")
    with pytest.raises(ValueError, match="e: a link that leads to nothing"):
        file_in(tmp_path / "model", "e")


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(NotADirectoryError, match="a is a file: the folder that it lies in"):
        file_in(tmp_path / "a", "tokenizer.json")


def test_files_are_written_together_and_others_removed(tmp_path):
    folder = tmp_path / "new" / "model"
    write_together(folder, {"a": b"1", "b": b"2"})
    write_together(folder, {"a": b"3", "c": b"4"}, without=["b", "d"])
    assert {f.name: f.read_bytes() for f in folder.iterdir()} == {"a": b"3", "c": b"4"}


def test_a_link_is_replaced_and_not_followed(cache):
    write_together(cache, {"tokenizer.json": b"new"})
    assert (cache.parents[1] / "blobs" / "0f").read_bytes() == b"{}"
    assert not (cache / "tokenizer.json").is_symlink()


def test_nothing_is_written_where_one_file_cannot_be(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "b").mkdir()
    with pytest.raises(IsADirectoryError, match="b"):
        write_together(tmp_path, {"a": b"new", "b": b"new"})
    (tmp_path / "b").rmdir()
    calls, fsync = [], os.fsync

    def full(descriptor):
        calls.append(descriptor)
        if len(calls) == 3:  # the first file has two: its own and that of its folder
            raise OSError(28, "No space left on device")
        return fsync(descriptor)

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_together(tmp_path, {"a": b"new", "b": b"new"}, without=["a"])
    assert {f.name: f.read_bytes() for f in tmp_path.iterdir()} == {"a": b"old"}
