"""What the pages on mismatched generalisation say is what the stored studies say."""

import numpy as np
import pytest

from minillm.labs.matrix import HALVES, entries
from minillm.labs.stored import read_settings, read_study
from minillm.labs.verdicts import HELPS, NOTHING, UNDECIDED
from tests.conflict_numbers import stored_verdicts
from tests.mismatch_numbers import HALF, TABLES, told
from tests.told import above_zero, intervals, missing_rows, text_of

PAGES = ("mismatch.md", "zh/mismatch.md")
RISKS = ("ensemble", "longer training", "wider model", "cleaned", "without residuals")
each_page = pytest.mark.parametrize("page", PAGES)


def words(lab, measure):
    """The verdict of each remedy by a measure."""
    return {one.remedy: one.verdict.word for one in entries(lab) if one.measure == measure}


@each_page
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_every_row_is_that_of_the_stored_study(table, page):
    assert not missing_rows(table, page), (
        "python -m tests.mismatch_numbers prints what the page should say"
    )


@each_page
def test_every_interval_in_the_text_is_that_of_the_stored_studies(page):
    assert intervals(page) == sorted(told().values())


@each_page
def test_the_sentences_that_the_page_begins_with_say_what_would_refute_them(page):
    heading, refutable = {
        "mismatch.md": ("In four sentences", "Refuted by"),
        "zh/mismatch.md": ("四句话", "怎样推翻它"),
    }[page]
    assert text_of(page, [heading]).count(refutable) == 4


@pytest.mark.guide("G44", "G46", "G47")
def test_what_would_refute_the_sentences_is_not_stored():
    """No remedy without refusals in an encoding, or with none that is blind, is shown to help."""
    coded = {r for r, word in words("encodings", "discrimination, c2").items() if word == HELPS}
    assert coded == {"c0 and c1 covered", "all covered", "ten in c2", "one id"}
    read = words("lexicon", "accuracy")
    assert read["weight decay"] == read["dropout"] == NOTHING
    parts = ("wider model", "without attention", "without residuals")
    assert HELPS not in {read[part] for part in parts}
    blind = ("weight decay", "dropout", "word dropout", "more data", "IRM", "V-REx", *parts)
    tag = words("shortcut", "worst group")
    assert {tag[remedy] for remedy in blind} == {UNDECIDED}
    found = read_study("shortcut")
    most = max(found[f"{remedy}: worst group"].mean() for remedy in blind)
    assert most < found["tag masked: worst group"].mean() / 2
    assert tag["just train twice"] == HELPS
    settings = read_settings("shortcut")
    assert settings["flipped"] == read_settings("shortcut_causes")["case"]["flipped"] == 0.1
    assert np.mean(settings["agreements"]) == 0.95


def test_what_is_said_of_single_rows_is_decided_as_it_is_said():
    wide, taken = words("narrow_tuning", "spread"), words("subliminal", "trait")
    for remedy in ("good answers elsewhere", "KL elsewhere", "inoculation", "no quotations"):
        assert wide[remedy] == HELPS
    assert wide["no bad writers"] == UNDECIDED
    assert taken["weight decay"] == taken["dropout"] == taken["other start"] == HELPS
    sure = stored_verdicts("hallucination")
    assert sure["temperature", "confident error"]["word"] == "harms"
    assert sure["without attention", "right on known"]["word"] == "harms"
    assert read_study("sst2_shortcut")["balanced groups: worst group"].mean(axis=0)[1] < 0.4


def test_lengths_risks_and_leaks_are_as_the_text_has_them():
    found, none = read_study("length"), "none: accuracy at 12, {}"
    for remedy in ("ALiBi", "no positions"):
        lost = found[none.format("first")] - found[f"{remedy}: accuracy at 12, first"]
        assert (lost > 0.1).all()
    tuned = found["fine-tuned on 50 long: accuracy at 12, last"]
    assert above_zero(found[none.format("last")] - tuned - 0.1)
    assert read_settings("length")["strengths"]["tuning_steps"] == 10
    sure = read_study("hallucination")
    better = {name: (sure["none: risk"] - sure[f"{name}: risk"]).mean() for name in RISKS}
    assert list(better) == sorted(better, key=lambda name: -better[name])
    assert (sure["none: risk"] - sure["label smoothing: risk"]).mean() < min(better.values()) / 2
    assert round(sure["abstention: abstained, unknown"].mean(), 2) == 0.36
    told = read_study("contamination")["accuracy"].mean(axis=0)
    assert read_settings("contamination")["shares"][:3] == [0.0, 0.1, 0.25]
    assert told[1] - told[0] < 0.05 < told[2] - told[0]
    assert read_settings("contamination")["flipped"] == 0.2


@each_page
def test_the_page_names_every_lab_of_the_half(page):
    assert not [lab for lab in HALVES[HALF] if f"`labs run {lab}`" not in text_of(page)]
