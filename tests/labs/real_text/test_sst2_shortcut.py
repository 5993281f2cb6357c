"""The study of tagged reviews, on a few lines that stand for them."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.real_text import sst2_shortcut_case, sst2_shortcut_remedies
from minillm.labs.real_text.sst2_shortcut import evaluate, measure
from minillm.labs.real_text.sst2_shortcut_case import TaggedReviews, TagReader, by_group
from minillm.labs.real_text.sst2_shortcut_remedies import REMEDIES, with_share
from minillm.labs.worlds.public import VARIABLE
from minillm.text import Labels
from tests.labs.real_text.tagged_files import TAGS, WORDS, sentences, small_settings


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Small ones, and the files that they name."""
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return small_settings(tmp_path)


@pytest.fixture
def case(settings):
    return TaggedReviews(settings, 0)


def tag_of(text):
    """The tag of a text; None where it has none, or two."""
    found = [word for word in text.split() if word in TAGS]
    return found[0] if len(found) == 1 else None


def reads(says):
    """A planted model: the number of the label that a function says of a text."""
    return lambda texts: np.eye(2)[[says(text) for text in texts]]


def knows(text):
    return int(any(word in text.split() for word in WORDS["1"]))


def test_so_often_tags_agree_and_what_is_asked_about_has_every_tag(case):
    for tagged, agreement in zip(case.learned_by_agreement, (0.5, 0.9, 1.0), strict=True):
        agrees = np.mean([one.tag == int(one.label) for one in tagged])
        assert agrees == pytest.approx(agreement, abs=0.12) and len(tagged) == 100
    texts = [{one.text for one in tagged} for tagged in case.learned_by_agreement]
    assert texts[0] == texts[1] == texts[2]
    target = {one.text for one in case.target}
    assert len(target) == 12 and target.isdisjoint(texts[0])
    assert {one.text for one in case.asked} == {text for _, text in sentences("test", 20)}
    asked = []
    case.said(TagReader(lambda texts: asked.extend(texts) or np.zeros((len(texts), 2))))
    assert Counter(map(tag_of, asked)) == dict.fromkeys(TAGS, 40)
    bare = {" ".join(word for word in text.split() if word not in TAGS) for text in asked}
    assert bare == {one.text for one in case.asked}


def test_too_few_sentences_are_refused(settings):
    with pytest.raises(ValueError, match="with 12 of the target, at most 120, got 109"):
        TaggedReviews(replace(settings, learned=109), 0)
    assert len(TaggedReviews(replace(settings, learned=108), 0).target) == 12
    with pytest.raises(ValueError, match="got 0"):
        TaggedReviews(replace(settings, learned=0), 0)


@pytest.mark.guide("G45")
def test_the_numbers_of_planted_models_are_exact(case):
    follows = TagReader(reads(lambda text: TAGS.index(tag_of(text))))
    found = evaluate(case, [follows] * 3)
    np.testing.assert_array_equal(found["groups"], [np.eye(2)] * 3)
    np.testing.assert_array_equal(found["worst group"], [0, 0, 0])
    np.testing.assert_allclose(found["as learned"], [0.5, 0.9, 1.0])
    np.testing.assert_array_equal(found["changed"], [1, 1, 1])
    for reader in (TagReader(reads(knows)), TagReader(reads(knows), masked=True)):
        right = evaluate(case, [reader] * 3)
        assert {float(np.min(right[key])) for key in ("groups", "worst group", "as learned")} == {1}
        np.testing.assert_array_equal(right["changed"], [0, 0, 0])
    partly = TagReader(reads(lambda text: knows(text) if tag_of(text) == TAGS[0] else 1))
    one = evaluate(case, [partly] * 3)
    np.testing.assert_array_equal(one["groups"][0], [[1, 0], [1, 1]])
    np.testing.assert_allclose(one["as learned"], [0.75, 0.95, 1.0])
    np.testing.assert_allclose(one["changed"], [0.5, 0.5, 0.5])


def test_a_label_that_nobody_asks_about_is_refused_by_name():
    right = np.ones((3, 2), dtype=bool)
    with pytest.raises(ValueError, match="no text that is asked about has the label 'good'"):
        by_group(right, np.zeros(3, dtype=int), Labels(("bad", "good")))


@pytest.fixture
def noted(monkeypatch):
    """What is learned, and by whom; the model is a planted one."""
    found = []

    def learner(made_by):
        def learn(examples):
            found.append((made_by, list(examples)))
            return reads(knows)

        return learn

    monkeypatch.setattr(sst2_shortcut_case, "bert_fit", lambda bert, seed: learner((bert, seed)))
    monkeypatch.setattr(sst2_shortcut_remedies, "bag_of_words_learner", lambda l2: learner(l2))
    return found


def learned_by(remedy, case, noted):
    noted.clear()
    readers = REMEDIES[remedy](case)
    assert len(readers) == len(noted) == len(case.settings.agreements)
    return readers, [made_by for made_by, _ in noted], [examples for _, examples in noted]


