"""What the lab of the two lexicons found, in its stored numbers."""

import json

import numpy as np
import pytest

from minillm.labs.compare_result import Result
from minillm.labs.mismatch.lexicon import CONTROLS, STUDY
from minillm.labs.mismatch.lexicon_remedies import REMEDIES
from minillm.labs.stored import STORED, read_file, read_study
from minillm.labs.verdicts import HELPS, NOTHING

BLIND = (  # to the words of tools
    *("weight decay", "dropout", "label smoothing", "word dropout", "without attention"),
    *("more data", "temperature", "asked with dropout", "ensemble"),
)


def stored_result():
    """The numbers of the stored file, judged again."""
    file = read_file(STUDY.name, STORED)
    return file, Result(STUDY, [*REMEDIES], file["results"], file["cpu_seconds"])


def words_of_the_lab():
    """Each verdict in a word."""
    return {key: one.word for key, one in stored_result()[1].verdicts().items()}


def by_shift(remedy):
    """Accuracy, calibration error and mean -ln p by shift, mean over seeds, (5, 3)."""
    return read_study(STUDY.name)[f"{remedy}: by shift"].mean(axis=0)


def test_the_stored_verdicts_are_those_of_the_stored_numbers():
    file, result = stored_result()
    again = json.loads(json.dumps(result.stored()))
    assert {key: file[key] for key in again} == again
    assert file["comparisons"] == 32 and len(file["seeds"]) == 10


@pytest.mark.guide("G45")
def test_the_lab_says_that_accuracy_falls_to_chance_and_that_the_model_does_not_know_it():
    accuracies, errors, nats = by_shift("none").T
    assert accuracies[0] > 0.95 and accuracies[-1] == pytest.approx(0.5, abs=0.03)
    assert (np.diff(accuracies) < 0).all() and (np.diff(errors) > 0).all()
    assert errors[-1] - errors[0] > 0.1 and nats[-1] > np.log(2) > nats[0]  # worse than a coin


@pytest.mark.guide("G46", "G47")
def test_the_lab_says_that_who_knows_nothing_of_the_other_words_does_not_help():
    words = words_of_the_lab()
    assert all(words[remedy, "accuracy"] == NOTHING for remedy in BLIND)
    for remedy in ("wider model", "without residuals"):
        assert words[remedy, "accuracy"] != HELPS and words[remedy, "calibration error"] != HELPS


def test_the_lab_says_that_synonyms_labels_and_texts_of_tools_help():
    words = words_of_the_lab()
    helpful = ("synonyms", "32 of tools", "128 of tools", "pretraining", "pretraining and synonyms")
    assert all(words[remedy, "accuracy"] == HELPS for remedy in helpful)
    assert [remedy for remedy in helpful if words[remedy, "calibration error"] == HELPS] == [
        "128 of tools", "pretraining", "pretraining and synonyms"
    ]  # fmt: skip
    accuracies = [by_shift(remedy)[-1, 0] for remedy in helpful]
    assert max(accuracies) == pytest.approx(by_shift("pretraining")[0, 0], abs=0.02)


def test_the_lab_says_that_a_temperature_of_books_does_not_calibrate_answers_on_tools():
    assert words_of_the_lab()["temperature", "calibration error"] == NOTHING
    books, tools = by_shift("temperature")[[0, -1], 1]
    assert tools > books + 0.1
    assert books < by_shift("none")[0, 1]


def test_the_lab_says_that_its_controls_found_nothing():
    _, result = stored_result()
    assert all(result.passes(name) for name in CONTROLS)


def test_a_diagram_is_stored_of_books_and_of_tools():
    """Of tools the surest answers are right about as often as the others."""
    stored = read_study(STUDY.name)["none: reliability"]  # (seeds, 2, 3, bins)
    assert stored.shape == (10, 2, 3, STUDY.settings.bins)
    np.testing.assert_allclose(stored[:, :, 2].sum(axis=-1), 1.0, atol=0.01)
    (_, right, share) = stored.transpose(2, 0, 1, 3)
    often = (right * share).sum(axis=0) / np.maximum(share.sum(axis=0), 1e-9)
    assert often[0, -1] > 0.85 and often[1, -1] < 0.65
