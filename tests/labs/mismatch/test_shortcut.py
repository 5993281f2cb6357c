"""The lab of the shortcut: its data, its remedies, its measures and its controls."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.autograd import Tensor
from minillm.labs.compare import cell
from minillm.labs.mismatch.shortcut import (
    CONTROLS,
    MEASURES,
    STUDY,
    TEMPLATE,
    evaluate,
    with_tossed_labels,
)
from minillm.labs.mismatch.shortcut_case import Settings, Shortcut, Strengths, mean_loss
from minillm.labs.mismatch.shortcut_objectives import GroupDRO, Irm, VRex
from minillm.labs.mismatch.shortcut_remedies import REMEDIES, with_twins
from minillm.labs.own_remedy import with_own_remedy
from minillm.labs.small_encoder import Encoder, Learning, SmallEncoder, probabilities
from minillm.labs.worlds.shortcuts import GROUPS, Shortcuts
from minillm.training.robust import irm_penalty

FAST = Settings(
    world=Shortcuts(fillers=2, negated=0.0),
    learned=600,
    tested=240,
    flipped=0.05,
    model=Encoder(width=16, n_heads=2, hidden=16, std=0.02),
    learning=Learning(steps=0, batch=32, rate=1e-2),
    strengths=Strengths(steps=100, jtt_steps=40, few=16, many=128, few_steps=20, many_steps=60),
)


@pytest.fixture(scope="module")
def case():
    """What the remedies of one seed share."""
    return Shortcut(FAST, 0)


@pytest.fixture(scope="module")
def models(case):
    """What every remedy learns."""
    return {name: remedy(case) for name, remedy in REMEDIES.items()}


@pytest.fixture(scope="module")
def found(case, models):
    """What the lab says of every remedy."""
    return {name: evaluate(case, model) for name, model in models.items()}


def weights(model):
    return np.concatenate([value.ravel() for value in model.state_dict().values()])


class Planted(SmallEncoder):
    """Says what a rule says of a review, with the probability 0.8."""

    def __init__(self, world, rule):
        self.world, self.rule = world, rule

    def eval(self):
        return self

    def train(self, mode=True):
        return self

    def named_modules(self, *_):
        return iter(())

    def __call__(self, ids):
        named = np.array([self.rule(self.world, row) for row in ids])
        sides = np.arange(2) == named[:, None]
        return Tensor(np.log(np.where(sides, 0.8, 0.2)))


def by_tag(world, row):
    return int(world.tags[1] in row)


def by_opinion(world, row):
    return int(np.isin(world.ids(world.opinions[1]), row).any())


def test_tags_agree_in_training_and_in_each_test_as_they_are_asked_to(case):
    def agree(reviews):
        return (reviews.tags == reviews.labels).mean()

    assert agree(case.many) == pytest.approx(0.95, abs=0.02)
    for kind, share in enumerate(FAST.agreements):
        of_kind = case.many.only(case.many.environments == kind)
        assert agree(of_kind) == pytest.approx(share, abs=0.03)
    assert agree(case.target) == pytest.approx(0.5, abs=0.12)
    for name, share in (("inside", 0.95), ("balanced", 0.5), ("flipped", 0.05)):
        asked = case.tested[name]
        assert agree(asked) == pytest.approx(share, abs=0.06)
        np.testing.assert_array_equal(asked.labels, asked.clean)
    assert (case.reviews.labels != case.reviews.clean).sum() == 30
    np.testing.assert_array_equal(case.reviews.ids, case.many.ids[:600])
    with pytest.raises(ValueError, match="read-only"):
        case.tested["flipped"].labels[0] = 1


def test_who_reads_the_tag_is_right_inside_and_wrong_in_two_groups(case):
    """Independent truth: the shares with which tags and labels agree in the tests."""
    found = evaluate(case, Planted(FAST.world, by_tag))
    np.testing.assert_array_equal(found["by group"], [1, 0, 0, 1])
    assert found["worst group"] == 0.0
    for name, asked in case.tested.items():
        right = float((asked.tags == asked.labels).mean())
        assert found[f"accuracy, {name}"] == pytest.approx(right)
        assert found[f"calibration error, {name}"] == pytest.approx(abs(right - 0.8))


def test_who_reads_the_opinion_is_right_everywhere(case):
    found = evaluate(case, Planted(FAST.world, by_opinion))
    np.testing.assert_array_equal(found["by group"], np.ones(4))
    for name in case.tested:
        assert found[f"accuracy, {name}"] == 1.0
        assert found[f"calibration error, {name}"] == pytest.approx(0.2)


def test_every_remedy_learns_something_of_its_own(case, models, found):
    assert all(isinstance(model, SmallEncoder) for model in models.values())
    asked = case.tested["flipped"].ids
    said = [probabilities(model, asked) for model in models.values()]
    assert len({p.tobytes() for p in said}) == len(said)
    assert all({*MEASURES} < {*numbers} for numbers in found.values())


@pytest.mark.parametrize(
    ("remedy", "off", "same_as"),
    [
        ("weight decay", {"weight_decay": 0.0}, "none"),
        ("dropout", {"dropout": 0.0}, "none"),
        ("word dropout", {"word_dropout": 0.0}, "none"),
        ("IRM", {"irm": 0.0}, "none"),
        ("V-REx", {"v_rex": 0.0}, "none"),
        ("more data", {"times": 1}, "none"),
        ("20 % counterfactual", {"twins": 1.0}, "counterfactual tags"),
        ("20 % counterfactual", {"twins": 0.0}, "none"),
        ("64 of target", {"few_steps": 0}, "none"),
        ("256 of target", {"many_steps": 0}, "none"),
        ("balanced and dropout", {"balanced_dropout": 0.0}, "balanced groups"),
        ("group DRO and dropout", {"dro_dropout": 0.0}, "group DRO"),
    ],
)
def test_a_remedy_of_no_strength_is_another_one(case, remedy, off, same_as):
    short = case.with_strengths(steps=12)
    weak = REMEDIES[remedy](short.with_strengths(**off))
    other = REMEDIES[same_as](short.with_strengths(**off))
    np.testing.assert_allclose(weights(weak), weights(other), atol=1e-4)
    assert np.abs(weights(weak) - weights(short.untrained(FAST.model))).max() > 1e-2


def test_without_a_rate_group_dro_learns_balanced_groups(case):
    short = case.with_strengths(steps=12, dro_rate=0.0)
    found, other = (weights(REMEDIES[name](short)) for name in ("group DRO", "balanced groups"))
    # the mean over groups of a batch is not that over its reviews, and gives about the same
    assert np.abs(found - other).mean() < 0.02


def test_a_batch_has_as_many_reviews_of_each_environment(case):
    for batch in case.batches(case.reviews, Learning(steps=5, batch=10), None):
        assert (batch.environments == 0).sum() == 5
    rows = {row.tobytes() for row in case.reviews.ids}
    assert {row.tobytes() for row in batch.ids} < rows


def test_drawn_by_weights_only_reviews_that_have_some_come(case):
    chosen = np.flatnonzero(case.reviews.groups == 1)
    p = np.where(case.reviews.groups == 1, 1 / len(chosen), 0.0)
    for batch in case.batches(case.reviews, Learning(steps=3, batch=10), p):
        assert (batch.groups == 1).all()


def test_the_reviews_with_twins_have_tags_that_tell_less(case):
    agree = [
        (both.tags == both.labels).mean() for both in (with_twins(case, x) for x in (0, 0.2, 1))
    ]
    np.testing.assert_allclose(agree, [0.95, (0.95 + 0.01) / 1.2, 0.5], atol=0.02)
    both = with_twins(case, 1.0)
    np.testing.assert_array_equal(both.labels[:600], both.labels[600:])
    assert ((both.ids[:600] != both.ids[600:]).sum(axis=1) == 1).all()


def test_masked_reviews_have_no_tag(case):
    masked = case.masked(case.reviews)
    assert not np.isin(masked.ids, FAST.world.tags).any()
    assert (masked.ids == case.plain().left_out).sum(axis=1).tolist() == [1] * 600


def test_just_train_twice_draws_more_of_what_a_short_training_gets_wrong(case, monkeypatch):
    drawn = {}
    original = Shortcut.learned

    def noted(self, *arguments, **options):
        drawn.update(weights=options.get("weights"))
        return original(self, *arguments, **options)

    monkeypatch.setattr(Shortcut, "learned", noted)
    REMEDIES["just train twice"](case.with_strengths(steps=1, jtt_steps=12))
    p = drawn["weights"]
    heavy = p > p.min()
    np.testing.assert_allclose(p.max() / p.min(), FAST.strengths.jtt_times)
    against = case.reviews.tags != case.reviews.labels
    assert heavy[against].mean() > heavy[~against].mean() + 0.5


def test_the_new_last_layer_sees_the_states_of_the_baseline(case, models):
    plain, refit = models["none"], models["last layer"]
    asked = case.target.ids
    np.testing.assert_allclose(plain.features(asked).data, refit.features(asked).data, atol=1e-6)
    assert (probabilities(refit, asked).argmax(axis=1) == case.target.labels).mean() > 0.75
    strong = REMEDIES["last layer"](case.with_strengths(refit=1e4))
    shares = np.bincount(case.target.labels) / len(asked)
    np.testing.assert_allclose(probabilities(strong, asked).mean(axis=0), shares, atol=0.02)
    assert np.ptp(probabilities(strong, asked)[:, 0]) < 0.02  # only how frequent a label is


def test_the_objectives_are_their_definitions(case, rng):
    batch = case.target.only(slice(40))._replace(environments=np.arange(40) % 2)
    z = rng.standard_normal((40, 2))
    each = np.log(np.exp(z).sum(axis=1)) - z[np.arange(40), batch.labels]
    risks = np.array([each[i::2].mean() for i in (0, 1)])
    assert float(mean_loss(Tensor(z), batch).data) == pytest.approx(each.mean())
    spread = ((risks - risks.mean()) ** 2).mean()
    assert float(VRex(3.0)(Tensor(z), batch).data) == pytest.approx(risks.mean() + 3 * spread)
    parts = [float(irm_penalty(Tensor(z[i::2]), batch.labels[i::2]).data) for i in (0, 1)]
    found = float(Irm(5.0)(Tensor(z), batch).data)
    assert found == pytest.approx(risks.mean() + 5 * np.mean(parts))
    losses = np.array([each[batch.groups == g].mean() for g in range(4)])
    q = np.exp(2 * losses) / np.exp(2 * losses).sum()
    objective = GroupDRO(2.0)
    assert float(objective(Tensor(z), batch).data) == pytest.approx(q @ losses)
    np.testing.assert_allclose(objective.weights, q)


def test_a_batch_without_one_of_the_groups_is_refused(case):
    alone = case.reviews.only(case.reviews.groups != 1)
    with pytest.raises(ValueError, match="no example is in group 'negative, tag of positive'"):
        GroupDRO(0.1)(Tensor(np.zeros((len(alone.labels), 2))), alone)


@pytest.mark.guide("G45")
def test_the_tag_is_learned_and_the_groups_against_it_fail(found):
    plain = found["none"]
    assert plain["accuracy, inside"] > 0.9 and plain["worst group"] < 0.4
    assert plain["by group"][[0, 3]].mean() > plain["by group"][[1, 2]].mean() + 0.3
    assert plain["calibration error, flipped"] > plain["calibration error, inside"] + 0.1


@pytest.mark.guide("G45")
@pytest.mark.parametrize("remedy", ["tag masked", "counterfactual tags", "balanced and dropout"])
def test_who_knows_of_the_tag_helps(found, remedy):
    assert found[remedy]["worst group"] > found["none"]["worst group"] + 0.3


def test_the_controls_find_nothing_where_there_is_something(case, found):
    for name, control in CONTROLS.items():
        assert abs(control.measure(case)) < 0.15, name  # of one seed and 240 reviews
    plain = found["none"]
    assert plain["accuracy, balanced"] - plain["worst group"] > 0.2
    assert plain["accuracy, inside"] - plain["accuracy, flipped"] > 0.3


def test_of_tossed_labels_the_tag_tells_as_much_as_ever_and_the_opinion_nothing(case):
    tossed = with_tossed_labels(case)
    read = np.array([by_tag(FAST.world, row) for row in tossed.ids])
    np.testing.assert_array_equal(read, tossed.tags)
    assert ((read == tossed.labels) == (case.reviews.tags == case.reviews.labels)).all()
    assert (tossed.clean == tossed.labels).mean() == pytest.approx(0.5, abs=0.07)
    opinions = np.array([by_opinion(FAST.world, row) for row in tossed.ids])
    np.testing.assert_array_equal(opinions, case.reviews.clean)


@pytest.mark.slow
@pytest.mark.parametrize("name", CONTROLS)
def test_a_control_finds_nothing_at_full_size(name):
    found = [CONTROLS[name].measure(Shortcut(STUDY.settings, seed)) for seed in range(200, 204)]
    assert abs(np.mean(found)) < CONTROLS[name].margin + 0.02


def test_the_items_are_those_of_the_reviews():
    tested = STUDY.settings.tested
    worst = {MEASURES["worst group"].items, CONTROLS["tags that tell nothing, worst group"].items}
    assert worst == {tested // len(GROUPS)}
    assert {one.items for one in (*MEASURES.values(), *CONTROLS.values())} - worst == {tested}
    assert [*STUDY.headlines] == ["worst group"]


def test_the_template_is_a_remedy_of_this_lab(case, tmp_path):
    path = tmp_path / "both.py"
    path.write_text(TEMPLATE, encoding="utf-8")
    lab, name = with_own_remedy(STUDY, path)
    short = case.with_strengths(steps=10)
    assert {*MEASURES} < {*cell(lab, short, name).numbers}
    decayed = replace(FAST, learning=replace(FAST.learning, weight_decay=1.0))
    same = REMEDIES["balanced groups"](Shortcut(decayed, 0).with_strengths(steps=10))
    np.testing.assert_allclose(weights(lab.remedies[name](short)), weights(same))
