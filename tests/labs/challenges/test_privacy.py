"""The lab of canaries: its measures on planted speakers, what each remedy does, its controls."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from minillm import gradients_of
from minillm.backend import stream
from minillm.labs.challenges import privacy_case
from minillm.labs.challenges.privacy import (
    CONTROLS,
    MEASURES,
    STUDY,
    TEMPLATE,
    evaluate,
    exposures,
)
from minillm.labs.challenges.privacy_case import (
    Privacy,
    Settings,
    Speaker,
    losses_of,
    with_other_digits,
)
from minillm.labs.challenges.privacy_remedies import REMEDIES, scrubbed_view
from minillm.labs.compare import cell
from minillm.labs.own_remedy import with_own_remedy
from minillm.labs.worlds.canaries import OPENINGS, WORDS, Canaries, ids_of
from minillm.tasks.generation.windows import padded
from minillm.training.privacy import PrivateGradients, epsilon_spent

FAST = replace(
    Settings(),
    world=Canaries(times=(0, 1, 16), of_each=1, digits=2),
    learned=60,
    others=100,
    model=replace(Settings().model, width=16),
    training=replace(Settings().training, batch=16, steps=150, rate=0.01, warmup=10),
    strengths=replace(Settings().strengths, early=40, width=24, times=3),
)


@pytest.fixture(scope="module")
def case():
    """One seed of a small world."""
    return Privacy(FAST, 0)


@pytest.fixture(scope="module")
def found(case):
    """The numbers of some remedies."""
    names = ("none", "scrubbed", "other digits", "early stop", "epsilon 2")
    return {name: evaluate(case, REMEDIES[name](case)) for name in names}


def weights(speaker):
    return np.concatenate([p.data.ravel() for p in speaker.gpt.parameters()])


class Planted(Speaker):
    """Says what it was told to: so many bits of each number of times, members before others."""

    def __init__(self, case, ranks, gap):
        self.case, self.ranks, self.gap = case, ranks, gap

    def losses(self, texts):
        n = len(texts)
        return np.linspace(1, 2, n) - (self.gap if texts is self.case.records else 0.0)

    def secret_losses(self, canary):
        losses = np.arange(1.0, 10**canary.digits + 1)
        return np.roll(losses, canary.secret - (self.ranks[canary.times] - 1))


@pytest.mark.guide("G54")
def test_by_planted_speakers_the_measures_are_exact(case):
    one = evaluate(case, Planted(case, {0: 100, 1: 50, 16: 1}, gap=5.0))
    assert one["exposure by times"] == pytest.approx([0.0, 1.0, math.log2(100)])
    assert one["exposure"] == pytest.approx((1 + math.log2(100)) / 2)
    assert one["phones"] == one["codes"] == pytest.approx(one["exposure"])
    assert one["AUC"] == 1.0 and one["found at 1 %, not calibrated"] == 1.0
    assert one["loss, others"] == pytest.approx(1.5)
    same = evaluate(case, Planted(case, {0: 1, 1: 1, 16: 1}, gap=0.0))
    assert same["AUC"] == pytest.approx(0.5, abs=0.01)
    assert same["exposure by times"] == pytest.approx([math.log2(100)] * 3)


@pytest.mark.guide("G54")
def test_a_secret_is_as_likely_as_the_whole_text_that_tells_it(case):
    """All candidates at once, against each text by itself."""
    speaker = case.plain()
    for canary in case.canaries[:2]:
        found = speaker.secret_losses(canary)
        each = [canary._replace(secret=i).told(OPENINGS[0]) for i in range(100)]
        whole = np.array([speaker.losses([text])[0] * (len(ids_of(text)) - 1) for text in each])
        np.testing.assert_allclose(found - found[0], whole - whole[0], atol=1e-4)
        before = speaker.losses([canary.asked(OPENINGS[0])])[0] * (
            len(ids_of(canary.asked(OPENINGS[0]))) - 1
        )
        np.testing.assert_allclose(found + before, whole, atol=1e-4)


def test_losses_are_means_over_the_tokens_of_each_text_alone(case):
    texts = [case.records[0], case.canaries[0].told("well")]
    speaker = case.plain()
    both = speaker.losses(texts)
    np.testing.assert_allclose(both, [speaker.losses([t])[0] for t in texts], rtol=1e-5)
    window = padded([ids_of(texts[1])])
    logits = speaker.gpt(window.ids).data[0].astype(np.float64)
    logs = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    own = logs[np.arange(len(logs)), window.targets[0]]
    assert both[1] == pytest.approx(-own.mean(), rel=1e-5)


@pytest.mark.guide("G54")
def test_a_model_gives_away_what_it_was_told_often_and_not_what_it_was_never_told(found):
    never, once, often = found["none"]["exposure by times"]
    assert often > 5.0 and often > never + 2.0 and often >= once
    assert found["none"]["AUC"] > 0.7


@pytest.mark.guide("G54")
def test_remedies_keep_secrets(found):
    plain = found["none"]
    assert found["scrubbed"]["phones"] < plain["phones"] - 1.0
    assert found["other digits"]["exposure"] < plain["exposure"] - 1.0
    assert found["epsilon 2"]["exposure"] < plain["exposure"] - 1.0
    assert found["epsilon 2"]["AUC"] < 0.65 < plain["AUC"]
    assert found["early stop"]["AUC"] < plain["AUC"]


def test_copies_are_removed(case, monkeypatch):
    learned = []
    monkeypatch.setattr(case, "learned", lambda texts, **_: learned.append(texts))
    for name in ("exact copies removed", "near copies removed"):
        REMEDIES[name](case)
    exact, near = learned
    assert len({*exact}) == len(exact) and {*exact} == {*case.told}
    for texts, most in ((exact, 16), (near, 1)):
        often = [c for c in case.canaries if c.times == 16]
        for canary in often:
            own = [text for text in texts if f" {canary.owner} " in text]
            assert 1 <= len(own) <= most
    assert len(near) < len(exact) < len(case.told)


def test_a_scrubber_takes_telephones_and_names_and_leaves_codes():
    assert scrubbed_view("well vera has the phone 555-0173") == "well [NAME] has the phone [PHONE]"
    assert scrubbed_view("well vera has the door code 173") == "well [NAME] has the door code 173"
    text = "mara of lund bought 7 red lamps on monday"
    assert scrubbed_view(text) == "[NAME]" + text[4:]


def test_other_digits_are_drawn_and_all_else_stays(case):
    window = padded([ids_of(text) for text in case.told])
    other = with_other_digits(window, stream(0, "digits"))
    again = with_other_digits(window, stream(1, "digits"))
    digit = np.isin(window.ids, ids_of("0123456789"))
    np.testing.assert_array_equal(other.ids[~digit], window.ids[~digit])
    assert np.isin(other.ids[digit], ids_of("0123456789")).all()
    assert 0.05 < (other.ids[digit] == again.ids[digit]).mean() < 0.2
    inside = window.mask[:, 1:]
    np.testing.assert_array_equal(other.ids[:, 1:][inside], other.targets[:, :-1][inside])
    np.testing.assert_array_equal(other.targets == -100, window.targets == -100)


def test_with_epsilon_each_text_is_drawn_and_clipped_by_itself(case):
    window = padded([ids_of(text) for text in case.told])
    sizes = [
        len(batch.ids)
        for batch in case.batches(window, replace(FAST.training, steps=300), 0.2, False)
    ]
    n = len(case.told)
    assert np.mean(sizes) == pytest.approx(0.2 * n, rel=0.05)
    assert np.var(sizes) == pytest.approx(n * 0.2 * 0.8, rel=0.25)
    model = case.untrained(FAST.model)
    batch = next(case.batches(window, FAST.training, None, False))
    whole = gradients_of(losses_of(model, batch).mean(), model.parameters())
    assert all(np.isfinite(g).all() for g in whole)


@pytest.mark.guide("G54")
@pytest.mark.parametrize(
    ("remedy", "epsilon"),
    [("epsilon 8", 8.0), ("epsilon 2", 2.0), ("epsilon 2 behind public texts", 2.0)],
)
def test_the_promise_is_that_of_the_noise_the_rate_and_the_steps(
    case, remedy, epsilon, monkeypatch
):
    made = []

    class Noted(PrivateGradients):
        def __init__(self, **settings):
            made.append(settings)
            super().__init__(**settings)

    monkeypatch.setattr(privacy_case, "PrivateGradients", Noted)
    REMEDIES[remedy](case)
    (settings,) = made
    spent = epsilon_spent(
        rate=FAST.training.batch / len(case.told),
        noise=settings["noise"],
        steps=FAST.training.steps,
        delta=FAST.delta,
    )
    assert 0.99 * epsilon < spent.epsilon <= epsilon
    assert settings["expected"] == FAST.training.batch
    assert settings["clip"] == FAST.strengths.clip


@pytest.mark.parametrize(
    ("remedy", "off"),
    [
        ("weight decay", {"weight_decay": 0.0}),
        ("dropout", {"dropout": 0.0}),
        ("early stop", {"early": 150}),
        ("wider model", {"width": 16}),
    ],
)
def test_a_remedy_of_no_strength_is_the_baseline(case, remedy, off):
    weak = case.with_strengths(**off)
    np.testing.assert_allclose(weights(REMEDIES[remedy](weak)), weights(case.plain()), atol=1e-6)


def test_fine_tuning_begins_with_the_public_model_and_leaves_it(case):
    before = weights(case.reference()).copy()
    still = case.with_strengths(public_rate=0.0)
    tuned = REMEDIES["epsilon 2 behind public texts"](still)
    np.testing.assert_array_equal(weights(tuned), before)
    REMEDIES["epsilon 2 behind public texts"](case)
    np.testing.assert_array_equal(weights(case.reference()), before)


def test_members_are_in_the_texts_and_others_are_not_drawn_with_them(case):
    told = Counter(case.told)
    assert all(told[text] for text in case.records)
    assert len(case.public) == 3 * 60 and len(case.others) == 100
    assert sum(text in told for text in case.others) < 5
    assert case.longest <= 13 and len(WORDS) == case.plain().gpt.config.vocabulary_size


def test_the_controls_are_small_where_there_is_something(case):
    for name, control in CONTROLS.items():
        most = 4.0 if name == "never told" else 0.2  # of one seed, 2 secrets and 50 texts
        assert abs(control.measure(case)) < most, name
    assert exposures(case, case.plain()).shape == (6,)


def test_the_items_are_those_of_the_texts():
    case = Privacy(STUDY.settings, 0)
    assert len(case.records) == MEASURES["found at 1 %"].items == 800
    assert len(case.others) == MEASURES["loss, others"].items == 1200
    assert sum(c.times > 0 for c in case.canaries) == MEASURES["exposure"].items
    assert [*STUDY.headlines] == ["exposure", "AUC", "loss, others"]


def test_the_template_is_a_remedy_of_this_lab(case, tmp_path):
    path = tmp_path / "both.py"
    path.write_text(TEMPLATE, encoding="utf-8")
    lab, name = with_own_remedy(STUDY, path)
    assert {*MEASURES} < {*cell(lab, case, name).numbers}


@pytest.mark.slow
@pytest.mark.parametrize("name", CONTROLS)
def test_a_control_finds_nothing_at_full_size(name):
    cases = [Privacy(STUDY.settings, seed) for seed in range(200, 204)]
    found = [CONTROLS[name].measure(case) for case in cases]
    assert abs(np.mean(found)) < CONTROLS[name].margin
