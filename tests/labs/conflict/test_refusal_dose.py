"""The study of how much is refused: its front, its sweeps, its conflict of gradients."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.conflict.refusal_dose import NUMBERS, Settings, conflicts, measure
from minillm.labs.request_examination import Examination
from minillm.labs.request_stages import Tuning
from minillm.labs.small_gpt import GptSizes
from tests.labs.conflict.test_jailbreaks import FAST

BRIEF = Tuning(steps=6, batch=4, warmup=1, together=2)
TINY = Settings(
    world=FAST.world,
    stages=replace(
        FAST.stages, model=GptSizes(width=8, n_layers=1, n_heads=2), safety=BRIEF, refused=0.5
    ),
    exam=Examination(),
    shares=(0.0, 0.5, 1.0),
    decays=(0.01, 1.0),
    dropouts=(0.0, 0.3),
    parts=2,
)


@pytest.fixture(scope="module")
def found():
    return measure(TINY, 0)


@pytest.mark.guide("G43", "G47")
def test_every_number_is_there(found):
    assert {key: value.shape for key, value in found.items()} == {
        "front": (3, len(NUMBERS)),
        "cosine": (3, 2),
        "conflicts": (3,),
        "decay": (2, len(NUMBERS)),
        "dropout": (2, len(NUMBERS)),
    }


def test_where_one_kind_of_text_is_read_nothing_is_in_conflict(found):
    np.testing.assert_array_equal(found["cosine"][[0, 2]], 0.0)
    np.testing.assert_array_equal(found["conflicts"][[0, 2]], 0.0)
    assert (found["cosine"][1] != 0.0).all()


def test_conflicts_by_hand():
    grams = [np.array([[1.0, c], [c, 1.0]]) for c in (-0.5, -0.1, 0.2, 0.4)]
    profile, below = conflicts(grams, 2)
    np.testing.assert_allclose(profile, [-0.3, 0.3])
    assert below == 0.5
    for parts in (0, 5):
        with pytest.raises(ValueError, match="from 1 to the 4 steps"):
            conflicts(grams, parts)


def test_what_is_changed_is_a_share_a_decay_or_a_rate():
    """Each alone: with those of the baseline all three give its numbers."""
    same = replace(TINY, shares=(0.5,), decays=(0.01,), dropouts=(0.0,))
    rows = measure(same, 0)
    np.testing.assert_array_equal(rows["decay"], rows["dropout"])
