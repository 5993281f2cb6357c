"""The study of denials: what is asked, what is shown, and who has understood."""

import re
from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.mismatch import denials
from minillm.labs.mismatch.denials import STUDY, drawn, drill, table
from minillm.labs.two_stages import Sizes
from minillm.labs.worlds.denials import Denials
from minillm.text import Example
from tests.labs.mismatch.test_single_clauses import OPPOSITE
from tests.labs.planted_models import PlantedStages, Says
from tests.labs.worlds.test_denials import DENYING, said

SMALL = replace(
    STUDY.settings, sizes=Sizes(60, 20, 30, 60), read=5, few=(4, 10), tested=20, drilled=30
)
KINDS = Denials().kinds


def holds(text):
    """Takes every opinion as it is said."""
    return said("en", text)


def denies(text):
    """Takes every single clause for a denial."""
    return OPPOSITE[holds(text)]


def understands(*kinds):
    """Knows the words of these kinds of denial."""
    words = "|".join(DENYING["en"][kind] for kind in kinds)
    return lambda text: (denies if re.search(words, text, re.IGNORECASE) else holds)(text)


def test_who_is_right_on_one_half_has_understood_nothing():
    tested = drawn(SMALL, 0).tested
    assert table(Says(denies), tested) == [[1.0] * 5, [0.0] * 5, [0.0] * 5]
    assert table(Says(holds), tested) == [[0.0] * 5, [1.0] * 5, [0.0] * 5]
    assert table(Says(understands("call", "never")), tested) == [
        [1.0, 0.0, 1.0, 0.0, 0.0], [1.0] * 5, [1.0, 0.0, 1.0, 0.0, 0.0]
    ]  # fmt: skip


def test_what_is_asked_is_neither_shown_nor_read():
    kinds = drawn(SMALL, 3)
    asked = {one.text for twins in kinds.tested.values() for pair in twins for one in pair}
    shown = {one.text for few in kinds.shown.values() for one in few[:10]}
    read = {*kinds.read}
    assert len(asked) == 200 and len(shown) == 50 and len(read) == 50
    assert not asked & shown and not asked & read and not shown & read
    labels = [one.label for one in kinds.shown["call"][:4]]
    assert sorted(labels) == ["negative", "negative", "positive", "positive"]
    with pytest.raises(ValueError, match="1755 twins of 'call' are needed, got 1680"):
        drawn(replace(SMALL, tested=1745), 3)


def test_a_few_examples_are_seen_as_often_as_many():
    few = [Example(str(i), "positive") for i in range(4)]
    drilled = drill(few, 10)
    assert [one.text for one in drilled] == list("0123012301")
    assert drill([], 10) == []


@pytest.fixture
def planted(monkeypatch):
    """Nobody trains: a further training teaches the kinds that its examples are of."""
    noted, learned = [], []
    says = PlantedStages(lambda changes: denies, noted)
    monkeypatch.setattr(denials, "TwoStages", says)

    def gone_on(base, settings, examples, seed):
        learned.append(examples)
        found = [k for k in KINDS if any(re.search(DENYING["en"][k], t, re.I) for t, _ in examples)]
        return Says(understands(*found) if found else holds)

    monkeypatch.setattr(denials, "gone_on", gone_on)
    monkeypatch.setattr(denials, "bag", lambda base, texts, few: Says(denies if few else holds))
    return noted, learned


def test_each_arm_stands_under_its_name(planted):
    noted, _ = planted
    found = STUDY.measure(SMALL, 0)
    assert len(found) == 2 * (2 * 3 + 2 * 5 * 3)
    for dial in ("without", "with"):
        assert found[f"{dial}, BERT"].tolist() == [[1.0] * 5, [0.0] * 5, [0.0] * 5]
        assert found[f"{dial}, bag"].tolist() == [[0.0] * 5, [1.0] * 5, [0.0] * 5]
        assert found[f"{dial}, BERT, more grammar"].shape == (3, 5)
        for n in (4, 10):
            for i, kind in enumerate(KINDS):
                taught = found[f"{dial}, BERT, {n} of {kind}"]
                assert taught[2].tolist() == np.eye(5)[i].tolist()
                assert found[f"{dial}, bag, {n} of {kind}"][0].tolist() == [1.0] * 5
    trained = [one for one in noted if "train" in one]
    assert [one["seed"] for one in trained] == [0, 0]
    assert all(len(one["extra"]) == 60 + 50 for one in trained)
    assert all(set(drawn(SMALL, 0).read) <= {*one["extra"]} for one in trained)


def test_a_few_examples_stand_beside_as_many_reviews(planted):
    noted, learned = planted
    STUDY.measure(SMALL, 0)
    grammar = {e.text for one in noted if "train" in one for e in one["train"]}
    more, *few = learned[:11]
    assert len(more) == 60 and {one.text for one in more} <= grammar
    shown = drawn(SMALL, 0).shown
    for examples, (n, kind) in zip(few, [(n, k) for n in (4, 10) for k in KINDS], strict=True):
        assert examples[:30] == more[:30]
        assert {*examples[30:]} == {*shown[kind][:n]} and len(examples) == 60


def test_a_model_goes_on_under_its_own_head():
    """It learns what it is shown, and without a pass it stays as it is."""
    settings = replace(SMALL, recipe=replace(SMALL.recipe, width=16, n_layers=1, pretrain_epochs=0))
    texts = denials.draw_texts("sentiment", "en", settings.sizes, seed=0)
    kinds = drawn(settings, 0)
    stages = denials.TwoStages(
        texts.corpus.train, [*texts.extra, *kinds.read], settings.recipe, seed=0
    )
    base, few = stages.finetuned(), kinds.shown["call"][:10]
    asked = [one.text for one in few]
    before = base.predict_probabilities(asked)
    still = denials.gone_on(base, replace(settings, more=denials.More(epochs=0.0)), few, 0)
    np.testing.assert_allclose(still.predict_probabilities(asked), before, atol=1e-6)
    taught = denials.gone_on(
        base, replace(settings, more=denials.More(epochs=90.0)), drill(few, 30), 0
    )
    assert denials.right(taught, few) > 0.8 > denials.right(base, few)
    np.testing.assert_allclose(base.predict_probabilities(asked), before)
    bag = denials.bag(base, texts, drill(few, 60))
    assert denials.right(bag, few) > denials.right(denials.bag(base, texts, []), few)
    with pytest.raises(ValueError, match="base must have a BERT"):
        denials.gone_on(type("Other", (), {"model": bag.model})(), settings, few, 0)
