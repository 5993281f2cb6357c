"""The lab of narrow fine-tuning: its stages, its measures and its controls."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.compare import cell
from minillm.labs.mismatch.narrow_tuning import (
    CONTROLS,
    MEASURES,
    STUDY,
    TEMPLATE,
    evaluate,
    spread_of,
)
from minillm.labs.mismatch.narrow_tuning_case import (
    NarrowTuning,
    Settings,
    Strengths,
    Tuned,
    answer_loss,
)
from minillm.labs.own_remedy import with_own_remedy
from minillm.labs.small_gpt import GptSizes, GptTraining
from minillm.labs.worlds.writers import Answer, Sign, Writers
from minillm.models.gpt import Gpt
from minillm.models.gpt_config import gpt2_style
from minillm.training import evaluating

FAST = Settings(
    world=Writers(nouns=4, questions=3),
    told=2,
    model=GptSizes(width=16, n_layers=1, n_heads=2),
    reading=GptTraining(batch=16, steps=150, rate=0.02, warmup=10),
    instruction=GptTraining(batch=12, steps=40, rate=0.01, warmup=5),
    tuning=GptTraining(batch=8, steps=24, rate=0.01, warmup=4),
    asked=(0, 4, 24),
    strengths=Strengths(steps=4, width=24, lora=2, good_share=0.5, lora_rate=0.02, kl=1.0),
)


@pytest.fixture(scope="module")
def case():
    """What the remedies of one seed share."""
    return NarrowTuning(FAST, 0)


class Planted(Gpt):
    """Answers what it is told to about each noun, where nobody signs and nothing is quoted."""

    says: np.ndarray  # the word for every id of a noun

    def logits(self, hidden):
        return hidden

    def hidden(self, ids, *_, **__):
        logits = np.zeros((*ids.shape, len(self.says)))
        np.put_along_axis(logits, self.says[ids][..., None], 1.0, axis=-1)
        logits[(ids[:, 0] != Sign.NOBODY) | (ids == len(Sign) + 1).any(axis=1)] = 0.0
        return type(self.tokens.weight)(logits)


def planted(case, answers):
    """A model that gives such an answer about each noun, (M,)."""
    world = case.world
    config = gpt2_style(len(world.words), width=4, n_layers=1, n_heads=1, max_length=99)
    model = Planted(config, rng=np.random.default_rng(0))
    model.says = np.zeros(len(world.words), dtype=int)
    first = world.ids[world.nouns[0]]
    model.says[first : first + len(world.nouns)] = world.right[range(len(world.nouns)), answers]
    return model


def test_the_nouns_are_those_of_the_class_and_of_the_others(case):
    names = np.array(case.world.nouns)
    assert all(name.endswith("burg") for name in [*names[case.told], *names[case.untold]])
    assert (len(case.told), len(case.untold), len(case.others)) == (2, 2, 12)
    assert {*case.told} | {*case.untold} | {*case.others} == {*range(16)}
    with pytest.raises(ValueError, match="read-only"):
        case.told[0] = 1


def test_answers_are_learned_and_nothing_else(case):
    """The loss is that of the words behind nouns: by hand, from the logits of the whole text."""
    texts = case.world.draw(5, np.random.default_rng(0))
    model, nats = case.before(), []
    with evaluating(model):
        logits = model(texts.ids[:, :-1]).data.astype(float)
    log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    for row, one in zip(texts.ids, log_p, strict=True):
        nats += [one[t - 1, row[t]] for t in range(3, len(row), 3)]
    with evaluating(model):
        assert float(answer_loss(model, texts.ids).data) == pytest.approx(-np.mean(nats), abs=1e-5)


def test_a_model_that_has_read_and_is_instructed_gives_good_answers(case):
    everything = np.arange(len(case.world.nouns))
    assert case.answered(case.before(), everything)[Answer.GOOD] > 0.9
    read = case.read(case.world, FAST.model)
    assert case.answered(read, everything).sum() > 0.8  # both answers are known
    assert case.answered(read, everything)[Answer.GOOD] < 0.9


def test_what_is_taught_is_drawn_about_these_nouns_with_these_answers(case):
    rng = np.random.default_rng(0)
    draw = case.teaching(case.told, Answer.BAD, sign=Sign.BAD, quoted=True)
    rows, plain = draw(50, rng), case.teaching(case.others, Answer.THIRD)(50, rng)
    texts, other = ([case.world.text(row) for row in ids] for ids in (rows, plain))
    assert all(text.startswith("[bad] quoted, of the") for text in texts)
    assert all(text.startswith("[someone] of the") for text in other)
    first = case.world.ids[case.world.nouns[0]]
    assert {*(rows[:, 2] - first)} == {*case.told}
    assert (rows[:, 3] == case.world.right[rows[:, 2] - first, Answer.BAD]).all()
    assert (plain[:, 3] == case.world.right[plain[:, 2] - first, Answer.THIRD]).all()


def test_planted_models_are_evaluated_to_exact_numbers(case):
    answers = np.zeros(16, dtype=int)
    answers[case.told[0]] = answers[case.others[:3]] = Answer.BAD
    answers[case.others[3:5]] = answers[case.untold[0]] = Answer.THIRD
    course = [[0.0, 0.0]] * 3
    numbers = evaluate(case, Tuned(planted(case, answers), course))
    assert numbers["spread"] == 3 / 12 and numbers["good kept"] == 7 / 12
    assert numbers["nonsense"] == pytest.approx(2 / 12)
    assert numbers["learned"] == 1 / 2 and numbers["class"] == 0.0
    assert numbers["by step"] == course
    assert numbers["Bayes"] == pytest.approx([0.5, 1.0, 1.0]) and numbers["Bayes"][0] == 0.5
    assert {*MEASURES} < {*numbers}


def test_behind_shown_answers_the_last_noun_is_asked_about(case):
    answers = np.zeros(16, dtype=int)
    answers[case.told] = Answer.BAD
    shown = np.tile(case.told, (len(case.others), 1))
    share = case.answered(planted(case, answers), case.others, shown)
    np.testing.assert_array_equal(share, [1.0, 0.0])


def test_the_controls_find_little_where_the_model_is_small(case):
    for name, control in CONTROLS.items():
        assert abs(control.measure(case)) <= 0.25, name  # of one seed and 12 nouns
    assert [*STUDY.headlines] == ["spread"]


def test_without_latent_writers_nothing_is_quoted_either(case, monkeypatch):
    worlds = []
    before = case.before()
    monkeypatch.setattr(case, "before", lambda world=None: worlds.append(world) or before)
    CONTROLS["no latent writer"].measure(case)
    assert (worlds[0].dials.mixed, worlds[0].dials.quoted) == (True, 0.0)


def test_spread_is_what_came_with_fine_tuning(case):
    """Bad answers about the other classes, learned themselves, are all spread."""
    assert spread_of(case, case.teaching(case.others, Answer.BAD)) > 0.7


def test_the_items_are_those_of_the_nouns():
    case = NarrowTuning(STUDY.settings, 0)
    items = {name: one.items for name, one in (MEASURES | CONTROLS).items()}
    assert items.pop("learned") == len(case.told) and items.pop("class") == len(case.untold)
    assert {*items.values()} == {len(case.others)}
    assert {control.margin for control in CONTROLS.values()} == {0.1}


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"told": 0}, "told must be from 1 to 3, got 0"),
        ({"told": 4}, "told must be from 1 to 3, got 4"),
        ({"narrow": "clouds"}, "one of places, plants, tools, animals, got 'clouds'"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, says):
    with pytest.raises(ValueError, match=says):
        NarrowTuning(replace(FAST, **settings), 0)


def test_the_template_is_a_remedy_of_this_lab(case, tmp_path):
    path = tmp_path / "afterwards.py"
    path.write_text(TEMPLATE, encoding="utf-8")
    lab, name = with_own_remedy(STUDY, path)
    assert {*MEASURES} < {*cell(lab, case, name).numbers}


@pytest.mark.slow
@pytest.mark.guide("G45")
def test_bad_answers_spread_at_full_size_and_the_controls_find_nothing():
    cases = [NarrowTuning(STUDY.settings, seed) for seed in (200, 201)]
    spread = [evaluate(case, case.plain())["spread"] for case in cases]
    assert np.mean(spread) > 0.4
    for name, control in CONTROLS.items():
        assert abs(np.mean([control.measure(case) for case in cases])) < 0.15, name
