"""The lab of lengths: its data, its remedies, its measures and its controls."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.compare import cell
from minillm.labs.mismatch import length
from minillm.labs.mismatch.length import CONTROLS, MEASURES, STUDY, TEMPLATE, evaluate, numbers
from minillm.labs.mismatch.length_case import Length, Settings, Strengths
from minillm.labs.mismatch.length_model import Sizes
from minillm.labs.mismatch.length_readers import Pair, Reader, Scattered, scattered
from minillm.labs.mismatch.length_remedies import REMEDIES
from minillm.labs.own_remedy import with_own_remedy
from minillm.labs.worlds.lengths import TASKS

FAST = Settings(
    learned=1500,
    tested=200,
    model=Sizes(width=16, n_heads=4, hidden=32),
    batch=32,
    strengths=Strengths(steps=250, rate=1e-2, alibi_rate=1e-2, tuning_steps=20, times=2, width=24),
)
BRIEF = replace(FAST, learned=100, tested=20, strengths=replace(FAST.strengths, steps=8))


@pytest.fixture(scope="module")
def case():
    """What the remedies of one seed share."""
    return Length(FAST, 0)


@pytest.fixture(scope="module")
def found(case):
    """What the lab says of the baseline and of some remedies."""
    names = ("none", "ALiBi", "without attention", "cut to 12 words")
    return {name: evaluate(case, REMEDIES[name](case)) for name in names}


def weights(decoder):
    return np.concatenate([value.ravel() for value in decoder.state_dict().values()])


def n_words(ids):
    return (ids != 0).sum(axis=1) - 1


class Knows(Reader):
    """Says the right label of a task of the texts that have at most so many words."""

    def __init__(self, world, task, longest):
        self.world, self.task, self.longest = world, task, longest

    def scores(self, ids):
        sides = self.world.side(ids)
        found = [row[row >= 0][-1 if self.task == "last" else 0] for row in sides]
        known = n_words(ids) <= self.longest
        return np.eye(2)[np.where(known, found, 1 - np.array(found))]


def test_short_texts_are_learned_and_longer_ones_are_asked_about(case):
    for texts in (case.short, case.many):
        assert (n_words(texts.ids).min(), n_words(texts.ids).max()) == (4, 12)
    for texts, ends in ((case.long, (24, 48)), (case.all, (4, 48))):
        counts = n_words(texts.ids)
        assert ends[0] <= counts.min() < counts.max() <= ends[1]
        assert counts.mean() == pytest.approx(np.mean(ends), abs=2)
    for texts, n in zip(case.tested, FAST.lengths, strict=True):
        assert (n_words(texts.ids) == n).all() and len(texts.ids) == 200
    np.testing.assert_array_equal(case.short.ids, case.many.ids[:1500])
    assert len(case.many.ids) == 3000 and len(case.long.ids) == 200
    with pytest.raises(ValueError, match="read-only"):
        case.tested[0].labels[0] = 1


def test_every_measure_is_the_accuracy_of_its_task_at_its_length(case):
    world = FAST.world
    pair = Pair(Knows(world, "last", 12), Knows(world, "first", 24))
    one = evaluate(case, pair)
    assert one["by length"] == [[1.0, 1.0], [0.0, 1.0], [0.0, 0.0]]
    assert {name: one[name] for name in MEASURES} == {
        "accuracy at 12, last": 1.0,
        "accuracy at 12, first": 1.0,
        "accuracy at 24, last": 0.0,
        "accuracy at 24, first": 1.0,
        "accuracy at 48, last": 0.0,
        "accuracy at 48, first": 0.0,
    }
    half = Pair(Knows(world, "last", 12), Knows(world, "last", 12))
    agree = (case.tested[0].labels[:, 0] == case.tested[0].labels[:, 1]).mean()
    found = numbers(half, case.tested[0])
    np.testing.assert_allclose(found[:, 0], [1.0, agree])
    sure, unsure = np.log1p(np.exp(-1.0)), np.log1p(np.exp(1.0))  # scores of 1 and 0
    np.testing.assert_allclose(found[:, 1], [sure, agree * sure + (1 - agree) * unsure])
    np.testing.assert_allclose(one["-ln p by length"], [[sure, sure], [unsure, sure], [unsure] * 2])


def test_every_remedy_reads_in_a_way_of_its_own():
    brief = Length(BRIEF, 0)
    said = {}
    for name, remedy in REMEDIES.items():
        pair = remedy(brief)
        assert isinstance(pair, Pair) and all(isinstance(one, Reader) for one in pair)
        said[name] = [one.scores(brief.tested[-1].ids).tobytes() for one in pair]
    assert all(len({one[task] for one in said.values()}) == len(REMEDIES) for task in (0, 1))
    assert all(last != first for last, first in said.values())


@pytest.mark.parametrize(
    ("remedy", "off"),
    [
        ("weight decay", {"weight_decay": 0.0}),
        ("dropout", {"dropout": 0.0}),
        ("200 long texts", {"long_share": 0.0}),
        ("fine-tuned on 50 long", {"tuning_steps": 0}),
        ("more data", {"times": 1}),
        ("wider model", {"width": 16, "wider_rate": 1e-2}),
    ],
)
def test_a_remedy_of_no_strength_is_the_baseline(remedy, off):
    hidden = replace(BRIEF.model, hidden=64)  # as the wider model has it: 4 times its width
    settings = replace(BRIEF, model=hidden, strengths=replace(BRIEF.strengths, **off))
    weak = Length(settings, 0)
    for reader, task in zip(REMEDIES[remedy](weak), TASKS, strict=True):
        np.testing.assert_allclose(weights(reader.decoder), weights(weak.plain(task)), atol=1e-6)


@pytest.mark.parametrize(
    ("remedy", "rate"),
    [
        ("none", "rate"),
        ("sinusoidal", "sinusoidal_rate"),
        ("rotary", "rotary_rate"),
        ("ALiBi", "alibi_rate"),
        ("no positions", "none_rate"),
        ("wider model", "wider_rate"),
        ("random offsets", "shifted_rate"),
        ("randomised positions", "scattered_rate"),
        ("weight decay", "rate"),
    ],
)
def test_each_kind_of_positions_learns_at_its_own_rate(remedy, rate):
    one = Length(replace(BRIEF, strengths=replace(BRIEF.strengths, steps=2)), 0)
    slow = REMEDIES[remedy](one.with_strengths(**{rate: 1e-9})).last.decoder
    start = one.untrained("last", slow.sizes)
    np.testing.assert_allclose(weights(slow), weights(start), atol=1e-6)
    assert np.abs(weights(REMEDIES[remedy](one).last.decoder) - weights(start)).max() > 1e-4


def test_random_places_train_all_of_the_table():
    brief = Length(BRIEF, 0)
    start = brief.untrained("last", BRIEF.model).places.weight.data
    for remedy in ("random offsets", "randomised positions"):
        moved = np.abs(REMEDIES[remedy](brief).last.decoder.places.weight.data - start)
        assert (moved.max(axis=1) > 1e-4).all()
    moved = np.abs(brief.plain("last").places.weight.data - start).max(axis=1)
    assert (moved[:13] > 1e-4).all() and (moved[13:] == 0).all()
    reader = REMEDIES["randomised positions"](brief).last
    assert isinstance(reader, Scattered) and reader.seed == 0


def test_a_share_of_the_batches_is_of_long_texts(case):
    drawn = [*case.batches("last", case.short, 0.25, 400)]
    long = np.array([batch.ids.shape[1] == 49 for batch in drawn])
    assert len(drawn) == 400 and long.mean() == pytest.approx(0.25, abs=0.06)
    kept = {row.tobytes() for row in case.long.ids}
    assert all(row.tobytes() in kept for row in drawn[int(long.argmax())].ids)
    again = [*case.batches("first", case.short, 0.25, 1)]
    assert again[0].ids.tobytes() != drawn[0].ids.tobytes()


def test_the_few_long_texts_are_the_first_of_the_many(case, monkeypatch):
    learned = []
    monkeypatch.setattr(
        Length, "learned", lambda self, task, texts, **options: learned.append((texts, options))
    )
    monkeypatch.setattr(Length, "plain", lambda self, task: task)
    REMEDIES["fine-tuned on 50 long"](case)
    for (texts, options), task in zip(learned, TASKS, strict=True):
        np.testing.assert_array_equal(texts.ids, case.long.ids[:50])
        assert options == {"steps": 20, "start": task}


@pytest.mark.guide("G45")
def test_on_longer_texts_learned_places_lose_and_a_bias_of_distance_does_not(found):
    plain, alibi = found["none"], found["ALiBi"]
    assert plain["accuracy at 12, last"] > 0.85 and plain["accuracy at 48, last"] < 0.65
    assert alibi["accuracy at 48, last"] > 0.8 > plain["accuracy at 48, first"] + 0.05
    assert abs(alibi["accuracy at 48, last"] - alibi["accuracy at 12, last"]) < 0.1


def test_who_sees_no_other_word_tosses(found):
    blind = np.array(found["without attention"]["by length"])
    assert np.abs(blind - 0.5).max() < 0.12


def test_who_is_shown_the_end_keeps_the_last_opinion_and_loses_the_first(case, found):
    cut, plain = found["cut to 12 words"], found["none"]
    assert cut["by length"][0] == plain["by length"][0]
    assert cut["accuracy at 48, last"] > plain["accuracy at 12, last"] - 0.07
    assert abs(cut["accuracy at 48, first"] - 0.5) < 0.12


def test_the_controls_find_nothing_where_there_is_something(case, found):
    plain = found["none"]
    gaps = [plain[f"accuracy at 12, {t}"] - plain[f"accuracy at 48, {t}"] for t in TASKS]
    assert np.mean(gaps) > 0.2
    assert CONTROLS["trained on all lengths"].measure(case) < np.mean(gaps) - 0.05
    for name in ("no shift", "labels tossed"):
        assert abs(CONTROLS[name].measure(case)) < 0.08, name  # of one seed and 200 texts


def test_tossed_labels_tell_nothing_of_the_right_ones(case, monkeypatch):
    learned = []
    monkeypatch.setattr(
        Length, "learned", lambda self, task, texts=None, **options: learned.append(texts)
    )
    monkeypatch.setattr(length, "both", lambda pair, tested: 0.5)
    assert CONTROLS["labels tossed"].measure(case) == 0.0
    for texts in learned:
        np.testing.assert_array_equal(texts.ids, case.short.ids)
        assert (texts.labels == case.short.labels).mean() == pytest.approx(0.5, abs=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("name", CONTROLS)
def test_a_control_finds_nothing_at_full_size(name):
    found = [CONTROLS[name].measure(Length(STUDY.settings, seed)) for seed in (200, 201)]
    assert abs(np.mean(found)) < CONTROLS[name].margin + 0.05


def test_the_items_and_the_names_are_those_of_the_settings():
    assert {one.items for one in MEASURES.values()} == {STUDY.settings.tested}
    assert {one.items for one in CONTROLS.values()} == {2 * STUDY.settings.tested}
    assert [str(n) for n in STUDY.settings.lengths] == length.NAMED
    assert [*STUDY.headlines] == ["accuracy at 48, last", "accuracy at 48, first"]


def test_the_template_is_a_remedy_of_this_lab(tmp_path):
    path, brief = tmp_path / "own.py", Length(BRIEF, 0)
    path.write_text(TEMPLATE, encoding="utf-8")
    lab, name = with_own_remedy(STUDY, path)
    assert {*MEASURES} < {*cell(lab, brief, name).numbers}
    sizes = lab.remedies[name](brief).first.decoder.sizes
    assert sizes.positions == "ALiBi" and sizes.dropout == 0.1


def test_places_of_a_training_are_drawn_for_each_batch(monkeypatch):
    brief, seen = Length(BRIEF, 0), []

    def noting(ids, longest, rng):
        seen.append((ids.shape, longest))
        return scattered(ids, longest, rng)

    brief.learned("last", places=noting, steps=3)
    assert seen == [((32, 13), 64)] * 3
