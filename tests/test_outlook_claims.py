"""What outlook.md says of rows, settings and single numbers is in the stored studies."""

import numpy as np
import pytest

from minillm.labs.challenges import (
    fusion,
    mixture_of_experts,
    mixture_of_experts_longer,
    retrieval,
    segment_recurrence,
)
from minillm.labs.stored import STORED, read_file, read_settings, read_study
from minillm.labs.verdicts import HARMS, HELPS, NOTHING, UNDECIDED
from minillm.labs.worlds.described import THINGS
from tests.conflict_numbers import stored_verdicts
from tests.mismatch_strength_numbers import OF_OUTLOOK, grids_of, placed
from tests.outlook_network_numbers import (
    BALANCED,
    FAR,
    FLOPS,
    LONGER,
    NEAR,
    OWN,
    SHARED,
    SHORTER,
    UNBALANCED,
    caught,
    gains,
    perplexity,
)
from tests.outlook_numbers import (
    BOTH,
    EITHER,
    ENCODER,
    LINE,
    STEP,
    STEPS,
    SWAP,
    UNTOLD,
    of_a_sum,
)
from tests.told import above_zero


def words(measure):
    """The stored verdict of each remedy of the lab by a measure, in a word."""
    verdicts = stored_verdicts("adversarial").items()
    return {remedy: one["word"] for (remedy, name), one in verdicts if name == measure}


def test_against_steps_five_help_and_against_swaps_all_are_undecided():
    against_steps, against_swaps = words(STEP), words(SWAP)
    assert {remedy for remedy, word in against_steps.items() if word == HELPS} == {
        *("adversarial training", "linear model", "weight decay", "dropout", "word dropout")
    }
    assert {remedy for remedy, word in against_steps.items() if word.startswith(NOTHING)} == {
        *("more data", "words swapped")
    }
    assert {remedy for remedy, word in against_steps.items() if word == UNDECIDED} == {
        *("wider model", "tuned on attacked")
    }
    assert {*against_swaps.values()} == {UNDECIDED} and HARMS not in against_steps.values()
    lab = read_study("adversarial")
    assert above_zero(lab[f"none: {SWAP}"] - lab[f"word dropout: {SWAP}"])


def test_what_is_aimed_turns_answers_and_what_is_not_needs_ten_times_the_size():
    found = read_study("adversarial_directions")["accuracy"][:, ENCODER]
    sizes = read_settings("adversarial_directions")["sizes"]
    signs, direction, random = (found[:, STEPS.index(one)] for one in (*STEPS[:2], "random sign"))
    small, large = sizes.index(0.1), sizes.index(1.0)
    assert 0.2 < signs[:, small].mean() < 0.3 and random[:, small].mean() > 0.99
    assert 0.85 < random[:, large].mean() < 0.95
    assert above_zero(signs[:, sizes.index(0.2)] - direction[:, sizes.index(0.2)])
    risen = read_study("adversarial_directions")["risen"][:, LINE, 0]
    foretold = read_study("adversarial_directions")["foretold"][:, LINE]
    np.testing.assert_allclose(risen, foretold, rtol=2e-3, atol=1e-5)


def test_swaps_turn_more_the_rarer_the_words_are():
    worst = read_study("adversarial_directions")["swapped"][:, :, -1]  # (seeds, arms, turns)
    one, two = worst[:, 3:, 1], worst[..., 2]
    assert one.mean(axis=0).tolist() == sorted(one.mean(axis=0), reverse=True)
    assert two[:, 3].min() > 0.99 > 0.8 > two[:, 0].mean()
    settings, moved = read_settings("adversarial"), read_settings("adversarial_directions")
    assert settings["rare"] == 0.1 and settings["eps"] == 0.1
    assert [rare for layers, rare in moved["arms"] if layers] == [0.5, 0.1, 0.02]


def test_both_parts_are_needed_where_neither_tells_and_enough_added_where_each_does():
    found = read_study("fusion")["accuracy"]
    joint, late = (found[:, :, [*fusion.MODELS].index(name)] for name in ("joint", "late"))
    assert above_zero(joint[:, BOTH] - late[:, BOTH]) and late[:, BOTH].max() < 0.6
    alone = found[:, EITHER, :2].max(axis=1)
    assert above_zero(joint[:, EITHER] - alone) and above_zero(late[:, EITHER] - alone)
    assert np.abs(found[:, UNTOLD].mean(axis=0) - 0.5).max() < 0.02
    settings = read_settings("fusion")
    assert settings["left_out"] == 0.15 and settings["world"]["digits"]["side"] == 8


