"""The lab of the two lexicons: its data, its remedies, its measures and its controls."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.compare import cell
from minillm.labs.mismatch.lexicon import (
    CONTROLS,
    MEASURES,
    STUDY,
    TEMPLATE,
    both_learned,
    evaluate,
    scored,
)
from minillm.labs.mismatch.lexicon_case import Asked, Lexicon, Settings, Strengths
from minillm.labs.mismatch.lexicon_readers import Averaged, Dropped, Reader, Trained
from minillm.labs.mismatch.lexicon_remedies import REMEDIES
from minillm.labs.own_remedy import with_own_remedy
from minillm.labs.small_encoder import Encoder, Learning, probabilities
from minillm.labs.worlds.majorities import Reviews

FAST = Settings(
    learned=300,
    held=60,
    texts=500,
    tested=200,
    model=Encoder(width=16, n_heads=2, hidden=16, std=0.02),
    learning=Learning(steps=0, rate=1e-2),
    strengths=Strengths(steps=40, pretraining=200, few=8, many=40, times=2, width=24, members=3),
)


@pytest.fixture(scope="module")
def case():
    """What the remedies of one seed share."""
    return Lexicon(FAST, 0)


@pytest.fixture(scope="module")
def found(case):
    """What the lab says of the baseline and of the strongest remedies."""
    names = ("none", "synonyms", "128 of tools", "pretraining")
    return {name: evaluate(case, REMEDIES[name](case)) for name in names}


def weights(model):
    return np.concatenate([value.ravel() for value in model.state_dict().values()])


def of_tools(case, ids):
    """Which words are opinions in the words of tools."""
    return np.isin(ids, case.settings.world.opinions[1])


def test_books_are_learned_and_tools_are_asked_about(case):
    for reviews, share in ((case.many, 0), (case.held, 0), (case.tools, 1), (case.both, 1 / 2)):
        assert of_tools(case, reviews.ids)[:, 1::3].mean() == pytest.approx(share, abs=0.07)
    for tested, shift in zip(case.tested, FAST.shifts, strict=True):
        asked = of_tools(case, tested.reviews.ids)[:, 1::3].mean()
        assert asked == pytest.approx(shift, abs=0.07)
        assert (tested.told != tested.reviews.labels).sum() == 20
    np.testing.assert_array_equal(case.books.ids, case.many.ids[:300])
    with pytest.raises(ValueError, match="read-only"):
        case.tested[0].told[0] = 1


def test_every_remedy_reads_in_a_way_of_its_own(case):
    readers = [remedy(case) for remedy in REMEDIES.values()]
    assert all(isinstance(reader, Reader) for reader in readers)
    said = [reader.probabilities(case.tested[-1].reviews.ids) for reader in readers]
    assert len({p.tobytes() for p in said}) == len(said)
    for p in said:
        np.testing.assert_allclose(p.sum(axis=1), 1.0)


@pytest.mark.parametrize(
    ("remedy", "off"),
    [
        ("weight decay", {"weight_decay": 0.0}),
        ("dropout", {"dropout": 0.0}),
        ("label smoothing", {"smoothing": 0.0}),
        ("word dropout", {"word_dropout": 0.0}),
        ("synonyms", {"synonyms": 0.0}),
        ("32 of tools", {"few_share": 0.0}),
        ("128 of tools", {"many_share": 0.0}),
        ("pretraining", {"pretraining": 0}),
        ("more data", {"times": 1}),
    ],
)
def test_a_remedy_of_no_strength_is_the_baseline(remedy, off):
    weak = Lexicon(replace(FAST, strengths=replace(FAST.strengths, **off)), 0)
    found = REMEDIES[remedy](weak).encoder
    np.testing.assert_allclose(weights(found), weights(weak.plain()), atol=1e-6)


def test_with_other_steps_another_baseline_is_trained(case):
    other = case.with_strengths(steps=5)
    assert np.abs(weights(other.plain()) - weights(case.plain())).max() > 1e-3
    assert case.with_strengths(steps=FAST.strengths.steps).plain() is case.plain()


def test_of_a_batch_a_share_is_of_tools(case):
    learning = Learning(steps=50)
    drawn = [*case.batches(case.books, (case.tools, 0.25), learning, 0)]
    shares = [of_tools(case, batch.ids)[:, 1].mean() for batch in drawn]
    assert len(drawn) == 50 and np.mean(shares) == pytest.approx(0.25, abs=0.05)
    kept = {(*row, label) for row, label in zip(case.tools.ids, case.tools.labels, strict=True)}
    for row, label in zip(drawn[0].ids, drawn[0].labels, strict=True):
        assert not of_tools(case, row)[1] or (*row, label) in kept


def test_pretraining_tells_which_words_go_together_and_silent_texts_do_not(case):
    """The words of one side, of books and of tools, come to lie near each other."""

    def apart(model):
        words = model.tokens.weight.data[FAST.world.opinions].astype(float)
        words -= words.mean(axis=(0, 1, 2))
        books, tools = words.mean(axis=2)
        cosines = [[a @ b / np.linalg.norm(a) / np.linalg.norm(b) for b in tools] for a in books]
        return float(np.diff(cosines, axis=1) @ [1] @ [-1, 1])

    assert apart(case.pretrained()) > 1.0
    assert apart(case.pretrained(silent=True)) < 0.7
    assert case.pretrained() is case.pretrained()


def test_words_that_nobody_knows_cost_accuracy_and_calibration(found):
    plain = found["none"]
    assert plain["accuracy, books"] > 0.85 and plain["accuracy"] < 0.7
    assert plain["calibration error"] > plain["calibration error, books"]
    accuracies = np.array(plain["by shift"])[:, 0]
    assert accuracies[0] > accuracies[2] > accuracies[-1] - 0.02


@pytest.mark.guide("G45")
@pytest.mark.parametrize("remedy", ["synonyms", "128 of tools", "pretraining"])
def test_who_knows_of_the_other_words_helps(found, remedy):
    assert found[remedy]["accuracy"] > found["none"]["accuracy"] + 0.08


def test_what_is_evaluated_belongs_together(case, found):
    one = found["none"]
    assert {*MEASURES} < {*one} and np.shape(one["by shift"]) == (5, 3)
    np.testing.assert_allclose(
        one["by shift"][-1], [one[n] for n in ("accuracy", "calibration error", "-ln p")]
    )
    for place, error in ((0, "calibration error, books"), (1, "calibration error")):
        confidence, right, share = one["reliability"][place]
        assert share.sum() == pytest.approx(1)
        assert (share * np.abs(confidence - right)).sum() == pytest.approx(one[error])
    assert len(confidence) == FAST.bins


def test_accuracy_is_of_clean_labels_and_calibration_of_labels_as_they_come():
    p = np.array([[0.75, 0.25]] * 4)
    tested = Asked(Reviews(np.zeros((4, 1), int), np.zeros(4, int)), np.array([0, 0, 0, 1]))
    right, error, nats = scored(p, tested, bins=10)
    assert right == 1.0 and error == pytest.approx(0.0)
    assert nats == pytest.approx(-(3 * np.log(0.75) + np.log(0.25)) / 4)


def test_a_temperature_changes_how_sure_but_not_what_is_said(case):
    asked = case.tested[0].reviews.ids
    plain, cooled = (REMEDIES[name](case) for name in ("none", "temperature"))
    assert cooled.encoder is plain.encoder and cooled.temperature != 1.0
    p, q = plain.probabilities(asked), cooled.probabilities(asked)
    np.testing.assert_array_equal(p.argmax(axis=1), q.argmax(axis=1))
    np.testing.assert_allclose(np.log(q[:, 0] / q[:, 1]) * cooled.temperature,
                               np.log(p[:, 0] / p[:, 1]), atol=1e-5)  # fmt: skip


def test_an_ensemble_says_the_mean_and_one_is_none(case):
    asked, both = case.books.ids[:9], [case.plain(), case.untrained(FAST.model)]
    np.testing.assert_allclose(
        Averaged(both).probabilities(asked), sum(probabilities(m, asked) for m in both) / 2
    )
    assert len(REMEDIES["ensemble"](case).encoders) == 3
    first, other = (case.untrained(FAST.model, member) for member in (0, 1))
    assert np.abs(weights(first) - weights(other)).max() > 0.01
    np.testing.assert_array_equal(weights(first), weights(case.untrained(FAST.model)))
    drawn = [next(case.batches(case.books, None, Learning(), member)) for member in (0, 1)]
    assert (drawn[0].ids != drawn[1].ids).any()
    with pytest.raises(ValueError, match="at least 2 encoders are needed, got 1"):
        REMEDIES["ensemble"](case.with_strengths(members=1))


def test_asked_with_dropout_a_model_says_something_else_each_time(case):
    reader, asked = REMEDIES["asked with dropout"](case), case.books.ids[:50]
    one, other = (Dropped(reader.encoder, 1).probabilities(asked) for _ in range(2))
    assert np.abs(one - other).max() > 0.01
    exact = probabilities(reader.encoder, asked)
    many = Dropped(reader.encoder, 200).probabilities(asked)
    assert np.abs(many - exact).mean() < np.abs(one - exact).mean()
    with pytest.raises(ValueError, match=r"an encoder with dropout, got 10 and 0\.0"):
        Dropped(case.plain(), 10)
    with pytest.raises(ValueError, match="got 0 and"):
        Dropped(reader.encoder, 0)


def test_the_controls_find_nothing_where_there_is_something(case, found):
    longer = case.with_strengths(steps=80)  # of both, so many words want more of them
    for name, control in CONTROLS.items():
        assert abs(control.measure(longer)) < 0.2, name  # of one seed and 200 reviews
    gap = found["none"]["accuracy, books"] - found["none"]["accuracy"]
    assert gap > both_learned(longer, "accuracy") + 0.15


@pytest.mark.slow
@pytest.mark.parametrize("name", CONTROLS)
def test_a_control_finds_nothing_at_full_size(name):
    found = [CONTROLS[name].measure(Lexicon(STUDY.settings, seed)) for seed in range(200, 204)]
    assert abs(np.mean(found)) < CONTROLS[name].margin + 0.02


def test_the_items_are_those_of_the_reviews():
    assert {one.items for one in (*MEASURES.values(), *CONTROLS.values())} == {
        STUDY.settings.tested
    }
    assert [*STUDY.headlines] == ["accuracy", "calibration error"]


def test_the_template_is_a_remedy_of_this_lab(case, tmp_path):
    path = tmp_path / "both.py"
    path.write_text(TEMPLATE, encoding="utf-8")
    lab, name = with_own_remedy(STUDY, path)
    assert {*MEASURES} < {*cell(lab, case, name).numbers}
    reader = lab.remedies[name](case)
    assert isinstance(reader, Trained)
    assert np.abs(weights(reader.encoder) - weights(case.plain())).max() > 1e-3
