import ast
from pathlib import Path

import minillm
from minillm.backend import progress

PACKAGE = Path(minillm.__file__).parent


def test_every_bar_is_one_that_a_log_does_not_get():
    drawn = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "tqdm"
    }
    assert drawn == {"backend/progress.py"}


def test_what_is_counted_is_counted_without_a_terminal_too(capsys):
    assert list(progress.progress_bar(range(3))) == [0, 1, 2]
    assert capsys.readouterr() == ("", "")
