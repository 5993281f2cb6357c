"""What the pages say of real texts is what the runs wrote."""

import re
from dataclasses import fields

import numpy as np
import pytest

from minillm.labs.statistics import mean_and_interval
from minillm.tasks.entities.recipe import TaggerRecipe
from minillm.tasks.translation import TranslationRecipe
from tests.real_text_numbers import TABLES, read
from tests.told import missing_rows, text_of

each_page = pytest.mark.parametrize("page", ["own_text.md", "zh/own_text.md"])


@each_page
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_every_row_is_that_of_the_stored_run(table, page):
    assert not missing_rows(table, page), "python -m tests.real_text_numbers prints them"


def test_what_is_said_beside_the_tables_holds():
    systems = read("translation")["systems"]
    assert systems["word for word"]["chrf"] > 0.9 * max(one["chrf"] for one in systems.values())
    found = read("entities")["scores"]
    assert found["dictionary"]["test"]["unseen"] == [0.0, 0.0, 0.0]


@each_page
def test_the_gain_by_the_field_is_told_with_its_interval_and_where_that_begins(page):
    found = read("entities")["scores"]
    field, head = (np.array(found[name]["test"]["all"]) for name in list(found)[1:])
    mean, half = mean_and_interval(field - head)
    told = text_of(page)
    assert f"{mean:.3f} ± {half:.3f}" in told
    assert f"{mean - half:.4f}" in told and mean > half


@each_page
@pytest.mark.parametrize("name", ["translation", "entities"])
def test_the_commands_that_made_the_tables_stand_there(name, page):
    """Options of the stored command that are not the usual ones, in whatever folder."""
    told = " ".join(text_of(page).split())
    stored = read(name)["command"].replace("HEAD", "crf").replace("SEED", "0")
    first = stored.split(";")[0].split(" --out RUN")
    recipe = TranslationRecipe if name == "translation" else TaggerRecipe
    options = re.findall(r"--([a-z-]+) (\S+)", " ".join(first))
    usual = {entry.name.replace("_", "-"): str(entry.default) for entry in fields(recipe)}
    command = next(
        c
        for c in re.findall(r"-m (minillm [^`]*?)(?= \.venv| ```)", told)
        if f"runs/{'multi30k' if name == 'translation' else 'wnut'}" in c
    )
    assert all(
        f"--{option} {value}" in command for option, value in options if usual.get(option) != value
    )
