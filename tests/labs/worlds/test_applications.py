"""Applications: qualities, merit, towns, and labels that withhold a known share of places."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.labs.worlds.applications import HOBBIES, NAMES, QUALITIES, Applications


@pytest.fixture(params=["en", "zh"])
def world(request):
    return Applications(request.param)


def told(world, row):
    """The town of the name, the town of the hobby, and which qualities are good, word by word."""
    words = [world.words[i] for i in row]
    tables = [[side.split("/") for side in t[world.language]] for t in (NAMES, HOBBIES, QUALITIES)]
    kinds = [[g for w in words for g in (0, 1) if w in table[g]] for table in tables]
    assert sum(map(len, kinds)) == len(words) == len({*words})
    return kinds


def test_an_application_has_a_name_a_hobby_and_different_qualities(world):
    drawn = world.draw(2000, 0.4, np.random.default_rng(0))
    names, hobbies, goods = zip(*(told(world, row) for row in drawn.ids), strict=True)
    np.testing.assert_array_equal(np.array(names)[:, 0], drawn.towns)
    own = np.array(hobbies)[:, 0] == drawn.towns
    assert own.mean() == pytest.approx(0.9, abs=0.03)
    assert np.mean(goods) == pytest.approx(0.5, abs=0.02)
    assert drawn.ids.shape == (2000, 7) and drawn.towns.mean() == pytest.approx(0.5, abs=0.05)
    assert len(world.words) == len({*world.words})


def test_merit_goes_with_the_number_of_good_qualities_alone():
    world = Applications(qualities=3, slope=2.0)
    drawn = world.draw(20_000, 0.4, np.random.default_rng(1))
    good = np.isin(drawn.ids, world.ids("qualities")[1]).sum(axis=1)
    for town, j in itertools.product((0, 1), range(4)):
        chosen = (drawn.towns == town) & (good == j)
        wanted = 1 / (1 + np.exp(-2 * (j - 1.5)))
        assert drawn.merits[chosen].mean() == pytest.approx(wanted, abs=0.03)
    np.testing.assert_allclose(world.merit, 1 / (1 + np.exp(-2 * (np.arange(4) - 1.5))))


@pytest.mark.guide("G55")
@pytest.mark.parametrize("penalty", [0.0, 0.2, 0.4, 1.0])
def test_labels_withhold_the_share_that_is_planted_from_the_second_town_alone(penalty):
    drawn = Applications().draw(8000, penalty, np.random.default_rng(2))
    first, second = (drawn.only(drawn.towns == g) for g in (0, 1))
    np.testing.assert_array_equal(first.labels, first.merits)
    assert (second.labels <= second.merits).all()
    withheld = 1 - second.labels[second.merits == 1].mean()
    assert withheld == pytest.approx(penalty, abs=0.03)
    if penalty in (0.0, 1.0):
        assert withheld == penalty


def test_the_base_rates_are_a_dial():
    world = Applications(good=(0.7, 0.2))
    drawn = world.draw(8000, 0.0, np.random.default_rng(3))
    for town, p in enumerate((0.7, 0.2)):
        chosen = drawn.only(drawn.towns == town)
        assert np.isin(chosen.ids, world.ids("qualities")[1]).sum() / len(chosen.ids) / 5 == (
            pytest.approx(p, abs=0.02)
        )
        assert chosen.merits.mean() == pytest.approx(world.chances(town) @ world.merit, abs=0.02)
    np.testing.assert_allclose([world.chances(g).sum() for g in (0, 1)], 1)


@pytest.mark.guide("G55")
@pytest.mark.parametrize(("penalty", "good"), [(0.0, (0.5, 0.3)), (0.4, (0.5, 0.5))])
def test_what_is_known_is_what_a_rule_that_knows_everything_reaches(penalty, good):
    """Independent truth: the rates of that rule on many drawn applications."""
    world = Applications(good=good)
    drawn = world.draw(60_000, penalty, np.random.default_rng(4))
    count = np.isin(drawn.ids, world.ids("qualities")[1]).sum(axis=1)
    score = np.zeros(len(count))
    for town, j in itertools.product((0, 1), range(6)):  # shares of the labels as told
        chosen = (drawn.towns == town) & (count == j)
        score[chosen] = drawn.labels[chosen].mean()
    known = world.known(penalty, 0.5)
    for town in (0, 1):
        mine = drawn.towns == town
        merits, named = drawn.merits[mine] == 1, score[mine] >= 0.5
        assert known.selection[town] == pytest.approx(named.mean(), abs=0.02)
        assert known.true_positive[town] == pytest.approx(named[merits].mean(), abs=0.02)
        assert known.false_positive[town] == pytest.approx(named[~merits].mean(), abs=0.02)
        found = score[mine][merits].mean()
        assert known.merited_score[town] == pytest.approx(found, abs=0.02)


@given(st.floats(0, 1))
def test_the_gap_of_scores_grows_with_the_penalty_in_a_line(penalty):
    world = Applications()
    fair, known = world.known(0.0, 0.5), world.known(penalty, 0.5)
    assert known.merited_score[0] == fair.merited_score[0]
    assert known.merited_score[1] == pytest.approx((1 - penalty) * fair.merited_score[1])
    assert np.ptp(fair.true_positive) == 0 and known.true_positive[1] <= known.true_positive[0]


@given(st.integers(0, 2**32 - 1))
def test_swapped_twice_is_the_same_and_once_is_a_person_of_the_other_town(seed):
    world = Applications(qualities=2, told_by_hobby=0.5)
    drawn = world.draw(9, 0.4, np.random.default_rng(seed))
    swapped = world.swapped(drawn)
    for one, other in zip(world.swapped(swapped), drawn, strict=True):
        np.testing.assert_array_equal(one, other)
    for before, after in zip(drawn.ids, swapped.ids, strict=True):
        (name, hobby, goods), (other, turned, same) = (told(world, row) for row in (before, after))
        assert (name[0], hobby[0]) == (1 - other[0], 1 - turned[0]) and goods == same
    np.testing.assert_array_equal((drawn.ids != swapped.ids).sum(axis=1), 2)
    np.testing.assert_array_equal(swapped.labels, drawn.labels)
    names = world.swapped(drawn, ["names"])
    hobbies = world.ids("hobbies")
    assert ((names.ids != drawn.ids).sum(axis=1) == 1).all()
    np.testing.assert_array_equal(np.isin(names.ids, hobbies), np.isin(drawn.ids, hobbies))


def test_the_place_of_a_word_tells_nothing_of_its_kind():
    drawn = Applications().draw(4000, 0.4, np.random.default_rng(5))
    places = np.argwhere(np.isin(drawn.ids, Applications().ids("names")))[:, 1]
    np.testing.assert_allclose(np.bincount(places, minlength=7) / 4000, 1 / 7, atol=0.02)


def test_an_application_can_be_read():
    english, chinese = Applications(), Applications("zh")
    row = [english.words.index(word) for word in ("punctual", "Arvo", "rows")]
    assert english.text(row) == "Punctual, Arvo, rows."
    row = [chinese.words.index(word) for word in ("守时", "安沃", "划船")]
    assert chinese.text(row) == "守时，安沃，划船。"


@pytest.mark.parametrize(
    ("world", "penalty", "says"),
    [
        (Applications(), 1.1, r"penalty must be from 0 to 1, got 1\.1"),
        (Applications(good=(0.5, -1.0)), 0.1, "good must be from 0 to 1"),
        (Applications(good=(0.5,)), 0.1, "good 2 shares"),
        (Applications(qualities=9), 0.1, "qualities must be from 1 to 8"),
        (Applications(qualities=0), 0.1, "qualities must be from 1 to 8"),
        (Applications(told_by_hobby=2.0), 0.1, "told_by_hobby must be from 0 to 1"),
        (Applications("fr"), 0.1, "en, zh"),
    ],
)
def test_what_cannot_be_drawn_is_refused(world, penalty, says):
    with pytest.raises(ValueError, match=says):
        world.draw(10, penalty, np.random.default_rng(0))
