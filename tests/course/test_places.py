"""Reading content, reading and writing files."""

import pytest

from minillm.course.places import CONTENT, content, read, write


def test_what_is_written_is_read_again_with_its_line_ends(tmp_path):
    path = tmp_path / "new" / "a.md"
    assert read(path) is None
    write(path, "一\n二\n")
    assert read(path) == "一\n二\n" and b"\r" not in path.read_bytes()
    path.write_bytes(b"a\r\n")
    assert read(path) == "a\r\n"


@pytest.mark.parametrize("path", sorted(CONTENT.glob("*.json")), ids=lambda path: path.stem)
def test_every_file_of_content_can_be_read_and_names_no_test(path):
    assert content(path.stem)
    assert "tests/" not in path.read_text(encoding="utf-8")
