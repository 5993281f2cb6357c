"""Public data: read where they are, named where they are missing, refused where they changed."""

import hashlib
from dataclasses import dataclass

import pytest

from minillm.labs.study import find_study, study_modules
from minillm.labs.worlds.public import ABOUT, VARIABLE, PublicFile, missing_files, read_public
from minillm.text import Example

CONTENT = b"1\ta fine film\n0\ta dull one\n"
FILE = PublicFile("sst2-train.tsv", hashlib.sha256(CONTENT).hexdigest())
SPAM = PublicFile("sms-spam.tsv", "")


@dataclass(frozen=True)
class Settings:
    """Of a study that needs two files."""

    train: PublicFile = FILE
    test: PublicFile = SPAM
    width: int = 3


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return tmp_path


def test_a_file_is_read_from_the_folder_that_is_named(folder):
    (folder / FILE.name).write_bytes(CONTENT)
    assert read_public(FILE) == [Example("a fine film", "1"), Example("a dull one", "0")]


def test_without_a_name_the_folder_is_data(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / FILE.name).write_bytes(CONTENT)
    assert len(read_public(FILE)) == 2


def test_another_version_is_refused(folder):
    (folder / FILE.name).write_bytes(CONTENT.upper())
    with pytest.raises(ValueError, match=rf"has SHA-256 [0-9a-f]{{64}}, measured .* {FILE.sha256}"):
        read_public(FILE)


def test_each_missing_file_is_named_with_what_it_is(folder):
    first, second = missing_files(Settings())
    assert first == (
        f"{folder / FILE.name} is missing: {ABOUT['sst2']}; SHA-256 {FILE.sha256}; {VARIABLE} may "
        "name another folder"
    )
    assert "sms-spam.tsv is missing: the SMS Spam Collection" in second
    (folder / FILE.name).write_bytes(CONTENT)
    (folder / "sms-spam.tsv").write_bytes(CONTENT)
    (other,) = missing_files(Settings(test=PublicFile("sms-spam.tsv", "0")))
    assert (
        other
        == f"{folder / 'sms-spam.tsv'} has SHA-256 {FILE.sha256}, measured was the file with 0"
    )
    assert list(missing_files(Settings(test=PublicFile("sms-spam.tsv", FILE.sha256)))) == []


def test_every_public_file_of_a_study_says_what_it_is(folder):
    lines = [line for n in study_modules() for line in missing_files(find_study(n).settings)]
    assert len(lines) == 16
    assert not [line for line in lines if "a public data set" in line]
