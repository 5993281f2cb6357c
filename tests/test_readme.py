"""Both READMEs are short and run; tables of results are those of the stored studies."""

import re
from pathlib import Path

import numpy as np
import pytest

from minillm.commands.words import Words
from minillm.labs import mean_and_interval, read_settings, read_study
from tests.readme_numbers import CURVES, TABLES

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh.md")
MOST, LESSONS, LONGEST = 9_000, 26, 150  # characters; lessons planned; characters of their rows
RESULTS = (ROOT / "lessons" / "results.md").read_text(encoding="utf-8").splitlines()
GAPS = {"README.md": "Missing numbers are lessons", "README.zh.md": "编号有空缺"}
each_readme = pytest.mark.parametrize("name", READMES)


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


@each_readme
def test_a_readme_is_short_also_when_all_lessons_stand_in_it(name):
    rows = [line for line in read(name).splitlines() if re.match(r"\| \w\w\w? \| \[", line)]
    assert rows and max(map(len, rows)) <= LONGEST
    assert len(read(name)) + (LESSONS - len(rows)) * LONGEST <= MOST


@each_readme
def test_the_code_of_a_readme_runs(name, capsys):
    (block,) = re.findall(r"```python\n(.*?)```", read(name), flags=re.DOTALL)
    exec(compile(block, name, "exec"), {})
    error, loss = map(float, capsys.readouterr().out.split())
    assert error < 1e-9 and loss < 0.2


@each_readme
def test_links_of_a_readme_lead_to_files(name):
    targets = re.findall(r"\]\(([^)#]+)\)", read(name))
    assert len(targets) > 10
    assert [target for target in targets if not (ROOT / target).exists()] == []


@each_readme
def test_a_readme_leads_to_the_part_on_memory(name):
    ((page, anchor),) = re.findall(r"\]\(([^)#]+)#([^)]+)\)", read(name))
    heads = re.findall(r"^## (.+)$", read(page), flags=re.MULTILINE)
    assert anchor in [head.lower().replace(" ", "-") for head in heads]
    assert "--recompute" in read(page).partition(heads[-1])[2]


@each_readme
def test_the_columns_of_the_sample_and_the_gaps_in_the_numbers_are_explained(name):
    say = Words("zh" if ".zh" in name else "en")
    form = r"\n\n```\n(.*?)\n```\n\n(.*?)\n\n"
    ((sample, told),) = re.findall(form, read(name), flags=re.DOTALL)
    columns = re.split(r"\s{2,}", sample.split("\n")[0])
    groups = [
        g for g in read_settings("single_clauses")["groups"] if re.fullmatch(r"(?!all)\w+", g)
    ]
    assert set(map(say, groups)) <= set(columns)
    quoted = {"README.md": "`{}`", "README.zh.md": "“{}”"}[name]
    assert len(groups) == 5 and all(quoted.format(say(group)) in told for group in groups)
    (row,) = (line for line in sample.split("\n") if line.startswith(say("BERT, fine-tuned")))
    assert re.split(r"\s{2,}", row)[1] in told.replace("\n", " ")
    numbers = [int(n) for n in re.findall(r"^\| (\d\d) \|", read(name), flags=re.MULTILINE)]
    gaps = len(numbers) <= numbers[-1]
    assert gaps == (GAPS[name] in read(name))


def test_both_readmes_say_the_same_numbers():
    rows = [
        [line.split("|")[2:] for line in read(name).splitlines() if " ± " in line]
        for name in READMES
    ]
    assert rows[0] == rows[1] and len(rows[0]) == 4
    assert all(any("|".join(cells) in line for line in RESULTS) for cells in rows[0])


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_every_row_of_a_table_is_that_of_the_stored_study(table):
    missing = [row for row in table() if row not in RESULTS]
    assert not missing, "python -m tests.readme_numbers prints what the page should say"


