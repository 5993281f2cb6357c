"""The fit finds the law that made the points, and no other comes nearer."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minillm.tasks.metrics.power_law import PowerLaw, fit_power_law

SIZES = [200, 1500, 5000, 12_000, 40_000]


@pytest.mark.guide("G49")
@settings(max_examples=25, deadline=None)
@given(st.floats(0.0, 3.0), st.floats(0.5, 50.0), st.floats(0.1, 1.5))
def test_a_law_without_noise_is_found(floor, scale, exponent):
    law = PowerLaw(floor, scale, exponent)
    found = fit_power_law(SIZES, [law.at(n) for n in SIZES])
    assert found.exponent == pytest.approx(exponent, rel=1e-3)
    assert found.floor == pytest.approx(floor, abs=1e-3)
    assert found.at(100_000) == pytest.approx(law.at(100_000), abs=1e-4)


@pytest.mark.guide("G49")
@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0.0, 4.0), min_size=5, max_size=5), st.sampled_from([None, 0.0, 0.3]))
def test_no_other_law_comes_nearer(losses, floor):
    def error(law):
        return sum((law.at(n) - y) ** 2 for n, y in zip(SIZES, losses, strict=True))

    found = fit_power_law(SIZES, losses, floor=floor)
    assert floor is None or found.floor == floor
    floors = np.linspace(0, 4, 9) if floor is None else [floor]
    for e in floors:
        for a in np.geomspace(0.02, 4.9, 15):
            for y in np.linspace(0, 4, 9):
                other = PowerLaw(float(e), float(y * SIZES[0] ** a), float(a))
                assert error(found) <= error(other) + 1e-9


def test_a_flat_line_has_its_height_everywhere():
    found = fit_power_law(SIZES, [1.5] * 5)
    assert found.at(10) == pytest.approx(1.5) == found.at(10**9)


def test_losses_that_rise_are_met_by_their_mean():
    assert fit_power_law(SIZES, [1, 2, 3, 4, 5]).at(7) == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("sizes", "losses", "floor", "words"),
    [
        ([1, 2], [2, 1], None, "three sizes at least, got 2"),
        ([1, 2, 2], [2, 1, 1], None, "three sizes at least, got 2"),
        ([1, 2, 3], [2, 1], None, "need as many losses"),
        ([0, 1, 2], [3, 2, 1], None, "sizes must be above 0"),
        ([1, 2, -3], [3, 2, 1], None, "sizes must be above 0"),
        ([1, 2, 3], [3, 2, -1], None, "losses and floor at least 0"),
        ([1, 2, 3], [3, 2, np.nan], None, "all finite"),
        ([1, 2, 3], [3, 2, 1], -0.5, "floor at least 0"),
    ],
)
def test_what_no_law_can_be_fitted_to_is_refused(sizes, losses, floor, words):
    with pytest.raises(ValueError, match=words):
        fit_power_law(sizes, losses, floor=floor)


def test_a_law_foretells_nothing_for_no_size():
    with pytest.raises(ValueError, match="a size must be above 0, got 0"):
        PowerLaw(1.0, 1.0, 1.0).at(0)


@pytest.mark.parametrize(
    ("losses", "floor", "says"),
    [
        ([1.5] * 5, None, r"do not fall, 1\.5 to 1\.5"),
        ([1, 2, 3, 4, 5], None, "do not fall, 1 to 5: the exponent means nothing"),
        ([1.0, 0.9, 0.8, 0.7, 0.6], 2.0, "do not fall|below the floor"),
        ([4.0, 3.0, 2.5, 2.2, 1.9], 2.0, r"the loss 1\.9 is below the floor 2"),
        ([9.0, 1.0, 1.0, 1.0, 1.0], None, "the exponent is at an end of what is searched, 5"),
        ([n**-0.005 for n in SIZES], 0.0, r"exponent is at an end of what is searched, 0\.01"),
        ([5.0, 4.0, 3.0, 2.0, 0.9], None, "the floor is 0, at the end of what is searched"),
        ([4.0, 3.0, 2.5, 2.2, 2.1], None, "^$"),
    ],
)
def test_a_law_says_why_it_is_not_to_be_trusted(losses, floor, says):
    assert re.search(says, fit_power_law(SIZES, losses, floor=floor).remark)


def test_sizes_of_any_order_have_a_law_without_a_warning():
    law = PowerLaw(1.0, 3.0, 0.02)
    sizes = [1.0, 1e50, 1e100, 1e150]
    found = fit_power_law(sizes, [law.at(n) for n in sizes])
    assert (found.floor, found.exponent) == pytest.approx((1.0, 0.02), rel=1e-3)
    assert found.remark == ""


def test_what_is_beyond_floats_is_refused():
    sizes = [1e100, 2e100, 3e100]
    with pytest.raises(ValueError, match="beyond all floats; give the sizes in a larger unit"):
        fit_power_law(sizes, [PowerLaw(1.0, 1.0, 4.0).at(n / 1e100) for n in sizes])
    with pytest.raises(ValueError, match="too large to be squared"):
        fit_power_law([1, 2, 3], [3e200, 2e200, 1e200])
