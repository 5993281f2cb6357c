"""What tests of studies share."""

import pytest

from minillm.labs.worlds.public import VARIABLE
from tests.labs.public_files import write_public_files


@pytest.fixture(scope="session")
def public_files(tmp_path_factory):
    """A folder with a file of each public name, which nobody changes."""
    folder = tmp_path_factory.mktemp("public")
    write_public_files(folder)
    return folder


@pytest.fixture
def public_folder(public_files, monkeypatch):
    """That folder, where studies look for it."""
    monkeypatch.setenv(VARIABLE, str(public_files))
    return public_files
