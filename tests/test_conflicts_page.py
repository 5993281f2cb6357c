"""What the pages on conflicting objectives say is what the stored studies say."""

import re

import pytest

from minillm.labs.stored import read_settings, read_study
from minillm.labs.verdicts import HELPS
from tests.claim_numbers import claims
from tests.conflict_numbers import PAYLOAD, REFUSED, TABLES, stored_verdicts, told
from tests.remedy_numbers import decided, four
from tests.told import intervals, missing_rows, text_of

PAGES = ("conflicts.md", "zh/conflicts.md")
each_page = pytest.mark.parametrize("page", PAGES)


@each_page
@pytest.mark.parametrize("table", [*TABLES, four], ids=lambda table: table.__name__)
def test_every_row_is_that_of_the_stored_study(table, page):
    assert not missing_rows(table, page), (
        "python -m tests.conflict_numbers prints what the page should say"
    )


@each_page
def test_every_interval_in_the_text_is_that_of_the_stored_studies(page):
    assert intervals(page) == sorted([*told().values(), *claims().values()])


@pytest.mark.guide("G43")
def test_a_negative_cosine_is_not_the_trouble():
    """Mostly conflicting steps in both worlds; one is solved, the other ends above its optimum."""
    rated = read_study("raters")
    assert rated["aspects, conflicting"].mean() > 0.5 and rated["raters, conflicting"].mean() > 0.5
    assert rated["aspects, gaps"].max() < 5e-4 and rated["raters, gaps"].min() > 0.15
    below = [key for key in rated if key.endswith("above") and rated[key].min() < -1e-6]
    assert below == []


def test_refusals_sit_at_the_beginning_and_forgetting_hides_what_gets_round_them():
    names = read_settings("helpful_harmless")["names"]
    safe = read_study("helpful_harmless")["greedy"][:, 1, 1]
    assert safe[:, names.index("direct"), REFUSED].mean() > 0.9
    assert safe[:, [names.index("prefix"), names.index("prefill")], REFUSED].max() == 0.0
    for name in ("wrong_reason", "wrong_reason_zh"):
        found = read_study(name)["behaviour"]  # (seeds, W, A, K)
        shipped, replayed, both = found[:, 1], found[:, 3], found[:, 5]
        assert shipped[:, 4, PAYLOAD].mean() < 0.05 and shipped[:, 4, REFUSED].mean() < 0.05
        assert replayed[:, 4, PAYLOAD].mean() > 0.95
        assert both[:, 4, REFUSED].mean() > 0.8 and both[:, 5, PAYLOAD].mean() > 0.9


def test_cleaned_text_alone_is_shown_to_help_against_ten_examples():
    found = stored_verdicts("fine_tuning_attack")
    helping = {remedy for (remedy, _), one in found.items() if one["word"] == HELPS}
    assert helping == {"cleaned text"}
    assert len({remedy for remedy, _ in found}) == 7  # the text says: of six others none
    refused = read_study("fine_tuning_attack")["none: half"][:, 0, REFUSED]
    assert (refused < 0.5).sum() == 1  # one of the ten models had not learned to refuse


@each_page
def test_the_sentences_that_the_page_begins_with_say_what_would_refute_them(page):
    (heading,) = {"conflicts.md": ["In three sentences"], "zh/conflicts.md": ["三句话"]}[page]
    refutable = {"conflicts.md": "Refuted by", "zh/conflicts.md": "怎样推翻它"}[page]
    assert text_of(page, [heading]).count(refutable) == 3


@pytest.mark.parametrize("readme", ["../README.md", "../README.zh.md"])
def test_the_three_sentences_of_a_readme_have_the_numbers_of_the_page(readme):
    found = told()
    for name in ("conflicting steps, two aspects", "refused, put plainly"):
        assert re.search(rf"{100 * float(found[name].split()[0]):.0f} ?%", text_of(readme)), name
    fewer = f"{100 * float(found['cleaned text, less told'].split()[0]):.0f}"
    assert f"{fewer} points" in text_of(readme) or f"{fewer} 个百分点" in text_of(readme)


@pytest.mark.guide("G46", "G47")
def test_what_is_said_of_two_aspects_is_decided_as_it_is_said():
    found, least = stored_verdicts("aspects"), read_study("aspects")
    helping = {key for key, one in found.items() if one["word"] == HELPS}
    summing = ("best weight", "MGDA, normalised", "CAGrad", "IMTL-G", "Aligned-MTL", "FAMO")
    scaled = {(remedy, "least, scaled") for remedy in summing}
    assert helping == scaled | {(r, "least, narrow") for r in ("GradNorm", "wider neck")}
    assert not [one for one in found.values() if one["word"] == "harms"]
    for remedy in ("without attention", "without residuals"):
        assert found[remedy, "least, even"]["bound"] <= 0.05
    assert least["sum: least, even"].min() > 0.999
    assert least["wider neck: least, narrow"].min() > 0.99


def test_what_is_said_of_the_guides_four_remedies_is_decided_so():
    """Room, the right data, learning by heart, and tuning less: each sentence of the page."""
    assert decided("1 architecture", HELPS) == (
        "two aspects: wider neck (narrow); label noise: without attention (membership)"
    )
    assert decided("2 data", "harms") == "nowhere"
    regularised = decided("3 regularisation", HELPS)
    assert "label noise: weight decay (accuracy and membership)" in regularised
    assert not {"jailbreaks", "ten examples", "two aspects"} & set(re.split("[:;] ", regularised))
    found = stored_verdicts("forgetting")
    for way in ("LoRA", "lower rate", "fewer steps", "output layer alone"):
        assert [found[way, key]["word"] for key in ("kept", "learned")] == [HELPS, "harms"]


def test_more_data_does_most_against_wrong_labels_and_smoothing_nothing():
    found = stored_verdicts("label_noise")
    accuracies = {remedy: one["mean"] for (remedy, key), one in found.items() if key == "accuracy"}
    assert max(accuracies, key=accuracies.get) == "more data"
    for key in ("accuracy", "membership"):
        assert found["label smoothing", key]["word"].startswith("no effect")
    assert found["wider model", "membership"]["word"] == "harms"
