"""Tests of the tests: each planted mistake turns at least one of them red."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.planted import PLANTS

ROOT = Path(__file__).parents[1]
ADDOPTS = "addopts=--import-mode=importlib --strict-markers"


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name.replace(" ", "-"))
def test_a_planted_mistake_turns_a_test_red(plant, tmp_path):
    for folder in ("minillm", "tests"):  # with what Python has compiled of it
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    file = tmp_path / "minillm" / plant.file
    source = file.read_text(encoding="utf-8")
    assert source.count(plant.old) == 1, f"{plant.file} has changed: plant it anew"
    file.write_text(source.replace(plant.old, plant.new), encoding="utf-8")
    for compiled in file.parent.glob(f"__pycache__/{file.stem}.*"):
        compiled.unlink()
    options = ["-q", "-x", "-o", ADDOPTS, "-m", "not slow", "-p", "no:cacheprovider", plant.tests]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # they take longer than most tests
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=tmp_path,
        env=environment | {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    # 1 = tests failed; any other code means that they did not run
    assert run.returncode == 1, run.stdout[-2000:] + run.stderr[-2000:]
    assert " failed" in run.stdout
