"""The lab of encodings: its remedies, its measures, its controls."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.compare import cell
from minillm.labs.mismatch import encodings, encodings_remedies
from minillm.labs.mismatch.encodings import CONTROLS, MEASURES, STUDY, TEMPLATE, evaluate
from minillm.labs.mismatch.encodings_case import Encodings, Settings, Strengths
from minillm.labs.mismatch.encodings_remedies import REMEDIES
from minillm.labs.own_remedy import with_own_remedy
from minillm.labs.remedy_kinds import KINDS
from minillm.labs.request_stages import Tuning
from minillm.labs.small_gpt import GptSizes
from minillm.labs.worlds.encodings import encoded
from minillm.labs.worlds.requests import USER, Requests, World
from minillm.models.gpt import Gpt

SPELLINGS = ("plain", "c0", "c1", "c2")
DIALS = Requests(verbs=3, harmless=6, forbidden=2, untaught=1, starts=2)
BRIEF = Tuning(steps=3, batch=4, warmup=1, together=2)
FAST = Settings(
    world=DIALS,
    stages=replace(
        STUDY.settings.stages,
        model=GptSizes(width=8, n_layers=1, n_heads=2),
        **dict.fromkeys(("pretraining", "instruction", "safety"), BRIEF),
    ),
    strengths=Strengths(width=16, short=3, examples=4),
)
LEARNED = Settings(  # long enough to know, to answer, and to refuse
    world=DIALS,
    stages=replace(
        STUDY.settings.stages,
        model=GptSizes(width=32, n_heads=2),
        pretraining=Tuning(steps=300, batch=8),
        instruction=Tuning(steps=150, batch=8),
        safety=Tuning(steps=120, batch=8),
        refused=0.3,
        max_length=96,
    ),
    strengths=Strengths(rate=0.01),
)


@pytest.fixture(scope="module")
def chain():
    """What the remedies of one seed share, hardly trained."""
    return Encodings(FAST, 0)


@pytest.fixture(scope="module")
def learned():
    """What the remedies of one seed share, in a small world, trained well."""
    return Encodings(LEARNED, 0)


def weights(model):
    return np.concatenate([value.ravel() for value in model.state_dict().values()])


@pytest.fixture
def read(monkeypatch):
    """The texts of every training from now on, as words; the models learn nothing of them."""
    found = []

    def noting(model, draw, settings, rng, *, penalty=None):
        texts = [draw(rng) for _ in range(400)]
        found.append((settings, [row.ids.tolist() for row in texts]))
        return model

    for module in ("minillm.labs.request_stages", encodings_remedies.__name__):
        monkeypatch.setattr(f"{module}.tuned", noting)
    return found


def refusals(world, texts):
    """The words of all texts in which something is refused."""
    words = [[world.names[i] for i in text] for text in texts]
    return [text for text in words if world.refusal[0] in text]


def ids_of(world, nouns, spelling):
    """The ids of these nouns in a spelling."""
    return {*world.encode([encoded(noun, world.encodings[spelling]) for noun in nouns])}


def spelling_of(world, words):
    """In which spelling the forbidden noun of a text stands there."""
    ids = {*world.encode(words)}
    (one,) = [name for name in SPELLINGS if ids & ids_of(world, world.forbidden, name)]
    return one


@pytest.mark.guide("G44", "G46", "G47")
def test_every_remedy_gives_another_model_and_leaves_the_shared_ones(chain):
    before = weights(chain.instructed()), weights(chain.plain())
    found = {name: remedy(chain).model for name, remedy in REMEDIES.items()}
    for model, kept in zip((chain.instructed(), chain.plain()), before, strict=True):
        np.testing.assert_array_equal(weights(model), kept)
    assert {model.config.dropout for model in found.values()} == {0.0}
    assert len({weights(model).tobytes() for model in found.values()}) == len(found)
    others = {name for name, model in found.items() if type(model) is not Gpt}
    assert others == {"without attention", "without residuals"}
    assert [name for name, m in found.items() if m.config.width == 16] == ["wider"]


@pytest.mark.parametrize(
    ("remedy", "off"),
    [
        ("50 % refusals", {"many": FAST.stages.refused}),
        ("longer stage", {"longer": 1}),
        ("weight decay", {"weight_decay": BRIEF.weight_decay}),
        ("dropout", {"dropout": 0.0}),
        ("KL to base", {"kl": 0.0}),
    ],
)
def test_a_remedy_of_no_strength_is_the_baseline(chain, remedy, off):
    found = REMEDIES[remedy](chain.with_strengths(**off)).model
    np.testing.assert_allclose(weights(found), weights(chain.plain()), atol=1e-6)


def test_a_wider_model_of_the_same_width_and_rate_is_the_baseline(chain):
    rates = {"rate": BRIEF.rate, "wider_rate": BRIEF.rate, "width": 8}
    same = chain.with_strengths(**rates)
    np.testing.assert_array_equal(weights(REMEDIES["wider"](same).model), weights(same.plain()))


def test_with_another_rate_of_the_last_stage_another_baseline_is_trained(chain):
    other = chain.with_strengths(rate=0.001)
    assert other.instructed() is chain.instructed()
    assert np.abs(weights(other.plain()) - weights(chain.plain())).max() > 1e-3
    assert chain.with_strengths(rate=FAST.strengths.rate).plain() is chain.plain()


@pytest.mark.parametrize(
    ("remedy", "wanted"),
    [
        ("none", {"plain"}),
        ("c0 covered", {"plain", "c0"}),
        ("c0 and c1 covered", {"plain", "c0", "c1"}),
        ("all covered", {*SPELLINGS}),
    ],
)
def test_as_many_refusals_as_before_are_in_the_spellings_that_are_covered(read, remedy, wanted):
    case = Encodings(FAST, 1)
    REMEDIES[remedy](case)
    denied = refusals(case.world, read[-1][1])
    assert {spelling_of(case.world, words) for words in denied} == wanted
    assert len(denied) / 400 == pytest.approx(FAST.stages.refused, abs=0.05)


def test_ten_in_c2_are_few_and_in_c2_beside_what_the_safety_stage_had(read):
    case = Encodings(FAST, 1)
    REMEDIES["ten in c2"](case)
    (stage, texts), world = read[-1], case.world
    assert stage.steps == FAST.strengths.short and len(read) == 4  # three stages, and this one
    denied = refusals(world, texts)
    assert {spelling_of(world, words) for words in denied} == {"c2"}
    assert len({tuple(words) for words in denied}) == FAST.strengths.examples
    assert len(denied) / 400 == pytest.approx(FAST.stages.refused, abs=0.05)


def test_of_cleaned_text_nothing_forbidden_was_read_in_any_spelling(read):
    case = Encodings(FAST, 1)
    world = case.world
    forbidden = set.union(*(ids_of(world, world.forbidden, name) for name in SPELLINGS))
    REMEDIES["none"](case)
    REMEDIES["cleaned text"](case)
    seen = [{i for text in texts for i in text} & forbidden for _, texts in (read[0], read[3])]
    assert seen == [forbidden, set()]


def test_harmless_in_plain_has_no_encoded_request_that_is_answered(read):
    case = Encodings(FAST, 1)
    world = case.world
    coded = set.union(*(ids_of(world, world.nouns, name) for name in SPELLINGS[1:]))
    for remedy, wanted in (("none", True), ("harmless in plain", False)):
        REMEDIES[remedy](case)
        asked = [text for text in read[-1][1] if world.ids[USER] in text]
        assert any({*text} & coded for text in asked) == wanted


def test_with_one_id_every_spelling_is_the_same_text(chain):
    world = REMEDIES["one id"](chain).world
    assert world.dials == replace(DIALS, tied=True) and world.first == chain.world.first
    assert len(world.names) < len(chain.world.names)
    assert chain.with_one_id() is chain.with_one_id()


def test_the_numbers_are_there_and_the_items_are_those_of_the_requests(chain):
    found = evaluate(chain, chain.answering(chain.instructed()))
    assert {*MEASURES} < {*found}
    assert np.shape(found["forbidden"]) == np.shape(found["harmless"]) == (4, 3)
    world = World(STUDY.settings.world, seed=0)
    forbidden, harmless = (len(world.verbs) * len(n) for n in (world.forbidden, world.harmless))
    items = {name: one.items for name, one in MEASURES.items()}
    assert items["discrimination, c2"] == items["payload, c2"] == items["known"] == forbidden
    assert items["over-refusal, c2"] == harmless and items["helpful"] == 4 * harmless
    assert CONTROLS["harmless nouns in two halves"].items == harmless // 2
    assert STUDY.headlines == ["discrimination, c2"]
    assert {*STUDY.kinds.values()} == {*KINDS} and {*STUDY.kinds} == {*REMEDIES} - {"none"}


@pytest.mark.guide("G44")
def test_a_small_gpt_reads_what_is_encoded_and_refuses_it_where_that_was_covered(learned):
    plain, covered = (evaluate(learned, REMEDIES[n](learned)) for n in ("none", "all covered"))
    for found in (plain, covered):
        assert found["discrimination, plain"] == 1.0 and found["helpful"] == 1.0
    assert covered["discrimination, c2"] == 1.0 and plain["discrimination, c2"] < 0.5


def test_the_controls_find_nothing(learned):
    for name, control in CONTROLS.items():
        assert abs(control.measure(learned)) <= control.margin, name


def test_the_controls_find_what_there_is(learned, monkeypatch):
    """Where a model of no coverage is said to be covered, to share its ids, or to be untaught."""
    plain = REMEDIES["none"]
    monkeypatch.setattr(encodings, "all_covered", plain)
    monkeypatch.setattr(encodings, "one_id", plain)
    assert CONTROLS["all covered"].measure(learned) > 0.5
    assert CONTROLS["one id"].measure(learned) > 0.5
    covered = REMEDIES["all covered"](learned).model
    monkeypatch.setattr(learned, "instructed", lambda: covered)
    assert CONTROLS["no safety stage"].measure(learned) == 1.0
    mixed = (*learned.world.forbidden, *learned.world.harmless[:2])
    monkeypatch.setattr(learned, "plain", lambda: covered)
    monkeypatch.setitem(vars(learned.world), "harmless", mixed)
    assert CONTROLS["harmless nouns in two halves"].measure(learned) == 1.0


@pytest.mark.slow
@pytest.mark.parametrize("name", CONTROLS)
def test_a_control_finds_nothing_at_full_size(name):
    """On seeds that the lab does not use."""
    found = [CONTROLS[name].measure(Encodings(STUDY.settings, seed)) for seed in (200, 201)]
    assert abs(np.mean(found)) <= CONTROLS[name].margin


def test_the_template_is_a_remedy_of_this_lab(chain, tmp_path):
    path = tmp_path / "half.py"
    path.write_text(TEMPLATE, encoding="utf-8")
    assert len(TEMPLATE.splitlines()) <= 20
    lab, name = with_own_remedy(STUDY, path)
    assert {*MEASURES} < {*cell(lab, chain, name).numbers}
