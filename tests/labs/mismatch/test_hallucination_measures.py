"""What the lab of the unknown lands measures, on planted answers whose numbers are known."""

import numpy as np
import pytest

from minillm.labs.mismatch.hallucination import evaluate
from minillm.labs.mismatch.hallucination_case import Hallucination
from minillm.labs.mismatch.hallucination_remedies import Abstaining, named, places_of
from minillm.labs.mismatch.lexicon_readers import Reader
from tests.labs.mismatch.test_hallucination import FAST


@pytest.fixture(scope="module")
def case():
    """The questions of one seed; no model is trained."""
    return Hallucination(FAST, 0)


class Planted(Reader):
    """Says of each question a name, with a probability, and nothing of the others."""

    def __init__(self, case, said):
        self.names = len(case.atlas.names)
        self.said = {tuple(row): one for row, one in said}

    def probabilities(self, ids):
        p = np.zeros((len(ids), self.names + 1))
        for row, out in zip(ids.tolist(), p, strict=True):
            place, sure = self.said[tuple(row)]
            out[:] = (1 - sure) / self.names
            out[place] = sure
        return p


def planted(case, known, unknown):
    """Right names with the probabilities ``known``, wrong ones with ``unknown``, in turn."""
    said = []
    parts = (case.known, known, 0), (case.unknown, unknown, 1), (case.unseen, [0.9], 1)
    for asked, sures, step in parts:
        places = (places_of(case, asked) + step) % len(case.atlas.names)
        for i, (row, place) in enumerate(zip(asked.ids.tolist(), places, strict=True)):
            said.append((row, (place, sures[i % len(sures)])))
    return Planted(case, said)


@pytest.mark.guide("G45")
def test_by_planted_answers_the_measures_are_exact(case):
    one = evaluate(case, planted(case, [0.9], [0.6, 0.4]))
    assert one["confident error"] == 0.5 and one["right on known"] == 1.0
    assert one["AUROC"] == 1.0 and one["confident error, known"] == 0.0
    assert one["confident error, unseen"] == 1.0
    assert one["abstained, unknown"] == one["abstained, known"] == 0.0
    n = len(case.known.answers)
    assert one["risk"] == pytest.approx(sum(k / (n + k) for k in range(1, n + 1)) / (2 * n))
    assert one["calibration error"] == pytest.approx((0.1 + 0.5) / 2)
    np.testing.assert_allclose(one["risk by coverage"][-1], 0.5)
    assert one["risk by coverage"][:5].tolist() == [0.0] * 5


def test_half_sure_is_not_confident_and_turned_confidence_is_below_chance(case):
    one = evaluate(case, planted(case, [0.4, 0.3], [0.5]))
    assert one["confident error"] == 0.0 and one["AUROC"] == 0.0 and one["risk"] > 0.5
    assert evaluate(case, planted(case, [0.7, 0.3], [0.5]))["AUROC"] == 0.5


def test_who_is_right_by_luck_makes_no_error(case):
    lucky = planted(case, [0.9], [0.9])
    for row, place in zip(case.unknown.ids.tolist(), places_of(case, case.unknown), strict=True):
        lucky.said[tuple(row)] = (place, 0.9)
    assert evaluate(case, lucky)["confident error"] == 0.0


def test_below_the_threshold_nothing_is_said(case):
    reader = Abstaining(planted(case, [0.9, 0.5], [0.6, 0.3]), 0.55)
    one = evaluate(case, reader)
    assert (one["right on known"], one["abstained, known"]) == (0.5, 0.5)
    assert (one["confident error"], one["abstained, unknown"]) == (0.5, 0.5)
    p = reader.probabilities(case.known.ids)
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    assert named(p).tolist()[:2] == [0.9, 0.0]