def test_added_scores_are_right_in_three_of_four_cases_at_most():
    """All signs of f(odd) + g(blue) on a grid, against odd or blue but not both."""
    f, g = np.meshgrid(*[np.linspace(-3, 3, 13)] * 2)
    best = 0
    for odd in np.linspace(-3, 3, 13):
        for blue in np.linspace(-3, 3, 13):
            scores = [f + g, f + blue, odd + g, odd + blue]  # neither, blue, odd, both
            right = sum((z > 0) == want for z, want in zip(scores, (0, 1, 1, 0), strict=True))
            best = max(best, int(right.max()))
    assert best == 3
    assert of_a_sum("both", 1.0, 1.0) == 0.75 and of_a_sum("both", 0.0, 1.0) == 0.5
    assert of_a_sum("picture", 1.0, 1.0) == 1.0


def test_where_each_part_tells_the_answer_a_sum_can_be_as_good_as_both():
    for a, (rule, told, shown, _) in enumerate(read_settings("fusion")["arms"]):
        best = read_study("fusion")["best"][0, a, [*fusion.MODELS].index("joint")]
        assert (of_a_sum(rule, told, shown) == pytest.approx(best)) == (rule != "both" or told == 0)


def test_a_hundred_pictures_are_of_ninety_kinds():
    assert np.prod([len(words) for words in THINGS]) == 90
    assert read_settings("retrieval")["tested"] == 100


def test_a_memory_gains_where_the_source_lies_before_the_segment():
    settings = read_settings("segment_recurrence")
    assert (settings["segment"], settings["memory"]) == (8, 16)
    assert [arm[0] for arm in settings["arms"]] == [4, 12, 12]
    assert [arm[1] for arm in settings["arms"]] == [0.9, 0.9, 0.0]
    assert above_zero(gains(FAR)).all() and above_zero(gains(NEAR))[:4].all()
    assert not above_zero(gains(NEAR))[4:].any()
    least = read_study("segment_recurrence")["least"][0, FAR, settings["tried"].index(8)]
    assert (least < least.max()).sum() == 5
    assert len(read_file("segment_recurrence", STORED)["seeds"]) == 10


def test_whoever_learned_with_a_memory_needs_it_and_its_own():
    found = read_study("segment_recurrence")
    without, asked_without, other = (
        found["without"][:, FAR],
        found["nats"][:, FAR, 0],
        found["other"][:, FAR],
    )
    assert [perplexity(one) for one in (without, asked_without, other)] == ["16", "120", "130"]
    assert above_zero(asked_without - without).all() and above_zero(other - without).all()
    lost = (found["nats"][:, NEAR, 0, 4:7] - found["nats"][:, NEAR, -1, 4:7]).mean(axis=1)
    assert (lost > 0.2).sum() == 7


def test_experts_are_used_evenly_and_are_not_shown_to_gain():
    for name in (SHORTER, LONGER):
        found = read_study(name)
        excess = found["excess"][:, OWN]
        for one in (BALANCED, UNBALANCED):
            gained = excess[:, FLOPS] - excess[:, one]
            assert not above_zero(gained) and not above_zero(-gained)
        for what in ("use", "dropped"):  # of the busiest, and with an even share of places
            not_balanced, balanced = found[what][:, :, 1, 0], found[what][:, :, 0, 0]
            assert above_zero(not_balanced - balanced).all()
        assert found["excess"][:, SHARED].max() < 0.02
        assert ((found["use"][:, SHARED, 1] > 0.01).sum(axis=-1) < 8).all()
        assert excess[:, FLOPS].min() > 0.2 and excess.min(axis=0)[1:].max() < 0.06
        assert not ((excess > 0.06) & (excess < 0.2)).any()  # caught, or near the least
    assert (caught(LONGER) >= 2).all()
    longer = read_study(LONGER)
    told = (longer["cluster"][..., 0] - longer["cluster"][..., 1])[:, OWN, 0]
    on_plateau = longer["excess"][:, OWN, BALANCED] > 0.1
    assert told[on_plateau].max() < 0.01 < 0.3 < told[~on_plateau].min()
    settings = read_settings(SHORTER)
    assert (settings["mixture"]["n_experts"], settings["mixture"]["top"]) == (8, 2)
    assert (settings["world"]["clusters"], settings["world"]["values"]) == (8, 16)
    assert read_settings(LONGER)["rates"][UNBALANCED] == min(read_settings(LONGER)["rates"])


@pytest.mark.parametrize(
    "module", [fusion, retrieval, segment_recurrence, mixture_of_experts_longer]
)
def test_settings_that_looked_at_seed_100_say_so(module):
    assert "seed 100, which the study does not use" in " ".join(module.Settings.__doc__.split())


def test_no_seed_that_was_looked_at_is_measured():
    assert "seeds 100 and 101, which the study does not use" in " ".join(
        mixture_of_experts.Settings.__doc__.split()
    )
    for lab in OF_OUTLOOK:
        file = read_file(lab, STORED)
        assert "100 and 101" in file["protocol"] and max(file["seeds"]) < 100
        assert sum(map(len, placed(lab))) == len(grids_of(lab))
    case = read_settings("adversarial_directions")["case"]
    assert case == read_settings("adversarial")
