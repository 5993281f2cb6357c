"""Files are found in folders of any shape, and told whose they are."""

import pytest

from minillm.course.judge.verdicts import OPEN
from minillm.course.marking.hand_in import handed_in, no_notebook, students
from minillm.course.marking.marks import Mark


def made(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_folders_are_searched_through_and_rows_named_by_the_path_inside(tmp_path):
    made(tmp_path, "b/05.ipynb", "a/x/06.ipynb", "张三.ipynb", "a/notes.txt")
    made(tmp_path, "a/.ipynb_checkpoints/06-checkpoint.ipynb")
    (tmp_path / "folder.ipynb").mkdir()
    found = list(handed_in([tmp_path]).values())
    assert found == ["a/x/06.ipynb", "b/05.ipynb", "folder.ipynb/", "张三.ipynb"]


def test_what_machines_put_beside_work_is_left_out_and_capitals_do_not_matter(tmp_path):
    made(tmp_path, "a/05.IPYNB", "a/._05.ipynb", "a/__MACOSX/05.ipynb", ".hidden/05.ipynb")
    found = list(handed_in([tmp_path]).values())
    assert found == [".hidden/05.ipynb", "a/05.IPYNB"]


def test_a_file_is_named_by_its_name_and_two_of_one_name_by_their_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(made(tmp_path, "a/05.ipynb", "b/05.ipynb", "b/06.ipynb").parent)
    one, two, other = (tmp_path / name for name in ("a/05.ipynb", "b/05.ipynb", "b/06.ipynb"))
    assert list(handed_in([one, other]).values()) == ["05.ipynb", "06.ipynb"]
    assert list(handed_in([one, two]).values()) == [one.as_posix(), two.as_posix()]


def test_a_folder_without_notebooks_and_a_path_to_nothing_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no notebook"):
        handed_in([made(tmp_path, "a.txt")])
    with pytest.raises(FileNotFoundError, match=r"b\.ipynb does not exist"):
        handed_in([tmp_path / "b.ipynb"])


def test_a_folder_without_notebooks_beside_others_with_some_is_listed_too(tmp_path):
    made(tmp_path, "li/05.ipynb", "li/figures/a.png", "wu/05.py", "class/yu/06.ipynb", "x.ipynb")
    made(tmp_path, "class/hu/a", "class/hu/b", "class/hu/c", "class/hu/d", "__MACOSX/li/05.ipynb")
    (tmp_path / "he" / "05.ipynb").mkdir(parents=True)
    found = handed_in([tmp_path])
    assert [name for name in found.values() if name.endswith("/")] == ["class/hu/", "he/", "wu/"]
    said = [no_notebook(path).english for path in found if path.is_dir()]
    assert said == [
        "no notebook (.ipynb) in the folder, but a, b, c, ...",
        "no notebook (.ipynb) in the folder, but 05.ipynb/",
        "no notebook (.ipynb) in the folder, but 05.py",
    ]
    assert whose(("class/hu/", ""), ("he/", "")) == ["class/hu", "he"]


def test_a_file_that_is_no_notebook_is_refused_with_what_is_needed(tmp_path):
    made(tmp_path, "05.py")
    with pytest.raises(ValueError, match=r"05\.py is no notebook: give files that end in \.ipynb"):
        handed_in([tmp_path / "05.py"])


def whose(*files):
    return list(students([Mark(file, "", OPEN, lesson=lesson) for file, lesson in files]).values())


def test_a_folder_with_one_notebook_of_each_lesson_is_a_students():
    assert whose(("li/05.ipynb", "05"), ("li/06.ipynb", "06"), ("wu/05.ipynb", "05")) == [
        *("li", "li", "wu")
    ]
    assert whose(("class/li/05.ipynb", "05"), ("class/wu/05.ipynb", "05")) == [
        *("class/li", "class/wu")
    ]


def test_elsewhere_the_files_name_belongs_to_the_students():
    assert whose(("李.ipynb", "05"), ("wu.ipynb", "05")) == ["李", "wu"]
    assert whose(("class/li.ipynb", "05"), ("class/wu.ipynb", "05")) == ["class/li", "class/wu"]
    twice = ("li/05.ipynb", "05"), ("li/05 (1).ipynb", "05"), ("wu/05.ipynb", "05")
    assert whose(*twice) == ["li/05", "li/05 (1)", "wu"]
