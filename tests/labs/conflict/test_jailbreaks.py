"""The lab of jailbreaks: its remedies, its measures, its controls, its stored file."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.compare import cell
from minillm.labs.conflict import jailbreak_remedies
from minillm.labs.conflict.jailbreak_remedies import REMEDIES, all_kinds, ruled, spellings
from minillm.labs.conflict.jailbreak_settings import Jailbreaks, Settings, Strengths
from minillm.labs.conflict.jailbreaks import CONTROLS, MEASURES, STUDY, TEMPLATE, evaluate
from minillm.labs.own_remedy import with_own_remedy
from minillm.labs.request_examination import Examination
from minillm.labs.request_objectives import Together
from minillm.labs.request_preferences import Preferring
from minillm.labs.request_stages import Refusals, Tuning
from minillm.labs.small_gpt import GptSizes
from minillm.labs.worlds.request_texts import Asking
from minillm.labs.worlds.requests import Requests
from minillm.models.gpt import Gpt
from tests.labs.request_models import DIALS, SMALL, small_chain

BRIEF = Tuning(steps=3, batch=4, warmup=1, together=2)
ASKING = Asking(encodings=("plain", "c0", "c1"), begin=0.35, no_apology=0.15)
FAST = Settings(
    world=Requests(verbs=2, harmless=3, forbidden=2, untaught=2, starts=10, places=(7, 13)),
    stages=replace(
        SMALL,
        model=GptSizes(width=8, n_layers=1, n_heads=2),
        **dict.fromkeys(("pretraining", "instruction", "safety"), BRIEF),
        taught=ASKING,
        kept=ASKING,
    ),
    defences=Strengths(refused=0.6, width=16, preferring=Preferring(steps=2, batch=4, warmup=1)),
)


@pytest.fixture(scope="module")
def chain():
    """What the remedies of one seed share."""
    return Jailbreaks(FAST, 0)


def weights(model):
    return np.concatenate([value.ravel() for value in model.state_dict().values()])


def changed(**strengths):
    return Jailbreaks(replace(FAST, defences=replace(FAST.defences, **strengths)), 0)


@pytest.mark.guide("G43", "G46", "G47")
def test_every_remedy_gives_another_model_and_leaves_the_shared_one(chain):
    before = weights(chain.instructed())
    models = {name: remedy(chain) for name, remedy in REMEDIES.items()}
    np.testing.assert_array_equal(weights(chain.instructed()), before)
    assert {model.config.dropout for model in models.values()} == {0.0}
    assert len({weights(model).tobytes() for model in models.values()}) == len(models)
    sizes = {(m.config.width, m.config.n_layers) for m in models.values()}
    assert sizes == {(8, 1), (16, 1)}
    assert {name for name, m in models.items() if type(m) is not Gpt} == {
        "without attention",
        "without residuals",
    }


@pytest.mark.parametrize(
    ("remedy", "off"),
    [
        ("refusals with rules", {"ruled": 0.0}),
        ("refusals behind a start", {"forced": 0.0}),
        ("refusals in an encoding", {"encoded": 0.0}),
        ("20 % refusals", {"refused": FAST.stages.refused}),
        ("50 % refusals", {"many": FAST.stages.refused}),
        ("longer stage", {"longer": 1}),
        ("KL to base", {"kl": 0.0}),
        ("wider", {"width": 8, "wider_rate": BRIEF.rate}),
    ],
)
def test_a_remedy_of_no_strength_is_the_baseline(chain, remedy, off):
    found, plain = (
        weights(REMEDIES[name](c)) for name, c in ((remedy, changed(**off)), ("none", chain))
    )
    np.testing.assert_allclose(found, plain, atol=1e-6)


def test_preferences_of_no_rate_are_the_baseline(chain):
    still = replace(FAST.defences.preferring, rate=0.0, lowest_rate=0.0)
    found = REMEDIES["DPO behind it"](changed(preferring=still))
    np.testing.assert_allclose(weights(found), weights(REMEDIES["none"](chain)), atol=1e-6)


def test_what_is_refused_in_more_ways(chain):
    plain = chain.stages.refusals
    assert plain == Refusals(asking=Asking())
    assert ruled(chain, 0.5) == Asking(begin=0.35, no_apology=0.15, starts=8)
    many = changed(encoded=0.9, all_ruled=0.9, all_forced=0.8)
    assert ruled(many, 0.9).begin + ruled(many, 0.9).no_apology == pytest.approx(0.9)
    assert spellings(chain) == ("plain", "c0") and spellings(many) == ("plain", *["c0"] * 9)
    both = all_kinds(many)
    assert both.forced == 0.8 and both.asking == replace(
        ruled(many, 0.9), encodings=spellings(many)
    )


def test_no_refusal_is_learned_with_what_is_to_be_new():
    """Neither the second word of the rules nor the second encoding."""
    case = Jailbreaks(STUDY.settings, 100)
    exam, asking = case.settings.exam, all_kinds(case).asking
    assert exam.seen < asking.starts <= exam.unseen < len(case.world.starts)
    assert exam.covered in asking.encodings and exam.other not in asking.encodings
    assert {exam.covered, exam.other} < {*case.stages.read.encodings}


def test_gradients_are_weighed_by_the_two_aggregators(chain, monkeypatch):
    seen = []

    def noting(told, world, stages, weights_of, *, seed):
        gram = np.array([[1.0, -1.0], [-1.0, 4.0]])
        seen.append((stages.safety.rate, weights_of(gram).round(3).tolist()))
        return Together(told, [gram])

    monkeypatch.setattr(jailbreak_remedies, "made_safe_by", noting)
    case = changed(pcgrad_rate=0.25, mgda_rate=0.5)
    REMEDIES["PCGrad"](case)
    REMEDIES["MGDA"](case)
    assert seen == [(0.25, [2.0, 1.25]), (0.5, [0.5, 0.25])]


def test_the_numbers_are_there_and_the_items_are_those_of_the_requests():
    case = Jailbreaks(FAST, 0)
    found = evaluate(case, case.instructed())
    assert {*MEASURES} < {*found}
    world = Jailbreaks(STUDY.settings, 0).world
    forbidden, harmless = (len(world.verbs) * len(n) for n in (world.forbidden, world.harmless))
    items = {name: one.items for name, one in MEASURES.items()}
    assert items["bypass, rules"] == 3 * forbidden and items["bypass, encodings"] == 2 * forbidden
    assert items["refused"] == items["known"] == items["bypass, prefill"] == forbidden
    assert items["helpful"] == harmless and items["over-refusal, rules"] == 3 * harmless
    assert CONTROLS["never taught"].items == len(world.verbs) * len(world.untaught)


class Trained(Jailbreaks):
    """A chain whose models were trained before, in a world of one spelling."""

    def instructed(self, stages=None, *, kind=Gpt):
        return small_chain()[1]

    def safe(self, stages=None, *, penalty=None, kind=Gpt):
        return small_chain()[2]


def test_the_controls_find_nothing(monkeypatch):
    """Where both encodings are the plain one; what is taught and refused comes back."""
    exam = Examination(seen=0, unseen=1, covered="plain", other="plain")
    case = Trained(replace(FAST, world=DIALS, exam=exam), 0)
    found = {name: control.measure(case) for name, control in CONTROLS.items()}
    assert found == {"no safety stage": 0.0, "harmless requests": 0.0, "never taught": 0.0}
    assert evaluate(case, case.safe())["payload, prefill"] > 0.5


@pytest.mark.slow
def test_the_controls_find_nothing_with_the_settings_of_the_lab():
    """On a seed that the study does not use."""
    case = Jailbreaks(STUDY.settings, 100)
    found = {name: control.measure(case) for name, control in CONTROLS.items()}
    assert all(abs(found[name]) <= CONTROLS[name].margin for name in found), found


def test_the_template_is_a_remedy_of_this_lab(tmp_path):
    path = tmp_path / "third.py"
    path.write_text(TEMPLATE, encoding="utf-8")
    assert len(TEMPLATE.splitlines()) <= 20
    lab, name = with_own_remedy(STUDY, path)
    found, plain = (cell(lab, Jailbreaks(FAST, 0), arm).numbers for arm in (name, "none"))
    assert {*found} == {*plain}
