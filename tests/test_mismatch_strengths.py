"""What mismatch.md says of strengths, labels and doses is in the stored files."""

from dataclasses import asdict

import numpy as np
import pytest

from minillm.labs.stored import STORED, read_file, read_settings, read_study
from tests.conflict_numbers import stored_verdicts
from tests.mismatch_strength_numbers import CHOSEN_BY, STRONGEST, WEAKEST, grids_of, placed, where
from tests.told import text_of

each_page = pytest.mark.parametrize("page", ["mismatch.md", "zh/mismatch.md"])
OTHER_SWEEPS = ("lexicon_sweeps", "narrow_tuning_sweeps", "subliminal_sweeps")


def test_a_strength_lies_at_an_end_of_its_grid_or_between():
    assert [where(x, (0.1, 0.3, 1.0)) for x in (0.1, 0.3, 1.0)] == [0, 1, 2]
    with pytest.raises(ValueError):
        where(0.2, (0.1, 0.3))


@pytest.mark.parametrize("lab", CHOSEN_BY)
def test_every_strength_that_was_tried_has_its_place(lab):
    assert sum(map(len, placed(lab))) == len(grids_of(lab))


def test_the_doses_that_the_text_names_are_the_weakest_or_strongest_that_were_tried():
    assert "fine-tuned on 50 long 10" in placed("length")[WEAKEST]
    assert "label smoothing 0.02" in placed("lexicon")[WEAKEST]
    assert "IRM 1000" in placed("shortcut")[STRONGEST]


def test_of_choosing_only_the_sweep_of_real_sentences_is_stored():
    stored = read_file("sst2_shortcut_sweeps", STORED)
    assert stored["seeds"] == [100, 101]
    assert stored["settings"]["strengths"] == read_settings("sst2_shortcut")["strengths"]
    grids = {name: list(grid) for name, grid in grids_of("sst2_shortcut").items()}
    assert stored["settings"]["grids"] == grids
    for name in OTHER_SWEEPS:
        assert not {100, 101} & {*read_file(name, STORED)["seeds"]}
    for lab in ("tenses", "denials", "known_shift", "uci_domains"):
        assert {"strengths", "grids"}.isdisjoint(read_settings(lab))


@pytest.mark.parametrize("lab", [lab for lab in CHOSEN_BY if lab != "sst2_shortcut"])
def test_strengths_are_those_of_the_labs_as_they_are_now(lab):
    module = CHOSEN_BY[lab]
    settings = module.Settings()
    now = asdict(getattr(settings, "case", settings).strengths)
    assert read_settings(lab)["strengths"] == now


@each_page
def test_wrong_labels_and_single_seeds_are_as_the_text_has_them(page):
    assert read_settings("lexicon")["flipped"] == 0.1
    alone = stored_verdicts("lexicon")["ensemble", "accuracy"]
    assert alone["word"].startswith("no effect") and f"{alone['bound']:.2f}" == "0.04"
    least = read_study("narrow_tuning")["inoculation: learned"].min()
    assert f"{least:.2f}" == "0.38" and all(one in text_of(page) for one in ("0.38", "0.04"))


def test_masking_and_swapping_leave_the_worst_group_about_where_free_tags_have_it():
    found = read_study("sst2_shortcut")
    free = found["none: worst group"][:, 0].mean()
    for name in ("tag masked", "tag swapped"):
        assert np.abs(found[f"{name}: worst group"].mean(axis=0) - free).max() < 0.03
    lost = (found["none: worst group"] - found["balanced groups: worst group"])[:, 1:]
    assert (lost.mean(axis=0) > 0.05).all()
