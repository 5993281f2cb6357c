"""A folder is the old one or the new one, whatever goes wrong on the way."""

import os
import subprocess
import sys

import pytest

from minillm.backend.files import machine
from minillm.backend.folders import whole_folder


def contents(folder):
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


@pytest.fixture
def place(tmp_path):
    """A folder inside one that holds nothing else."""
    (tmp_path / "here").mkdir()
    return tmp_path / "here" / "model"


def write(folder, **files):
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def test_a_new_folder_is_there_only_when_all_is_done(place):
    with whole_folder(place) as folder:
        write(folder, a="1", b="2")
        assert not place.exists()
    assert contents(place) == {"a": "1", "b": "2"}
    assert os.listdir(place.parent) == ["model"]


def test_an_old_folder_goes_as_a_whole(place):
    place.mkdir()
    write(place, a="old", c="old")
    with whole_folder(place, replaced={"a", "c"}.__contains__) as folder:
        write(folder, a="new")
        assert contents(place) == {"a": "old", "c": "old"}
    assert contents(place) == {"a": "new"}
    assert os.listdir(place.parent) == ["model"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, OSError])
@pytest.mark.parametrize("before", [True, False])
def test_after_an_error_nothing_has_changed(place, error, before):
    if before:
        place.mkdir()
        write(place, a="old")
    with pytest.raises(error), whole_folder(place, replaced=lambda name: True) as folder:
        write(folder, a="new")
        raise error
    assert os.listdir(place.parent) == (["model"] if before else [])
    assert not before or contents(place) == {"a": "old"}


def test_where_the_last_move_fails_the_old_folder_comes_back(place, monkeypatch):
    place.mkdir()
    write(place, a="old")
    move = os.rename

    def failing(source, target):
        if str(source).endswith(".new"):
            raise OSError("no")
        move(source, target)

    monkeypatch.setattr("minillm.backend.folders.os.rename", failing)
    with pytest.raises(OSError), whole_folder(place, replaced=lambda name: True) as folder:
        write(folder, a="new")
    assert contents(place) == {"a": "old"}
    assert os.listdir(place.parent) == ["model"]


def test_what_would_be_lost_and_what_is_no_folder_is_refused(place):
    place.mkdir()
    write(place, notes="mine")
    for replaced in (None, {"a"}.__contains__):
        with (
            pytest.raises(ValueError, match="holds notes, which would be lost"),
            whole_folder(place, replaced=replaced),
        ):
            pass
    with pytest.raises(NotADirectoryError), whole_folder(place / "notes"):
        pass
    assert contents(place) == {"notes": "mine"}


def test_a_link_stays_and_what_it_leads_to_is_replaced(place, tmp_path):
    target = tmp_path / "target"
    target.mkdir()
    place.symlink_to(target)
    with whole_folder(place) as folder:
        write(folder, a="1")
    assert place.is_symlink()
    assert contents(target) == {"a": "1"}


def test_what_a_killed_process_left_is_removed_and_nothing_else(place):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    dead, alive = (f".model.{machine()}.{pid}.ab12" for pid in (gone.pid, os.getppid()))
    others = [f".other.{machine()}.{gone.pid}.ab12.new", f"{alive}.new"]
    for name in (f"{dead}.new", f"{dead}.old", *others):
        (place.parent / name).mkdir()
        write(place.parent / name, a="1")
    with whole_folder(place) as folder:
        write(folder, a="2")
    only = f"{dead}.old"  # there was nothing else to go back to
    assert sorted(os.listdir(place.parent)) == sorted([*others, only, "model"])
    with whole_folder(place, replaced=lambda name: True):
        pass
    assert sorted(os.listdir(place.parent)) == sorted([*others, "model"])
