"""What mismatch.md says of causes, directions and choices of strength is in the stored studies."""

import numpy as np
import pytest

from minillm.labs.mismatch.encoding_cells import NUMBERS
from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_study
from tests.mismatch_causes_numbers import (
    LEFT_OUT,
    ON_THE_LINE,
    ORACLE,
    TRAINING,
    above_the_line,
    where_uncovered,
)
from tests.told import text_of

STUDIES = ("encoding_cells", "refusal_direction", "spelled_directions")
STUDIES += ("shortcut_selection", "shortcut_causes")
each_page = pytest.mark.parametrize("page", ["mismatch.md", "zh/mismatch.md"])


def ends(values):
    """Where the interval of a mean over the seeds begins and ends."""
    mean, half = mean_and_interval(values)
    return mean - half, mean + half


@each_page
def test_the_page_names_the_studies_that_it_tells(page):
    assert not [study for study in STUDIES if f"`labs run {study}`" not in text_of(page)]


def test_an_encoding_is_uncovered_where_no_refusal_is_learned_in_it():
    found = read_study("encoding_cells")["cells"]
    refused = NUMBERS.index("refused")
    for h, a in np.ndindex(2, 2):
        rows = [found[:, h, a, 0, e, refused] for e in (1, 2, 3)]
        rows += [found[:, h, a, 1, e, refused] for e in (2, 3)]  # c0 is covered here
        np.testing.assert_allclose(where_uncovered("refused")[:, h, a], np.mean(rows, axis=0))


def test_what_is_called_undecided_of_encodings_and_tenses_is():
    apart = read_study("encoding_cells")["cells"][:, 1, 0, 1, :, NUMBERS.index("discrimination")]
    assert ends(apart[:, 1])[1] > 1  # c0, covered
    assert ends(apart[:, 3])[0] < 0 < ends(apart[:, 2])[0]  # c2; in c1 some is left
    own = read_study("spelled_directions")["moved"][:, 0, 1, 1, -1, 0, 0]
    assert ends(own)[0] < 1 < ends(own)[1]
    uncovered = where_uncovered("discrimination")
    assert -0.05 < ends((uncovered[..., 1] - uncovered[..., 0]).mean(axis=1))[1] < 0


def test_what_is_said_of_directions_is_so():
    """About a fifth as long, before any refusal most different in c1; the present's decides."""
    found = read_study("encoding_cells")
    assert found["lengths"][:, 1, :, -1].mean().round(1) == 0.2
    assert found["cosines"][:, 0, :, -1].std(axis=0).argmax() == 1
    moved = read_study("spelled_directions")["moved"][:, 0, :, :, -1]
    assert min(moved[:, 0, :, 0, 0].min(), moved[:, 0, :, 1, 1].min()) == 1
    before = read_study("spelled_directions")["before"][:, 0, :, 1, 1]
    assert moved[:, 2, :, 0, 0].max() < 0.01
    assert ends(moved[:, 2, :, 1, 1] - before)[0].max() <= 0  # answered, no more than before


def test_only_the_oracle_sees_more_in_group_dro_than_in_the_mean_loss():
    found = read_study("shortcut_selection")
    robust, plain = (found[f"{name}: looks"].max(axis=1) for name in ("group DRO", "mean loss"))
    low, high = ends(robust - plain)
    assert low[ORACLE] > 0 and max(high[TRAINING], high[LEFT_OUT]) < 0


@each_page
def test_effective_robustness_is_read_off_the_line_of_plain_trainings(page):
    residuals = np.array([above_the_line(name)[0] for name in ON_THE_LINE])  # (baselines, seeds)
    np.testing.assert_allclose(residuals.sum(axis=0), 0, atol=1e-9)
    found = read_study("shortcut_causes")
    inside = [found[f"{name}: inside"].mean() for name in ON_THE_LINE]
    assert all(f"{end:.2f}" in text_of(page) for end in (min(inside), max(inside)))
    for name in ("tag masked in training", "agreement 0.6", "agreement 0.8", "labels flipped 0"):
        assert ends(above_the_line(name)[0])[0] > 0, name
    for name in ("agreement 0.95", "agreement 1"):
        assert ends(above_the_line(name)[0])[0] < 0, name
    assert above_the_line("tag masked in the test")[1].mean() < 0
