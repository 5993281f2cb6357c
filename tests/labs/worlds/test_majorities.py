"""Reviews of three opinions: their labels, and that no word alone tells them."""

import numpy as np
import pytest

from minillm.labs.worlds.domains import DOMAINS
from minillm.labs.worlds.majorities import Majorities, with_flipped
from minillm.text.corpora.sentiment import LABELS


@pytest.fixture(params=["en", "zh"])
def world(request):
    return Majorities(request.param)


def votes(world, row):
    """How many of its adjectives praise, by looking each up beside its subject."""
    sides = {
        (aspect.subject, word): LABELS.index(label)
        for domain in DOMAINS[world.language].values()
        for aspect in domain.aspects
        for label in LABELS
        for word in aspect.words[label]
    }
    words = [world.words[i] for i in row]
    return sum(sides[subject, word] for subject, word in zip(words[::3], words[1::3], strict=True))


def test_the_label_is_what_most_opinions_say(world):
    drawn = world.draw(300, np.random.default_rng(0))
    assert [int(votes(world, row) >= 2) for row in drawn.ids] == drawn.labels.tolist()


def test_reviews_are_different_and_about_half_are_positive(world):
    drawn = world.draw(2000, np.random.default_rng(1))
    assert len({*map(tuple, drawn.ids)}) == 2000 and drawn.ids.shape == (2000, 9)
    assert 0.46 < drawn.labels.mean() < 0.54
    agreed = np.mean([votes(world, row) in (0, 3) for row in drawn.ids])
    assert 0.2 < agreed < 0.3  # one opinion is against the label in three of four reviews


def test_a_review_can_be_read():
    one = Majorities("en")
    row = [one.numbers[w] for w in ["the plot was", "dull", ",", "the acting was", "lively", "and"]]
    row += [one.numbers[w] for w in ["the final scene was", "touching", "."]]
    text = "The plot was dull, the acting was lively and the final scene was touching."
    assert one.text(np.array(row)) == text
    assert (
        Majorities("zh").text(Majorities("zh").draw(1, np.random.default_rng(0)).ids[0])[-1] == "。"
    )


def test_so_many_labels_are_flipped_as_the_rate_says_and_the_reviews_stay(world):
    clean = world.draw(50, np.random.default_rng(2))
    noisy = with_flipped(clean, 0.2, np.random.default_rng(3))
    assert (noisy.labels != clean.labels).sum() == 10
    np.testing.assert_array_equal(noisy.ids, clean.ids)
    np.testing.assert_array_equal(
        with_flipped(clean, 0.0, np.random.default_rng(3)).labels, clean.labels
    )


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="en, zh"):
        Majorities("fr").draw(1, np.random.default_rng(0))
    few = Majorities(domains=("hotel",))
    with pytest.raises(ValueError, match="100000 different reviews were asked for"):
        few.draw(100000, np.random.default_rng(0))
    with pytest.raises(ValueError, match="rate must be from 0 to 1, got 2"):
        with_flipped(few.draw(4, np.random.default_rng(0)), 2, np.random.default_rng(0))
