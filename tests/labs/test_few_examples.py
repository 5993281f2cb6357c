"""Asking a GPT with examples in its context, and fine-tuning a copy on them."""

import numpy as np
import pytest

from minillm.autograd import no_grad
from minillm.labs import few_examples
from minillm.labs.few_examples import (
    Asked,
    LastTokenClassifier,
    by_draw,
    copy_of,
    right_after_tuning,
    right_by_counting,
    right_in_context,
    shuffled,
)
from minillm.labs.learners import AdamSettings
from minillm.labs.worlds.namings import prompt
from minillm.text import Example, pad
from tests.tasks.generation.copying import CLASSES, copying_language

EXAMPLES = [Example(word, str(label)) for word, label in CLASSES.items()]
WORDS = {"0": "dax", "1": "wug"}
SHOWN, QUERIES = [EXAMPLES[i] for i in (0, 3)], [EXAMPLES[i] for i in (1, 2, 4, 5)]
ASKED = Asked(QUERIES, prompt, ("N/A", ""))
ADAM = AdamSettings(rate=0.03, steps=60)
FAST = AdamSettings(rate=0.5, steps=60)  # for a layer alone


@pytest.fixture
def language():
    return copying_language()


def test_a_model_that_copies_is_right_in_context_and_wrong_where_labels_are(language):
    wrong = [Example(text, "10"[int(label)]) for text, label in SHOWN]
    right, turned = (right_in_context(language, shown, WORDS, ASKED) for shown in (SHOWN, wrong))
    assert right[:2] == [1, 1] and turned[:2] == [0, 0]
    assert max(right[2:]) < np.log(2) < min(turned[2:])
    for one, other in zip(right[2:], turned[2:], strict=True):  # p and 1 - p
        assert np.exp(-one) + np.exp(-other) == pytest.approx(1, abs=0.01)


def test_what_is_said_of_nothing_is_taken_off(language):
    """A model that says one word anyhow is right of half the queries until it is calibrated."""
    place = language.vocabulary.token_to_id["dax"]
    language.model.norm.bias.data[0] = 1.0
    language.model.head.weight.data[place, 0] = 30.0
    plain, calibrated, *_ = right_in_context(language, SHOWN, WORDS, ASKED)
    assert plain == 0.5 and calibrated == 1


@pytest.mark.parametrize("whole", [True, False])
def test_a_copy_learns_from_the_examples_and_the_model_stays(language, whole):
    before = language.model.state_dict()
    before = {name: array.copy() for name, array in before.items()}
    four, two = [EXAMPLES[i] for i in (0, 1, 3, 4)], [EXAMPLES[i] for i in (2, 5)]
    asked = ASKED._replace(queries=two)
    exchanged = [Example(text, "10"[int(label)]) for text, label in four]
    for shown, low, high in ((four, 0.8, 1), (exchanged, 0, 0.2)):  # it sees the class
        found = [
            right_after_tuning(
                language,
                shown,
                WORDS,
                asked,
                ADAM if whole else FAST,
                whole=whole,
                rng=np.random.default_rng(seed),
            )[0]
            for seed in range(5)
        ]
        assert low <= np.mean(found) <= high
    for name, array in language.model.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_the_last_real_token_is_read(language):
    model = LastTokenClassifier(language.model, 2, rng=np.random.default_rng(0))
    model.to_dtype(np.float64)
    rows = [language.prompt(text) for text in ("dull", "witty dull; clear", "so so so silly")]
    with no_grad():
        together = model(*pad(rows)).data
        alone = [model(*pad([row])).data[0] for row in rows]
    np.testing.assert_allclose(together, alone, rtol=1e-6)
    assert np.ptp(together, axis=0).min() > 0


def test_a_copy_has_the_same_weights_in_arrays_of_its_own(language):
    twin = copy_of(language.model, np.random.default_rng(0))
    for ours, other in zip(twin.parameters(), language.model.parameters(), strict=True):
        np.testing.assert_array_equal(ours.data, other.data)
        assert not np.shares_memory(ours.data, other.data) and ours.dtype == other.dtype


def test_without_the_whole_only_the_new_layer_learns(language, monkeypatch):
    noted = []
    monkeypatch.setattr(
        few_examples, "learn", lambda parameters, *rest, **options: noted.append(list(parameters))
    )
    for whole in (True, False):
        rng = np.random.default_rng(0)
        right_after_tuning(language, SHOWN, WORDS, ASKED, ADAM, whole=whole, rng=rng)
    assert [one.shape for one in noted[1]] == [(2, language.model.config.width), (2,)]
    assert len(noted[0]) == 2 + len(language.model.parameters())


def test_words_that_were_not_shown_are_unknown_to_counting():
    asked = Asked([Example("dull", "0"), Example("witty", "1")], prompt, ())
    assert right_by_counting(SHOWN, asked, l2=0.01) == 1
    assert right_by_counting(SHOWN, ASKED, l2=0.01) == 0.5


def test_a_table_has_kinds_examples_and_draws_last():
    found = by_draw(lambda kind, k, r: [len(kind), 10 * k + r], ["a", "bb"], [0, 5], 3)
    assert found.shape == (2, 2, 2, 3)
    assert found[0, :, 0, 0].tolist() == [1, 2] and found[1, 0].tolist() == [
        [0, 1, 2],
        [50, 51, 52],
    ]


def test_shuffling_deals_the_same_labels_out_anew():
    dealt = [shuffled(EXAMPLES, np.random.default_rng(seed)) for seed in range(30)]
    for one in dealt:
        assert [text for text, _ in one] == [text for text, _ in EXAMPLES]
        assert sorted(label for _, label in one) == sorted(label for _, label in EXAMPLES)
    right = [[a == b for a, b in zip(one, EXAMPLES, strict=True)] for one in dealt]
    assert np.mean(right) == pytest.approx(0.5, abs=0.1)
