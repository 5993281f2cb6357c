"""What the pages on fine-tuning say of objectives of pretraining is what the stored study says."""

import numpy as np
import pytest

from minillm.labs.stored import read_settings, read_study
from tests.objectives_numbers import (
    BAGS,
    FEW,
    MANY,
    NAMES,
    WHOLE,
    bullets,
    differences,
    fine_tuned,
    gain,
    objectives,
)
from tests.told import above_zero, intervals, missing_rows, numbers

PAGES = {"fine_tuning.md": "What should pretraining ask?", "zh/fine_tuning.md": "预训练该问什么？"}
each_page = pytest.mark.parametrize("page", PAGES)
UNDECIDED = {"causal, none", "denoising, none"}
NO_DIFFERENCES = {"hidden: plain", "hidden: chance", "written: right", "written: right and new"}


@each_page
def test_every_row_is_that_of_the_stored_study(page):
    assert not missing_rows(objectives, page), (
        "python -m tests.objectives_numbers prints what the page should say"
    )


@each_page
def test_every_interval_in_the_text_is_that_of_the_stored_study(page):
    assert intervals(page, [PAGES[page]]) == sorted(bullets().values())


@each_page
def test_the_settings_that_the_text_names_are_those_of_the_study(page):
    settings, told = read_settings("objectives"), numbers(page, [PAGES[page]])
    sizes, training = settings["sizes"], settings["pretraining"]
    named = [sizes["train"] + sizes["extra"], training["steps"], training["batch_size"]]
    named += [*settings["labels"], settings["updates"]]
    assert {f"{number:,}" for number in named} <= told
    assert [chosen["name"] for chosen in settings["objectives"]] == list(NAMES)
    assert {chosen["rate"] for chosen in settings["objectives"]} == {0, 0.002, 0.004, 0.008}


@pytest.mark.guide("G28")
def test_what_bullets_call_a_difference_is_one_and_the_others_are_not():
    for name, values in differences().items():
        if name not in NO_DIFFERENCES:
            assert bool(above_zero(values)) == (name not in UNDECIDED), name
    for one, other in (("masked", "causal"), ("masked", "denoising"), ("causal", "denoising")):
        assert not above_zero(gain(one, other)) and not above_zero(gain(other, one))


@pytest.mark.guide("G28")
def test_an_autoencoder_copies_and_with_noise_it_finds_as_well():
    found = read_study("objectives")
    assert min(found[f"{name}, visible"].min() for name in ("plain", "denoising")) > 0.999
    hidden, chance = (found[f"{name}, masked"][:, 0] for name in ("plain", "chance"))
    assert not above_zero(hidden - chance)
    assert above_zero(found["plain, bottleneck, masked"][:, 0] - hidden)


@pytest.mark.guide("G28")
def test_with_few_labels_nothing_is_gained_and_a_frozen_encoder_knows_little():
    for name in NAMES:
        assert not above_zero(gain(name, "none", FEW))
        for bag in BAGS:
            assert not above_zero(gain(name, bag, FEW))
    frozen = np.array([read_study("objectives")[f"{name}, probe"].mean(axis=0) for name in NAMES])
    assert frozen.max() < 0.56 < fine_tuned("masked")[:, MANY, WHOLE].mean()
    sees = read_study("objectives")["causal, sees"]
    assert (sees == np.tril(np.ones(sees.shape[1:]))).all()
