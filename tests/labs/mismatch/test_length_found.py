"""What the lab of lengths found, in its stored numbers."""

import json

import numpy as np
import pytest

from minillm.labs.compare_result import Result
from minillm.labs.mismatch.length import CONTROLS, STUDY
from minillm.labs.mismatch.length_remedies import REMEDIES
from minillm.labs.stored import STORED, read_file, read_study
from minillm.labs.verdicts import HARMS, HELPS

LAST, FIRST = STUDY.headlines


def stored_result():
    """The numbers of the stored file, judged again."""
    file = read_file(STUDY.name, STORED)
    return file, Result(STUDY, [*REMEDIES], file["results"], file["cpu_seconds"])


def words_of_the_lab():
    """Each verdict in a word."""
    return {key: one.word for key, one in stored_result()[1].verdicts().items()}


def by_length(remedy):
    """Accuracy by length and task, mean over seeds, (3, 2)."""
    return read_study(STUDY.name)[f"{remedy}: by length"].mean(axis=0)


def test_the_stored_verdicts_are_those_of_the_stored_numbers():
    file, result = stored_result()
    again = json.loads(json.dumps(result.stored()))
    assert {key: file[key] for key in again} == again
    assert file["comparisons"] == 28 and len(file["seeds"]) == 10


def test_the_lab_says_that_its_controls_found_nothing():
    _, result = stored_result()
    assert all(result.passes(name) for name in CONTROLS)


@pytest.mark.guide("G45")
def test_the_lab_says_that_learned_places_are_right_on_seen_lengths_and_lose_on_longer_texts():
    (short_last, short_first), _, (long_last, long_first) = by_length("none")
    assert min(short_last, short_first) > 0.93
    assert long_last == pytest.approx(0.5, abs=0.05) and long_first < short_first - 0.1


@pytest.mark.guide("G46", "G47")
def test_the_lab_says_that_no_positions_help_both_tasks():
    """A bias of distance carries the last opinion on, and costs the first one."""
    words = words_of_the_lab()
    assert words["ALiBi", LAST] == HELPS and words["ALiBi", FIRST] == HARMS
    positions = ("sinusoidal", "rotary", "ALiBi", "no positions")
    assert not any(words[one, LAST] == words[one, FIRST] == HELPS for one in positions)
    alibi = by_length("ALiBi")[:, 0]
    assert np.ptp(alibi) < 0.05 < alibi.min() - 0.8


@pytest.mark.guide("G47")
def test_the_lab_says_that_places_which_training_used_can_be_used():
    """Trained on all places of the table, the same model reads longer texts."""
    words = words_of_the_lab()
    for remedy in ("random offsets", "randomised positions"):
        assert words[remedy, LAST] == HELPS, remedy
    assert words["randomised positions", FIRST] == HELPS
    assert by_length("randomised positions").min() > 0.85


def test_the_lab_says_that_decay_dropout_and_more_short_texts_do_not_help():
    words = words_of_the_lab()
    for remedy in ("weight decay", "dropout", "more data", "without attention"):
        assert words[remedy, LAST] != HELPS and words[remedy, FIRST] != HELPS, remedy


def test_the_lab_says_that_the_end_of_a_text_has_the_last_opinion_and_not_the_first():
    words = words_of_the_lab()
    assert words["cut to 12 words", LAST] == HELPS and words["cut to 12 words", FIRST] == HARMS