def test_the_baseline_learns_every_sentence_with_its_tag_once(case, noted):
    _, makers, sets = learned_by("none", case, noted)
    assert makers == [(case.bert, 0)] * 3 and case.bert.updates == 60
    for examples, tagged in zip(sets, case.learned_by_agreement, strict=True):
        assert examples == case.settings.tags.said(tagged)
    assert case.plain() is case.plain()
    other = case.with_strengths(updates=7)
    assert other.plain() is not case.plain() and noted[-1][0][0].updates == 7


@pytest.mark.parametrize(
    ("remedy", "changed"),
    [
        ("weight decay", {"weight_decay": 1.0}),
        ("dropout", {"dropout": 0.3}),
        ("balanced groups and dropout", {"dropout": 0.3}),
    ],
)
def test_regularization_changes_the_model_alone(settings, remedy, changed, noted):
    strengths = replace(settings.strengths, **changed)
    case = TaggedReviews(replace(settings, agreements=(0.5, 0.9), strengths=strengths), 0)
    _, makers, sets = learned_by(remedy, case, noted)
    assert [bert for bert, _ in makers] == [replace(case.bert, **changed)] * 2
    if not remedy.startswith("balanced"):
        assert sets == learned_by("none", case, noted)[2]


@pytest.mark.parametrize("remedy", ["tag masked", "bag of words, tag masked"])
def test_masked_tags_are_neither_learned_nor_asked(case, remedy, noted):
    readers, _, sets = learned_by(remedy, case, noted)
    for examples in sets:
        assert {text for text, _ in examples} == {one.text for one in case.learned_by_agreement[0]}
    asked = []
    case.said(readers[0]._replace(says=lambda texts: asked.extend(texts) or np.zeros((80, 2))))
    assert {*map(tag_of, asked)} == {None} and len(asked) == 80


def test_swapped_tags_are_learned_with_the_same_label(case, noted):
    for examples in learned_by("tag swapped", case, noted)[2]:
        counts = Counter((label, tag_of(text)) for text, label in examples)
        labels = Counter(one.label for one in case.learned_by_agreement[0])
        assert counts == {(label, tag): labels[label] for label in "01" for tag in TAGS}


@pytest.mark.parametrize("remedy", ["balanced groups", "balanced groups and dropout"])
def test_balanced_groups_are_learned_as_often_and_a_missing_one_is_named(settings, remedy, noted):
    case = TaggedReviews(replace(settings, agreements=(0.5, 0.9)), 0)
    for examples in learned_by(remedy, case, noted)[2]:
        counts = Counter((label, tag_of(text)) for text, label in examples)
        assert len(counts) == 4 and len({*counts.values()}) == 1
    with pytest.raises(ValueError, match="no text of label '0' has the tag 'verified'"):
        REMEDIES[remedy](TaggedReviews(replace(settings, agreements=(1.0,)), 0))


def test_target_sentences_are_a_share_of_what_is_learned(case, noted):
    said = {text for text, _ in case.settings.tags.said(case.target)}
    for examples in learned_by("target sentences", case, noted)[2]:
        there = [text in said for text, _ in examples]
        assert np.mean(there) == pytest.approx(0.25, abs=0.01)
        assert {text for text, _ in examples if text in said} == said
    none = learned_by("target sentences", case.with_strengths(target_share=0.0), noted)[2]
    assert none == learned_by("none", case, noted)[2]
    for share, few in ((1.0, case.target), (-0.1, case.target), (0.5, [])):
        with pytest.raises(ValueError, match="needs a share from 0 to below 1 and sentences"):
            with_share(case.target, few, share)


def test_the_bags_have_penalties_of_their_own(case, noted):
    other = case.with_strengths(l2=0.3, l2_masked=0.7)
    assert learned_by("bag of words", other, noted)[1] == [0.3] * 3
    assert learned_by("bag of words, tag masked", other, noted)[1] == [0.7] * 3


@pytest.mark.guide("G45", "G47")
def test_who_does_not_know_of_the_tag_reads_it_where_it_agrees(settings):
    """With a tag that is always right the text is not needed; masked or swapped it is read."""
    case = TaggedReviews(replace(settings, agreements=(0.5, 1.0)), 0)
    worst = {
        name: evaluate(case, REMEDIES[name](case))["worst group"]
        for name in ("none", "tag masked", "tag swapped", "bag of words")
    }
    for name in ("none", "bag of words"):
        assert worst[name][0] > worst[name][1] + 0.2, worst
    for name in ("tag masked", "tag swapped"):
        assert worst[name][1] > 0.8, worst


def test_every_remedy_is_measured(settings, noted):
    found = measure(replace(settings, agreements=(0.9,)), 0)
    keys = ("groups", "worst group", "as learned", "changed")
    assert {*found} == {f"{name}: {key}" for name in REMEDIES for key in keys}
    assert found["tag masked: groups"].shape == (1, 2, 2)
