import pytest

from minillm.backend.folder_files import check_places, file_in


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
    (cache / "vocab.txt").symlink_to("../../../refs")
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


def test_a_link_out_of_the_folder_is_not_written_through(cache):
    with pytest.raises(ValueError, match=r"tokenizer\.json: a link that leads out of its folder"):
        check_places(cache, ["new", "tokenizer.json"])
    (cache / "b").mkdir()
    with pytest.raises(IsADirectoryError, match="b"):
        check_places(cache, ["b"])
