"""Three protocols of model selection: what each may see, and what it takes."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.mismatch import shortcut_selection
from minillm.labs.mismatch.shortcut_case import Shortcut
from minillm.labs.mismatch.shortcut_selection import (
    METHODS,
    PROTOCOLS,
    Grids,
    Settings,
    chosen,
    environment,
    left_out,
    measure,
)
from tests.labs.mismatch.test_shortcut import FAST, Planted, by_opinion, by_tag

LESS = replace(FAST, learned=300, agreements=(0.95, 0.85))
PLANTED = Settings(case=LESS, held=200, grids=Grids(*[(0.0, 1.0, 2.0)] * 4))


@pytest.fixture
def planted(monkeypatch):
    """Methods whose model reads the tag with the strength 0, and the opinion with others."""
    asked = []

    def fit(case, reviews, strength):
        asked.append((strength, reviews))
        return Planted(case.settings.world, by_opinion if strength else by_tag)

    monkeypatch.setattr(shortcut_selection, "METHODS", {"irm": ("IRM", fit)})
    return asked


def test_of_equals_a_protocol_takes_the_weakest():
    assert chosen(np.array([[0.9, 0.2, 0.5], [0.9, 0.3, 0.6], [0.8, 0.3, 0.7]])) == [0, 1, 2]


def test_an_environment_and_all_others_are_the_whole():
    reviews = Shortcut(replace(LESS, agreements=(0.9, 0.8, 0.7)), 0).reviews
    one, others = environment(reviews, 1), environment(reviews, 1, without=True)
    assert len(one.labels) == 100 and len(others.labels) == 200
    assert {*one.environments} == {0} and {*others.environments} == {0, 1}
    np.testing.assert_array_equal(one.ids, reviews.ids[1::3])
    np.testing.assert_array_equal(others.ids, np.delete(reviews.ids, slice(1, None, 3), axis=0))


@pytest.mark.guide("G45")
def test_who_validates_on_reviews_like_those_of_training_takes_the_tag(planted):
    """The opinion is told right in 95 of 100 labels, and so is the tag in 90 of 100."""
    flipped = replace(PLANTED, case=replace(LESS, flipped=0.3))
    found = measure(flipped, 0)
    assert PROTOCOLS[-1] == "oracle"
    np.testing.assert_allclose(found["IRM: by strength"], [0, 1, 1])
    np.testing.assert_allclose(found["IRM: worst group"], [0, 0, 1])
    looks = found["IRM: looks"]
    assert looks.shape == (3, 3) and looks[1].tolist() == looks[2].tolist()
    np.testing.assert_allclose(looks[0], [0.9, 0.9, 0.5], atol=0.1)
    np.testing.assert_allclose(looks[1], [0.7, 0.7, 1.0], atol=0.06)


def test_left_out_means_left_out_of_training(planted):
    case = Shortcut(LESS, 0)
    found = left_out(case, shortcut_selection.METHODS["irm"][1], 0.0)
    texts = [{row.tobytes() for row in reviews.ids} for _, reviews in planted]
    parts = [environment(case.reviews, kind) for kind in (1, 0)]
    assert texts == [{row.tobytes() for row in part.ids} for part in parts]
    agree = [(part.tags == part.labels).mean() for part in parts]
    assert found == pytest.approx(np.mean(agree))


def test_every_method_learns_with_its_strength():
    case = Shortcut(replace(LESS, strengths=replace(LESS.strengths, steps=6)), 0)

    def learned(fit, strength):
        model = fit(case, case.reviews, strength)
        return np.concatenate([value.ravel() for value in model.state_dict().values()])

    for name, (_, fit) in METHODS.items():
        weak, strong = (learned(fit, getattr(Grids(), name)[i]) for i in (0, -1))
        assert np.abs(weak - strong).max() > 1e-4, name
    plain = learned(METHODS["dropout"][1], 0.0)
    np.testing.assert_allclose(learned(METHODS["irm"][1], 0.0), plain, atol=1e-5)
