"""The study of retrieval: its pairs, its encoders, what they refuse, and its numbers."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.challenges.fusion_model import Shapes, Sizes
from minillm.labs.challenges.retrieval import (
    STUDY,
    Settings,
    TwoEncoders,
    both_ways,
    learned,
    measure,
    mispaired,
)
from minillm.labs.small_encoder import Learning
from minillm.labs.worlds.described import WORDS, Described

pytestmark = pytest.mark.guide("G50")
FAST = Settings(
    arms=((1.0, 0.1, 0.0), (0.0, 0.1, 0.0)),
    learned=200,
    tested=20,
    vector=6,
    sizes=Sizes(width=8, n_heads=2, hidden=8),
    learning=Learning(steps=4, batch=8, rate=0.01),
    ranks=(1, 20),
)


@pytest.fixture(scope="module")
def pairs():
    return Described().draw(200, np.random.default_rng(0))


@pytest.fixture(scope="module")
def model():
    """Encoders that know nothing."""
    shapes, rng = Shapes(8, 3, len(WORDS)), np.random.default_rng(1)
    return TwoEncoders(shapes, FAST.sizes, vector=6, temperature=0.5, rng=rng)


def test_scores_are_cosines_over_the_temperature(pairs, model):
    u = model.of_picture(pairs.pixels[:5], None).data
    v = model.of_text(None, pairs.captions[:4]).data
    wanted = u @ v.T / np.linalg.norm(u, axis=1)[:, None] / np.linalg.norm(v, axis=1) / 0.5
    np.testing.assert_allclose(model(pairs.pixels[:5], pairs.captions[:4]).data, wanted, rtol=1e-4)
    loss = model.loss(pairs.pixels[:4], pairs.captions[:4]).item()
    s = wanted[:4].astype(float)
    own = [np.log(np.exp(one).sum(axis=1)).mean() - np.trace(s) / 4 for one in (s, s.T)]
    assert loss == pytest.approx(np.mean(own), rel=1e-4)


def test_pictures_and_captions_that_are_not_as_many_are_refused(pairs, model):
    with pytest.raises(
        ValueError, match=r"TwoEncoders: every picture needs .* got 4 .* and 3 captions"
    ):
        model.loss(pairs.pixels[:4], pairs.captions[:3])
    with pytest.raises(ValueError, match="pixels must be"):
        model.loss(pairs.pixels[:4, :49], pairs.captions[:4])


@pytest.mark.parametrize("temperature", [0.0, -1.0, np.inf, np.nan])
def test_a_temperature_that_is_none_is_refused(temperature):
    rng = np.random.default_rng(1)
    with pytest.raises(ValueError, match="TwoEncoders: temperature must be above 0 and finite"):
        TwoEncoders(Shapes(8, 3, 9), FAST.sizes, vector=6, temperature=temperature, rng=rng)


@pytest.mark.parametrize("rate", [0.0, 0.25, 1.0])
def test_as_many_pairs_are_mispaired_as_are_to_be(rate):
    drawn = Described().draw(80, np.random.default_rng(2))
    marked = drawn._replace(captions=np.arange(240).reshape(80, 3))  # no two are alike
    found = mispaired(marked, rate, np.random.default_rng(3))
    changed = (found.captions != marked.captions).any(axis=1)
    assert changed.sum() == rate * 80
    np.testing.assert_array_equal(np.sort(found.captions, axis=0), marked.captions)
    np.testing.assert_array_equal(found.pixels, drawn.pixels)


def test_both_ways_are_rows_and_columns():
    scores = np.array([[1.0, 0.0, 5.0], [0.0, 2.0, 0.0], [0.0, 3.0, 4.0]])
    assert both_ways(scores, (1, 2)) == [
        [pytest.approx(2 / 3), 1.0],  # the first row prefers the third column
        [pytest.approx(1 / 3), 1.0],  # the second and third columns prefer other rows
    ]


def test_pairs_of_captions_that_say_all_are_learned(pairs):
    few = pairs.only(slice(12))
    learning = replace(FAST.learning, steps=80, batch=12, rate=0.02)
    model = learned(replace(FAST, learning=learning), few, 0)
    scores = model(few.pixels, few.captions).data
    assert both_ways(scores, (3,))[0][0] > 0.9  # by chance 1/4


def test_every_arm_has_its_row_and_where_nothing_is_said_the_best_is_chance():
    found = {name: np.array(rows) for name, rows in measure(FAST, 0).items()}
    assert found["recall"].shape == found["best"].shape == (2, 2, 2)
    np.testing.assert_allclose(found["recall"][..., 1], 1.0)  # among all of 20
    np.testing.assert_allclose(found["best"][1, :, 0], 1 / 20)
    assert found["recall"][1, 0, 0] < 0.2  # all captions are the same
    assert found["best"][0, 0, 0] > 0.7
    assert found["temperature"].shape == (2,)
    assert STUDY.settings.tested > max(STUDY.settings.ranks)
