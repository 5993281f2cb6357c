"""What the pages on a few examples say is what the stored studies say."""

import numpy as np
import pytest

from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_settings, read_study
from tests.few_examples_numbers import (
    CALIBRATED,
    DRAWN,
    HEAD,
    NAMES,
    PLAIN,
    RIGHT,
    SHUFFLED,
    TABLES,
    USUAL,
    about_lists,
    about_plain,
    bullets,
    of,
)
from tests.told import above_zero, intervals, lines_of, missing_rows

PAGES = ("few_examples.md", "zh/few_examples.md")
each_page = pytest.mark.parametrize("page", PAGES)


@each_page
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_every_row_is_that_of_the_stored_study(table, page):
    assert not missing_rows(table, page), (
        "python -m tests.few_examples_numbers prints what the page should say"
    )


@each_page
def test_every_interval_in_the_text_is_that_of_the_stored_studies(page):
    assert intervals(page) == sorted(bullets().values())


@each_page
def test_the_settings_that_the_text_names_are_those_of_the_studies(page):
    text = " ".join(lines_of(page))
    lists, few = read_settings("few_shot"), read_settings("few_shot_reviews")["few"]
    world, model, tuning = lists["world"], lists["model"], lists["tuning"]
    assert (model["n_layers"], model["width"], world["noise"]) == (2, 64, 0.05)
    named = [f"{model['steps']:,}", str(model["batch"]), str(world["entries"]), "50"]
    for way, steps in (("whole", 10), ("head", 50)):
        assert tuning[way]["steps"] == steps
        named.append(f"{tuning[way]['rate']:g}")
    named += [f"{read_settings('few_shot_reviews')['read']:,}", str(few["queries"])]
    for study in NAMES:
        recipe, few = read_settings(study)["recipe"], read_settings(study)["few"]
        named += [str(recipe["steps"]), str(recipe["max_length"]), few["words"][0]]
        assert (few["tuning"], few["draws"], few["longest"]) == (tuning, lists["draws"], 8)
        assert (few["bag"], few["nothing"]) == (lists["bag"], ["N/A", ""])
        assert (recipe["batch_size"], recipe["n_layers"], recipe["width"]) == (4, 2, 64)
    assert lists["bag"]["l2"] == 0.001 and lists["draws"] == 10
    assert [number for number in named if number not in text] == []


def decided(values):
    """Which means are above 0, and which below, beyond their intervals."""
    return above_zero(values), above_zero(-values)


@pytest.mark.guide("G51")
def test_the_lists_decide_who_goes_by_the_examples():
    context = of("few_shot", "in context")  # seeds, shares, words, way, labels, k
    none, half, every = (context[:, place, :, PLAIN] for place in range(3))
    assert none[:, USUAL].min() == half[:, USUAL].min() == 1
    assert half[:, DRAWN, RIGHT, 1:].mean(axis=0).min() > 0.995
    assert decided(about_lists()["right and shuffled, k = 1"])[0]
    for values in (none[:, DRAWN], every[:, USUAL], every[:, DRAWN]):
        assert not np.any(decided(values[:, [RIGHT, SHUFFLED]] - 0.5))
    mean, interval = mean_and_interval(about_lists()["no list, right and shuffled, k = 10"])
    assert abs(mean) + interval < 0.005


@pytest.mark.guide("G51")
def test_calibration_is_no_gain_on_lists():
    context = of("few_shot", "in context")
    gain = context[:, :, :, CALIBRATED] - context[:, :, :, PLAIN]
    assert not decided(gain)[0].any()
    told = about_lists()
    assert [decided(told[f"calibration, k = {k}"])[1] for k in (1, 5, 10)] == [False, True, True]


@pytest.mark.guide("G51")
def test_one_example_is_enough_to_fine_tune_where_pretraining_told_praise_from_blame():
    tuned = of("few_shot", "tuned")[:, :, :, 0]  # seeds, starts, what learns, labels, k
    assert tuned[:, :2, :, RIGHT].mean(axis=0).min() > 0.995
    assert not np.any(decided(tuned[:, 2:, :, RIGHT] - 0.5))
    assert not np.any(decided(about_lists()["layer and all weights, k = 1"]))
    assert (tuned[:, :2, HEAD, RIGHT] == 1).all()
    assert (of("few_shot", "bag of words") == 0.5).all()


def plain_cells(study):
    """All accuracies of a study but those without examples that stand twice, ``(seeds, n)``."""
    context = of(study, "in context")[:, :2]
    parts = [context[:, :, RIGHT], context[:, :, SHUFFLED, 1:]]
    parts += [of(study, key)[:, :, 0] for key in ("tuned", "untrained")]
    parts.append(of(study, "bag of words"))
    return np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1)


@pytest.mark.guide("G51")
def test_on_plain_reviews_everything_is_at_chance():
    cells = plain_cells("few_shot_reviews")
    assert cells.shape[1] == 2 * 7 + 4 * 6 + 6
    assert not decided(cells - 0.5)[0].any()
    told = about_plain("few_shot_reviews")
    for way in ("in the context", "calibrated"):
        mean, interval = mean_and_interval(told[f"{way}, k = 10"])
        assert 0.54 < mean + interval < 0.545
    assert not np.any(decided(told["fine-tuned and not pretrained, k = 10"]))
    assert read_study("few_shot_reviews")["loss"].max() < 1


@pytest.mark.guide("G51")
def test_on_real_reviews_counting_is_above_chance_and_examples_in_the_context_are_not():
    context = of("few_shot_sst2", "in context")[:, :2]
    assert not np.any(decided(context - 0.5))
    assert not np.any(decided(context[:, :, RIGHT] - context[:, :, SHUFFLED]))
    told = about_plain("few_shot_sst2")
    alone = ("bag of words", "fine-tuned", "fine-tuned, layer alone", "from random weights")
    for name in (f"{one}, k = 10" for one in (*alone, "in the context", "calibrated")):
        told[name] = told[name] - 0.5
    assert {name: bool(decided(values)[0]) for name, values in told.items()} == {
        "in the context, k = 10": False,
        "calibrated, k = 10": False,
        "fine-tuned and not pretrained, k = 10": False,
        "bag of words, k = 10": True,
        "fine-tuned, right and shuffled, k = 10": True,
        "fine-tuned, k = 10": False,
        "fine-tuned, layer alone, k = 10": True,
        "from random weights, k = 10": True,
        "bag of words and fine-tuned, k = 5": True,
        "bag of words and fine-tuned, k = 10": False,
    }
    assert not any(decided(values)[1] for values in told.values())
