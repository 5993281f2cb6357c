"""What the pages on fine-tuning say is what the stored studies say."""

from pathlib import Path

import numpy as np
import pytest

from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_settings, read_study
from tests.finetuning_numbers import TABLES
from tests.told import above_zero, missing_rows

LESSONS = Path(__file__).parents[1] / "lessons"
PAGES = ("fine_tuning.md", "zh/fine_tuning.md")
WAYS, RANKS = read_study("ways"), read_study("ranks")
FULL, SLOWER, HEAD, LORA_1, LORA_8, LORA_64, ADAPTERS = range(7)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_every_row_is_that_of_the_stored_study(table, page):
    assert not missing_rows(table, page), (
        "python -m tests.finetuning_numbers prints what the page should say"
    )


def paired(key, more, less):
    """The mean difference of two ways at the end, seed by seed, and half of its interval."""
    return mean_and_interval(WAYS[key][:, more, -1] - WAYS[key][:, less, -1])


@pytest.mark.parametrize(
    ("key", "more", "less"),
    [
        ("topics, accuracy", LORA_8, LORA_1),
        ("topics, own", LORA_8, LORA_1),
        ("topics, own", LORA_64, LORA_8),
        ("topics, accuracy", LORA_64, LORA_8),
        ("topics, accuracy", FULL, LORA_64),
        ("topics, own", FULL, LORA_64),
        ("sentiment, accuracy", LORA_64, HEAD),
        ("sentiment, own", FULL, SLOWER),
        ("topics, own", FULL, SLOWER),
        ("sentiment, accuracy", FULL, SLOWER),
    ],
)
@pytest.mark.parametrize("page", PAGES)
def test_differences_of_two_ways_are_told_as_they_are(key, more, less, page):
    mean, half = paired(key, more, less)
    text = (LESSONS / page).read_text(encoding="utf-8")
    assert any(f"{mean:.{n}f} ± {half:.{n}f}" in text for n in (2, 3))


def decided(key, more, less):
    """Whether one way has more than another at the end, beyond the interval."""
    return above_zero(WAYS[key][:, more, -1] - WAYS[key][:, less, -1])


@pytest.mark.guide("G32")
def test_only_full_fine_tuning_learns_the_reviews_well_and_the_head_alone_forgets_nothing():
    accuracy, bags = WAYS["sentiment, accuracy"][:, :, -1], WAYS["sentiment, bags"]
    assert accuracy[:, [FULL, SLOWER]].min() > 0.85
    for way in (HEAD, LORA_1, LORA_8, LORA_64, ADAPTERS):
        for corpus in ("sentiment", "topics"):
            pairs = WAYS[f"{corpus}, bags"][:, 1]
            mean, half = mean_and_interval(pairs - WAYS[f"{corpus}, accuracy"][:, way, -1])
            assert mean > half > 0
        assert way == LORA_64 or abs(accuracy[:, way].mean() - 0.5) < 0.02
    mean, half = mean_and_interval(bags[:, 0] - accuracy[:, LORA_64])
    assert mean > half > 0
    assert WAYS["sentiment, own"][:, :, -1].mean(axis=0).argmax() == LORA_8
    assert (WAYS["sentiment, trained"][:, LORA_64] > WAYS["sentiment, trained"][:, FULL]).all()
    for corpus in ("sentiment", "topics"):
        own = WAYS[f"{corpus}, own"][:, :, -1]
        before = WAYS[f"{corpus}, before"][:, 0]
        assert (own[:, HEAD] == before).all()
        assert (own[:, FULL] > 3 * before).all()


@pytest.mark.guide("G32")
def test_a_higher_rank_learns_more_news_and_slower_layers_are_not_shown_to_forget_less():
    assert decided("topics, accuracy", LORA_8, LORA_1) and decided("topics, own", LORA_8, LORA_1)
    assert decided("topics, accuracy", LORA_64, LORA_8)
    assert not decided("topics, own", LORA_64, LORA_8)
    assert decided("sentiment, own", LORA_8, FULL)
    assert decided("topics, own", FULL, LORA_64)
    for way in (LORA_1, LORA_8, LORA_64, ADAPTERS):
        assert decided("topics, accuracy", way, HEAD) and decided("topics, accuracy", FULL, way)
    for key in ("sentiment, own", "topics, own", "sentiment, accuracy"):
        assert not decided(key, FULL, SLOWER) and not decided(key, SLOWER, FULL)


@pytest.mark.parametrize("page", PAGES)
def test_the_rates_on_the_page_are_those_of_the_study(page):
    settings, text = read_settings("ways"), (LESSONS / page).read_text(encoding="utf-8")
    rates = [*settings["rates"].values(), *(rate for _, rate in settings["lora"])]
    told = text.partition("|  |")[0]
    assert [rate for rate in rates if f"{rate:g}" not in told] == []


@pytest.mark.guide("G32")
def test_lora_learns_less_and_forgets_less_but_not_at_the_same_loss():
    ways = read_settings("ranks")["ways"]
    assert [rank for rank, _ in ways] == [0, 0, *[1, 4, 16, 64] * 2]
    fast, slow = [0, 2, 3, 4, 5], [1, 6, 7, 8, 9]
    assert all(ways[i][1] == pytest.approx(8 * ways[j][1]) for i, j in zip(fast, slow, strict=True))
    learned, forgotten = RANKS["learned"][:, :, -1], RANKS["forgotten"][:, :, -1]
    for lower, higher in ((2, 3), (3, 4), (4, 5), (5, 0)):
        assert (learned[:, lower] > learned[:, higher]).all()
        assert (forgotten[:, lower] < forgotten[:, higher]).all()
    assert (forgotten[:, slow] < forgotten[:, fast]).all()
    new, old = (RANKS[key].mean(axis=0) for key in ("learned", "forgotten"))
    for way in (4, 5):
        there = np.interp(np.log(new[way]), np.log(new[0, ::-1]), old[0, ::-1])
        assert (old[way] > there).all()
    assert RANKS["forgotten"].mean(axis=0).min() > 1.8
    assert (RANKS["rank"][:, 0] / RANKS["rank"][:, 4]).mean() == pytest.approx(2.7, abs=0.05)
    assert (RANKS["trained"][:, 5] > RANKS["numbers"]).all()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("key", "more", "less"),
    [
        *(("forgotten", place, place + 4) for place in (2, 3, 4, 5)),
        ("learned", 7, 3),
        ("learned", 9, 1),
        ("forgotten", 9, 1),
    ],
)
def test_what_a_rate_and_a_rank_cost_is_told_as_it_is(key, more, less, page):
    mean, half = mean_and_interval(RANKS[key][:, more, -1] - RANKS[key][:, less, -1])
    assert f"{abs(mean):.2f} ± {half:.2f}" in (LESSONS / page).read_text(encoding="utf-8")
