"""What pages tell people to type is understood, and data that they show is what is in force."""

import json
import re
import shlex
from pathlib import Path

import pytest

from minillm.__main__ import main
from minillm.commands.arguments import build_parser
from minillm.tasks.generation import ChatTemplate
from minillm.training import DivergenceError, Run
from tests.training.test_journal import spoiled
from tests.training.toys import Walk

LESSONS = Path(__file__).parents[1] / "lessons"
PAGES = ["own_text.md", "zh/own_text.md"]
COMMAND = re.compile(r"^\.venv/bin/python -m minillm (.+)$", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_is_understood(page):
    commands = COMMAND.findall((LESSONS / page).read_text(encoding="utf-8"))
    assert len(commands) >= 10
    for command in commands:
        words = shlex.split(command.partition(" < ")[0])
        parser = build_parser(words)
        found, rest = parser.parse_known_args(words)
        assert not rest, command
        assert callable(found.run)


def test_the_page_on_speed_says_how_kernels_for_devices_are_tried_and_installed():
    page = (LESSONS / "speed.md").read_text(encoding="utf-8")
    gpu = page.partition("\n## GPU\n")[2]
    assert "MINILLM_KERNELS=device" in gpu and "have not run on a device yet" in gpu
    assert "\n.venv/bin/python -m pytest -m gpu tests/gpu -n 0\n" in gpu
    (command,) = COMMAND.findall(gpu)
    found, rest = build_parser(words := shlex.split(command)).parse_known_args(words)
    assert (found.command, found.device, str(found.json), rest) == (
        "bench",
        "cuda",
        "device.json",
        [],
    )
    for extra in ("fast", "cuda12x"):  # as the errors say it: see test_info
        assert f'`.venv/bin/pip install -e ".[{extra}]"`' in page


def test_the_template_on_the_pages_is_the_one_that_is_used():
    for page in PAGES:
        text = (LESSONS / page).read_text(encoding="utf-8")
        shown = json.loads(re.search(r"```json\n(.+?)```", text, re.DOTALL).group(1))
        assert ChatTemplate(**shown) == ChatTemplate()


def test_both_languages_have_the_same_commands():
    one, other = (COMMAND.findall((LESSONS / p).read_text(encoding="utf-8")) for p in PAGES)
    assert one == other


SMALL = {
    "tag train": ["--width", "16", "--n-heads", "2", "--epochs", "0.1"],
    "embed train": ["--width", "4", "--min-count", "1", "--epochs", "1"],
}


@pytest.mark.parametrize("what", ["tag", "embed"])
def test_the_first_commands_of_a_part_follow_one_another(what, tmp_path, monkeypatch, capsys):
    """Beside what the user brings, each reads what those before it have written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plays.txt").write_text("king and queen\nqueen and lord\n" * 9)
    (tmp_path / "questions-words.txt").write_text(": rule\nking queen lord and\n")
    text = (LESSONS / PAGES[0]).read_text(encoding="utf-8")
    block = next(b for b in text.split("```") if f" minillm {what} " in b)
    for command in COMMAND.findall(block):
        words = shlex.split(command)
        assert main([*words, *SMALL.get(" ".join(words[:2]), [])]) == 0, capsys.readouterr().err


@pytest.mark.parametrize("page", PAGES)
def test_the_weights_before_a_fault_are_read_as_the_page_says(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    model, stage = spoiled([0] * 9, at=3)
    with pytest.raises(DivergenceError):
        list(Run(model, [stage], {}, out="runs/watched").all())
    text = (LESSONS / page).read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n([^`]*last_good[^`]*)```", text)
    fresh = Walk()
    exec(code, {"model": fresh})
    assert fresh.at() == 3
    assert "weights before the fault in step 3 of walk {'place': 3.0}" in capsys.readouterr().out
