"""The commit of a checkout is told, whether it was changed, and nothing of somebody else's."""

import subprocess

import numpy as np
import pytest

import minillm
from minillm.backend import kernels, kernels_in_force
from minillm.backend.surroundings import answer_of_git, git_state, surroundings

WHO = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.org")


@pytest.fixture
def checkout(tmp_path):
    folder = tmp_path / "checkout"
    (folder / "inner").mkdir(parents=True)
    (folder / "file").write_text("one", encoding="utf-8")
    for words in (("init", "-q"), ("add", "file"), (*WHO, "commit", "-q", "-m", "first")):
        subprocess.run(["git", "-C", folder, *words], check=True)
    return folder


@pytest.mark.guide("G57")
def test_a_checkout_has_a_commit_and_is_dirty_once_a_tracked_file_is_changed(checkout):
    state = git_state(checkout)
    assert len(state["commit"]) == 40 and state["dirty"] is False
    (checkout / "new").write_text("untracked", encoding="utf-8")
    assert git_state(checkout) == state
    (checkout / "file").write_text("two", encoding="utf-8")
    assert git_state(checkout) == {**state, "dirty": True}


def test_a_folder_inside_a_checkout_outside_of_one_or_without_a_commit_has_none(checkout, tmp_path):
    assert git_state(checkout / "inner") is None
    assert git_state(tmp_path) is None
    assert git_state(tmp_path / "nowhere") is None
    empty = tmp_path / "empty"
    subprocess.run(["git", "init", "-q", empty], check=True)
    assert git_state(empty) is None


def test_without_git_there_is_no_commit(checkout, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert answer_of_git(checkout, "rev-parse", "HEAD") is None
    assert git_state(checkout) is None


@pytest.mark.guide("G57")
def test_the_surroundings_of_a_number_are_versions_and_the_processor():
    found = surroundings()
    assert found["versions"]["numpy"] == np.__version__
    assert found["versions"]["minillm"] == minillm.__version__
    assert found["processor"]["name"] and found["processor"]["cores"] >= 1


@pytest.mark.guide("G57")
def test_the_kernels_are_those_in_force_when_they_are_asked_for():
    assert surroundings()["kernels"] == kernels_in_force()
    for level in ("off", "numpy"):
        with kernels(level):
            assert surroundings()["kernels"] == level
