"""What challenges.md says of rows, settings and single numbers is in the stored studies."""

import numpy as np

from minillm.autograd import Tensor
from minillm.labs.challenges import (
    planted_rule,
    privacy,
    scaling,
    sparse_directions,
    steering,
)
from minillm.labs.challenges.planted_rule_methods import METHODS
from minillm.labs.challenges.privacy_case import Privacy
from minillm.labs.stored import STORED, read_file, read_settings, read_study
from minillm.labs.verdicts import HARMS, HELPS, NOTHING, UNDECIDED
from minillm.nn import Linear
from minillm.nn.quantization import Int8Linear
from minillm.ops import linear
from minillm.tasks.metrics import expected_exposure
from minillm.text.duplicates import without_near_copies
from tests.challenge_cost_numbers import exponents
from tests.challenge_inside_numbers import COINS, STRONG, lost, shares
from tests.conflict_numbers import stored_verdicts
from tests.mismatch_strength_numbers import OF_CHALLENGES, grids_of, placed
from tests.told import above_zero

BLIND = (  # to the town, in the order of the table
    *("weight decay", "dropout", "early stop", "wider model"),
    *("without attention", "without residuals", "word dropout", "more data"),
)


def words(lab, measure):
    """The stored verdict of each remedy by a measure, in a word."""
    return {r: one["word"] for (r, name), one in stored_verdicts(lab).items() if name == measure}


def without_tail(lab, measure, wanted):
    """The remedies with a verdict."""
    return {remedy for remedy, word in words(lab, measure).items() if word.startswith(wanted)}


def test_what_knows_no_town_is_undecided_and_what_does_helps():
    decisions, scores = words("fairness", "TPR gap"), words("fairness", "score gap")
    assert [*decisions][:8] == [*BLIND]
    assert {remedy for remedy, word in decisions.items() if word == UNDECIDED} == {*BLIND}
    assert {remedy for remedy, word in decisions.items() if word == HELPS} == {*[*decisions][8:]}
    assert without_tail("fairness", "score gap", UNDECIDED) == {"wider model"}
    assert without_tail("fairness", "score gap", NOTHING) == {
        *BLIND,
        "thresholds by town",
    } - {"wider model"}
    assert HARMS not in {*decisions.values(), *scores.values()}
    found = read_study("fairness")
    least = min(found[f"{remedy}: TPR gap"].mean() for remedy in BLIND)
    assert least > found["none: TPR gap"].mean() / 2  # what would refute the first sentence


def test_dials_and_prices_are_as_the_text_has_them():
    found = read_study("fairness_dials")
    score = found["merited score"][..., 0] - found["merited score"][..., 1]
    known = found["known merited score"][0, :, 0] - found["known merited score"][0, :, 1]
    assert (score.mean(axis=0) > known / 2)[[1, 2]].all()
    rate = found["TPR"][:, 1, 0] - found["TPR"][:, 1, 1]
    assert above_zero(rate) and np.ptp(found["known TPR"][0, 1]) == 0
    errors = found["calibration error"].mean(axis=0).max(axis=1)
    assert errors[3] < 0.06 < errors[[1, 2, 4]].min()
    price = read_study("fairness_price")
    for remedy in ("names and hobbies masked", "thresholds by town"):
        assert above_zero(price[f"{remedy}: accuracy"][:, 1] - price["none: accuracy"][:, 1])
    settings = read_settings("fairness")
    assert (settings["penalty"], settings["world"]["told_by_hobby"]) == (0.4, 0.9)
    assert settings["world"]["qualities"] == 5 and settings["world"]["good"] == [0.5, 0.5]
    texts = read_settings("word_association")
    assert texts["exchanged"] == 0.5 and len(read_file("word_association", STORED)["seeds"]) == 10
    assert read_study("word_association")["no bias, hobbies tell"].size == 200


def test_what_was_told_16_times_is_kept_by_those_alone_that_the_text_names():
    found, bits = read_study("privacy"), expected_exposure(1000)
    end = ": exposure by times"
    means = {
        key.removesuffix(end): one.mean(axis=0) for key, one in found.items() if key.endswith(end)
    }
    most = {name for name, one in means.items() if one[3] < 4.0}
    assert most == {"other digits", "epsilon 2 behind public texts"}
    once = {name for name, one in means.items() if abs(one[1] - bits) < 0.5}
    private = {"epsilon 8", "epsilon 2", "epsilon 2 behind public texts"}
    assert once == {"dropout", "early stop", "other digits", *private}
    for name in ("weight decay", "dropout", "early stop"):
        assert found[f"{name}: AUC"].mean() < 0.55
    assert means["near copies removed"][1] > bits + 4


def test_what_of_privacy_is_undecided_is_named():
    undecided = {
        key
        for key, one in stored_verdicts("privacy").items()
        if one["word"] == UNDECIDED and key[1] in privacy.STUDY.headlines
    }
    assert undecided == {
        ("exact copies removed", "exposure"),
        ("wider model", "exposure"),
        ("near copies removed", "AUC"),
        ("epsilon 8", "loss, others"),
        ("early stop", "loss, others"),
    }
    losses = words("privacy", "loss, others")
    assert losses["more texts"] == losses["epsilon 2 behind public texts"] == HELPS
    assert losses["near copies removed"] == HARMS