@pytest.mark.parametrize("table", CURVES, ids=lambda table: table.__name__)
@pytest.mark.parametrize("page", ["reference_curves.md", "zh/reference_curves.md"])
def test_reference_curves_are_those_of_the_stored_study(table, page):
    lines = (ROOT / "lessons" / page).read_text(encoding="utf-8").splitlines()
    told = table()[1:]  # the head is in the page's language
    assert [row for row in told if row not in lines and "nats" not in row] == []
    numbers = [re.findall(r"\d\.\d{3}", row) for row in told]
    assert all(any(re.findall(r"\d\.\d{3}", line) == row for line in lines) for row in numbers)


def difference(more, less):
    """Mean of the paired differences, and half of its 95 % interval."""
    return mean_and_interval(more - less)


def test_passes_help_order_in_english_and_more_of_them_are_undecided():
    accuracy, settings = read_study("passes"), read_settings("passes")
    none, six, twelve = (
        accuracy["en, accuracy"][:, place] for place in map(settings["passes"].index, (0, 6, 12))
    )
    order, whole = (settings["groups"].index(group) for group in ("order", "all"))
    gain, half = difference(six[:, order], none[:, order])
    assert gain > half
    change, half = difference(twelve[:, whole], six[:, whole])
    assert abs(change) < half
    assert accuracy["zh, accuracy"][:, 0, whole].min() > 0.999


def test_with_few_labels_their_number_and_the_updates_decide_what_pretraining_is_worth():
    found = read_study("few_labels")
    with_, without = found["BERT, pretrained"][..., 0], found["BERT"][..., 0]  # (seeds, L, U)
    pairs = found["bag of words and pairs"][..., 0]
    tens, four_hundred, thousand = slice(0, 3), 3, 4
    gain, half = difference(with_, without)
    assert (np.abs(gain) < half)[tens].all()
    assert np.isclose(gain[four_hundred, 0], -0.085, atol=0.005) and gain[thousand, 0] < -0.09
    assert (-gain > half)[four_hundred:, 0].all()
    assert np.isclose(gain[four_hundred, 1], 0.093, atol=0.005) and gain[3, 1] > half[3, 1]
    assert abs(gain[thousand, 1]) < half[thousand, 1]
    better, half = difference(without[:, :4, 1], pairs[:, :4])
    assert (np.abs(better) < half).all()
    order = found["BERT, pretrained"][:, tens, :, 2]
    assert np.abs(order.mean(axis=0) - 0.5).max() < 0.02
    gains = found["BERT, pretrained"][:, four_hundred, 1] - found["BERT"][:, four_hundred, 1]
    assert gains[:, 2].mean() > 2 * gains[:, 1].mean()  # where order decides, against plain


def test_at_the_last_token_a_pretrained_model_is_behind_and_the_other_readings_are_level():
    read = read_study("few_labels")["BERT, pretrained, readings"][:, :, 1, 0]
    change, half = difference(read[:, 1], read[:, 0])
    assert abs(change) < half
    change, half = difference(read[:, 2], read[:, 0])
    assert change < -half and np.isclose(change, -0.092, atol=0.005)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_single_clauses_are_no_help_with_the_six_new_sentences(language):
    found = read_study("single_clauses")

    def count(dial, what):
        return found[f"{language}, BERT {dial}, {what}"].sum(axis=1)

    change, half = difference(count("with", "samples"), count("without", "samples"))
    assert change < half
    for dial in ("with", "without"):
        assert count(dial, "known").mean() > 5.5


def test_on_real_text_bert_is_behind_or_level_with_pairs_and_pretraining_costs_two_points():
    sst2, spam = read_study("sst2"), read_study("spam")
    accuracy = {name: scores[:, 1, 0] for name, scores in sst2.items()}
    change, half = difference(accuracy["BERT"], accuracy["bag of words and pairs"])
    assert change < -half
    change, half = difference(accuracy["BERT, pretrained"], accuracy["BERT"])
    assert change < -half and np.isclose(change, -0.02, atol=0.005)
    change, half = difference(spam["BERT"], spam["bag of words and pairs"])
    assert (np.abs(change) < half).all()
