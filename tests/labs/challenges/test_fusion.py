"""The study of fusion: its models on planted weights, what they refuse, and its numbers."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.autograd import Tensor, gradients_of
from minillm.labs.challenges.fusion import (
    MODELS,
    STUDY,
    Settings,
    accuracy_of,
    given,
    learned,
    measure,
)
from minillm.labs.challenges.fusion_model import LateFusion, PairEncoder, Shapes, Sizes
from minillm.labs.small_encoder import Learning
from minillm.labs.worlds.captions import PARTS, RULES, Captions
from minillm.labs.worlds.digits import Digits
from minillm.nn import Module

pytestmark = pytest.mark.guide("G50")
FAST = Settings(
    world=Captions(rule="text"),
    arms=(("text", 1.0, 1.0, 0.1), ("either", 0.5, 0.5, 0.2)),
    learned=100,
    tested=40,
    sizes=Sizes(width=8, n_heads=2, hidden=8),
    learning=Learning(steps=4, batch=8, rate=0.01),
)
SHAPES = Shapes(side=8, length=3, n_words=6)


@pytest.fixture(scope="module")
def pairs():
    return Captions().draw(40, np.random.default_rng(0))


@pytest.fixture(scope="module", params=[PairEncoder, LateFusion])
def model(request):
    """A model that knows nothing."""
    return request.param(SHAPES, FAST.sizes, n_outputs=2, rng=np.random.default_rng(1))


class Planted(Module):
    """Says the digit's parity if it has a picture, else the colour; scores of 1 or 0."""

    def forward(self, pixels, captions):
        said = self.odd if pixels is not None else captions[:, 1] - 2
        return Tensor(np.eye(2)[np.asarray(said)])


def test_what_is_given_is_what_is_asked_for(pairs):
    assert given(pairs, ["picture"])[1] is None and given(pairs, ["text"])[0] is None
    pixels, captions = given(pairs, PARTS)
    np.testing.assert_array_equal(pixels, pairs.pixels)
    np.testing.assert_array_equal(captions, pairs.captions)


def test_accuracy_is_that_of_the_parts_given():
    drawn = Captions(rule="picture").draw(40, np.random.default_rng(2))
    planted = Planted()
    planted.odd = drawn.odd
    assert accuracy_of(planted, drawn, PARTS) == accuracy_of(planted, drawn, ["picture"]) == 1.0
    by_colour = (drawn.captions[:, 1] == 3) == drawn.labels
    assert accuracy_of(planted, drawn, ["text"]) == pytest.approx(by_colour.mean())


def test_late_scores_are_sums_and_joint_ones_are_not(pairs, model):
    both, picture, text = (
        model(*given(pairs, parts)).data for parts in (PARTS, ["picture"], ["text"])
    )
    apart = np.abs(both - (picture + text)).max()
    assert (apart < 1e-5) == isinstance(model, LateFusion)


def test_a_picture_s_rows_and_the_words_have_their_places(pairs):
    """Without layers: the mean of rows times W, words, and 11 places."""
    bare = PairEncoder(
        SHAPES, replace(FAST.sizes, n_layers=0), n_outputs=2, rng=np.random.default_rng(3)
    )
    pixels, captions = given(pairs, PARTS)
    rows = pixels.reshape(-1, 8, 8) @ bare.rows.weight.data.T + bare.rows.bias.data
    tokens = np.concatenate([rows, bare.words.weight.data[captions]], axis=1)
    wanted = (tokens + bare.positions.weight.data).mean(axis=1)
    np.testing.assert_allclose(bare.features(pixels, captions).data, wanted, atol=1e-5)
    alone = (tokens + bare.positions.weight.data)[:, 8:].mean(axis=1)
    np.testing.assert_allclose(bare.features(None, captions).data, alone, atol=1e-5)


def test_words_and_rows_attend_to_each_other_only_in_the_joint_model(pairs, model):
    """What a row adds to the scores hangs on the words, or does not."""
    pixels, captions = given(pairs, PARTS)
    other = np.where(captions == 2, 3, captions)
    other_pixels = pixels.copy()
    other_pixels[:, :8] = 1.0
    by_row = [
        model(other_pixels, words).data - model(pixels, words).data for words in (captions, other)
    ]
    changed = np.abs(by_row[0] - by_row[1])[(captions != other).any(axis=1)].max()
    assert (changed > 1e-4) == isinstance(model, PairEncoder)


