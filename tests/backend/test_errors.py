import errno

import pytest

from minillm.backend import naming


def test_an_error_without_a_file_gets_the_name_of_the_one_that_was_written():
    with pytest.raises(OSError, match="No space left on device: 'a/b'") as caught, naming("a/b"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.filename == "a/b"


def test_an_error_that_names_its_file_keeps_it(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, naming("a/b"):
        (tmp_path / "nowhere").read_bytes()
    assert caught.value.filename == str(tmp_path / "nowhere")


def test_other_errors_and_no_error_pass():
    with pytest.raises(ValueError, match="odd"), naming("a/b"):
        raise ValueError("odd")
    with naming("a/b"):
        pass
