"""What tests of studies share."""

import pytest

from minillm.labs.worlds.public import VARIABLE
from tests.labs.public_files import write_public_files


@pytest.fixture
def public_folder(tmp_path_factory, monkeypatch):
    """A folder with a file of each public name, where studies look for it."""
    folder = tmp_path_factory.mktemp("public")
    write_public_files(folder)
    monkeypatch.setenv(VARIABLE, str(folder))
    return folder