def test_every_weight_of_the_joint_model_has_a_gradient(pairs):
    joint = PairEncoder(SHAPES, FAST.sizes, n_outputs=2, rng=np.random.default_rng(1))
    scores = joint(*given(pairs, PARTS))
    total = (scores * np.array([-1.0, 2.0], dtype=np.float32)).sum()
    names = [name for name, _ in joint.named_parameters()]
    found = dict(zip(names, gradients_of(total, joint.parameters()), strict=True))
    assert [n for n, g in found.items() if np.abs(g).max() < 1e-7 and "key.bias" not in n] == []


@pytest.mark.parametrize(
    ("pixels", "captions", "message"),
    [
        (None, None, "a picture or a caption is needed"),
        (np.zeros((2, 49), np.float32), None, r"\(pairs, 64\), 8 rows of 8, got \(2, 49\)"),
        (np.zeros((2, 8, 8), np.float32), None, r"got \(2, 8, 8\)"),
        (None, np.zeros((2, 4), int), r"captions must be \(pairs, 3\), got \(2, 4\)"),
        (np.zeros((2, 64), np.float32), np.zeros((3, 3), int), "got 2 pictures and 3 captions"),
    ],
)
def test_pairs_that_cannot_be_read_are_refused(model, pixels, captions, message):
    with pytest.raises(ValueError, match=f"^{type(model).__name__}: .*{message}"):
        model(pixels, captions)


@pytest.mark.parametrize("name", MODELS)
def test_every_way_learns_from_its_parts_alone(name, pairs):
    """A world in which only the other part changes teaches the same."""
    way = MODELS[name]
    found = [
        learned(FAST, way, drawn, 0).state_dict()
        for drawn in (pairs, pairs._replace(captions=pairs.captions[:, [0, 0, 0]]))
    ]
    same = all(np.array_equal(a, b) for a, b in zip(*(f.values() for f in found), strict=True))
    assert same == ("text" not in way.parts)


def test_parts_are_left_out_as_often_as_said_and_whole_pairs_are_as_many(pairs, monkeypatch):
    seen = []
    forward = PairEncoder.forward

    def noted(self, pixels, captions):
        seen.append((pixels is not None, captions is not None))
        return forward(self, pixels, captions)

    monkeypatch.setattr(PairEncoder, "forward", noted)
    settings = replace(FAST, learning=replace(FAST.learning, steps=70, batch=2), left_out=0.15)
    learned(settings, MODELS["joint, parts left out"], pairs, 0)
    assert len(seen) == 100
    assert 55 <= seen.count((True, True)) <= 85
    assert min(seen.count((True, False)), seen.count((False, True))) >= 5


def test_a_text_that_decides_is_learned_and_pictures_alone_do_not_know_it():
    s = replace(FAST, learning=replace(FAST.learning, steps=60, batch=16, rate=0.03))
    drawn = s.world.draw(300, np.random.default_rng(4))
    for name in ("text", "joint", "late"):
        model = learned(s, MODELS[name], drawn, 0)
        assert accuracy_of(model, drawn, MODELS[name].parts) == 1.0
    picture = learned(s, MODELS["picture"], drawn, 0)
    fresh = s.world.draw(300, np.random.default_rng(5))
    assert accuracy_of(picture, fresh, ["picture"]) < 0.6


def test_every_arm_has_its_row_and_the_best_of_its_world():
    found = {name: np.array(rows) for name, rows in measure(FAST, 0).items()}
    assert found["accuracy"].shape == found["best"].shape == (2, 5)
    assert found["one part"].shape == (2, 3, 2)
    np.testing.assert_allclose(found["best"][0], [0.5, 1.0, 1.0, 1.0, 1.0])
    np.testing.assert_allclose(found["best"][1], [0.75, 0.75, 0.875, 0.875, 0.875])
    assert {arm[0] for arm in STUDY.settings.arms} <= {*RULES}
    assert STUDY.settings.world.digits == Digits()
