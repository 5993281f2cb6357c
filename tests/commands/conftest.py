"""Commands run in this process, a labelled file, and a model that has learned it."""

import pytest

from minillm.__main__ import main
from tests.commands.command_line import TINY, Result, write_examples


@pytest.fixture
def call(capsys):
    """Run a command here; gives its exit code and what it wrote."""

    def run(*arguments):
        capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as exit_:
            code = exit_.code
        return Result(code, *capsys.readouterr())

    return run


@pytest.fixture
def file(tmp_path):
    """Sixty labelled sentences."""
    return write_examples(tmp_path / "data.tsv")


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """The folder of a run that has learned the sixty sentences."""
    folder = tmp_path_factory.mktemp("trained")
    file = write_examples(folder / "data.tsv")
    options = ["--pretrain-epochs", "0", "--finetune-epochs", "15", "--finetune-lr", "0.005"]
    assert main(["train", str(file), "--out", str(folder / "run"), *TINY, *options]) == 0
    return folder / "run"