def test_near_copies_are_more_than_the_secrets():
    cases = [Privacy(privacy.STUDY.settings, seed) for seed in privacy.STUDY.seeds]
    alike = privacy.STUDY.settings.strengths.alike
    kept = [
        len(without_near_copies([text.split() for text in case.told], alike=alike))
        for case in cases
    ]
    assert {len(case.told) for case in cases} == {884} and abs(np.mean(kept) - 540) < 10
    settings = read_settings("privacy")
    assert settings["learned"] == 800 and settings["epsilons"] == [8.0, 2.0]
    assert settings["world"]["times"] == [0, 1, 4, 16] and settings["world"]["varied"] == 0.5
    assert 10 ** settings["world"]["digits"] == 1000


def test_the_largest_is_foretold_and_few_texts_are_the_limit_up_to_1000():
    found, settings = read_study("scaling"), read_settings("scaling")
    missed = np.abs(found["foretold"] - found["held_back"])
    assert (missed < np.abs(found["last"] - found["held_back"])).all()
    means = [found[key].mean() for key in ("foretold", "held_back", "last")]
    assert abs(means[0] - means[1]) < abs(means[2] - means[1])
    assert settings["texts"][:3] == [100, 300, 1000] and settings["data_depth"] == 2
    ratio = (found["mistakes"] / found["unseen"]).mean(axis=0)
    assert (np.abs(ratio[:3] - 1) < 0.1).all() and (ratio[3:] > 1.4).all()
    assert settings["world"]["base"] ** settings["world"]["digits"] == 1728
    assert settings["world"]["wrong"] == 0.1 and settings["depths"] == [1, 2, 3, 4, 5, 6]
    slope = exponents()["facts known"]
    assert slope.max() < 0.5  # as many facts for each parameter would be 1
    assert np.abs(found["fewer_bits"][..., 0]).max() < 0.001


def test_an_int8_layer_makes_its_matrix_of_float32_at_each_call(monkeypatch):
    rng = np.random.default_rng(0)
    layer, calls = Int8Linear(Linear(3, 4, rng=rng)), []
    made = layer.dequantized()
    monkeypatch.setattr(Int8Linear, "dequantized", lambda self: calls.append(1) or made)
    x = Tensor(rng.standard_normal((2, 3)).astype(np.float32))
    for _ in range(2):
        np.testing.assert_array_equal(layer(x).data, linear(x, Tensor(made), layer.bias).data)
    assert len(calls) == 2 and made.dtype == np.float32


def test_settings_that_looked_at_a_seed_say_so_and_at_none_that_is_measured():
    for module in (planted_rule, sparse_directions, scaling):
        assert "seed 100" in " ".join(module.Settings.__doc__.split())
    rule, steered = planted_rule.Settings(), steering.Settings()
    assert (rule.world, rule.model, rule.training) == (
        *(steered.world, steered.model, steered.training),
    )
    said = " ".join(scaling.Settings.__doc__.split())
    assert "3,000 texts leave 0.133 mistakes" in said
    assert "0.080 with three times the steps and 0.076 with depth 5; 0.081 is the share" in said
    for lab in OF_CHALLENGES:
        file = read_file(lab, STORED)
        assert "100 and 101" in file["protocol"] and max(file["seeds"]) < 100
        assert sum(map(len, placed(lab))) == len(grids_of(lab))


def test_methods_find_what_decides_or_are_led_away_as_the_text_has_it():
    for method in ("attention", "rollout", "gradient x input"):
        assert above_zero(lost(method)) and shares(method, "topic first")[:, STRONG].mean() > 0.3
    assert not above_zero(lost("gradient norm"))
    for method in [*METHODS][1:-1]:
        assert shares(method, "topic first")[:, COINS].mean() > 0.5
    found = read_study("planted_rule")
    settings = read_settings("planted_rule")
    assert settings["weights"] == [0.0, 1.0, 4.0]
    assert [settings["gap_steps"][k] for k in (2, 4)] == [4, 16]
    probes = found["probes"][:, :COINS].mean(axis=1)
    selective = probes[..., 0] - probes[..., 1]
    assert [bool(above_zero(selective[:, layer])) for layer in range(3)] == [False, False, True]


def test_heads_and_pushes_are_as_the_text_has_them():
    copied = read_study("induction_head")
    one, two = (copied["best first"][:, 0, k] - copied["worst first"][:, 0, k] for k in (1, 2))
    assert above_zero(two) and not above_zero(one)
    with_head = copied["induction"][:, 0].max(axis=1) > 0.5
    assert above_zero(one[with_head])
    assert above_zero(copied["fresh"][:, 0, 0] - copied["fresh"][:, 0, 1])
    assert (copied["induction"][:, 0].max(axis=1) > 0.65).sum() == 5
    turned, at = read_study("steering")["turned"], read_settings("steering")["strengths"].index(1)
    assert turned[:, 1, :2, at].min() > 0.995 and turned[:, 1, 2, at].max() < 0.005
    assert turned[:, 0, :, at].max() < 1.5 / (read_settings("steering")["tested"] / 2)
    same = read_settings("steering")["weight"], read_settings("planted_rule")["weights"][1]
    assert same == (1.0, 1.0) and len(turned) == 6  # one model in both studies
    sizes = read_settings("sparse_directions")["world"]
    assert (sizes["planted"], sizes["width"]) == (32, 16)
