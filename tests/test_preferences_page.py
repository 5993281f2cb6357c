"""What the pages on preferences say is what the stored studies say."""

import numpy as np
import pytest

from minillm.labs.preferences.displacement import STUDY as DISPLACEMENT
from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_settings, read_study
from tests.preference_numbers import STAGES, TABLES, falls, gains, said
from tests.told import above_zero, intervals, missing_rows, numbers

PAGES = ("preferences.md", "zh/preferences.md")
PLACES = {name: place for place, name in enumerate(STAGES)}
each_page = pytest.mark.parametrize("page", PAGES)


@each_page
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_every_row_is_that_of_the_stored_study(table, page):
    assert not missing_rows(table, page), (
        "python -m tests.preference_numbers prints what the page should say"
    )


@pytest.mark.slow
@pytest.mark.parametrize("study", ["assistant", "assistant_zh"])
def test_the_answers_of_the_transcript_are_those_of_the_first_seed(study):
    for page in PAGES:
        assert not missing_rows(lambda: said(study), page)


@each_page
def test_every_interval_in_the_text_is_that_of_the_stored_studies(page):
    assert intervals(page) == sorted([*gains().values(), *falls().values()])


@each_page
def test_the_numbers_that_the_text_names_are_those_of_the_settings(page):
    assistant, proxies = read_settings("assistant"), read_settings("overoptimisation")
    gpt = assistant["gpt"]
    wanted = {
        *(f"{gpt['n_layers']}", f"{gpt['width']}", "128", "1,000", "16", "16,384"),
        f"{assistant['lines'] - assistant['held_out']:,}",
        *(str(size) for size in (assistant["sizes"][0], assistant["sizes"][2])),
        f"{100 * assistant['worse']:.0f}",
        f"{100 - 100 * assistant['worse']:.0f}",
        str(proxies["degrees"]),
    }
    assert (proxies["prompts"], proxies["answers"], proxies["error"]) == (128, 1000, 2.0)
    assert DISPLACEMENT.settings.pairs == 200
    assert wanted - numbers(page) == set()


@pytest.mark.guide("G40")
@pytest.mark.parametrize("study", ["assistant", "assistant_zh"])
def test_what_is_said_of_the_stages_is_decided_as_it_is_said(study):
    found = {key: values.T for key, values in read_study(study).items()}
    right, exact = found["right"], found["exact"]
    base, instructed, dpo, continued, clean = (right[place] for place in PLACES.values())
    assert found["repetition"][0].min() > 0.5 and exact[0].max() < 0.01 and base.max() < 1e-6
    mean, half = mean_and_interval(instructed)
    assert abs(mean - 0.6) < half
    assert above_zero(exact[1] - right[1]) and above_zero(dpo - instructed)
    assert above_zero(continued - dpo) and above_zero(clean - dpo)
    assert not above_zero(clean - continued) and not above_zero(continued - clean)
    assert not above_zero(exact[2] - exact[1]) and not above_zero(exact[1] - exact[2])
    rose = found["log_right"][2] - found["log_right"][1]
    fell = found["log_worse"][1] - found["log_worse"][2]
    assert above_zero(fell - 5 * rose)  # mostly


def test_what_is_said_of_proxies_and_of_displaced_answers_is_decided():
    found = read_study("overoptimisation")
    assert round(1.766 / 5**0.5, 2) == 0.79 == round(found["best_of_n_normal"][:, 4, 2].mean(), 2)
    displaced = read_study("displacement")
    assert (displaced["first_orthogonal"] > 0).all()
    mean, half = mean_and_interval(displaced["rank_first_tied"])
    assert mean - half > 0.75
    assert np.abs(mean_and_interval(displaced["rank_of_alike_tied"])[0]) < 0.3
