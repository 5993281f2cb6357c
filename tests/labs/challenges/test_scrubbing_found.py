"""What the stored numbers say of the scrubber."""

import numpy as np
import pytest

from minillm.labs.challenges.scrubbing import KINDS, STUDY
from minillm.labs.stored import read_study


@pytest.mark.guide("G54")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_recall_is_the_share_that_is_written_as_the_patterns_expect(language):
    recall = read_study(STUDY.name)[f"{language}: recall"].mean(axis=0)
    np.testing.assert_allclose(recall, 1 - np.array(STUDY.settings.odd), atol=0.03)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_only_telephones_have_a_form_that_other_numbers_have(language):
    by_kind = read_study(STUDY.name)[f"{language}: precision by kind"].mean(axis=0)[0]
    exact = dict(zip(KINDS, by_kind, strict=True))
    assert exact["EMAIL"] == exact["ID"] == exact["NAME"] == 1.0
    assert 0.4 < exact["PHONE"] < 0.7
    overall = read_study(STUDY.name)[f"{language}: precision"].mean(axis=0)
    assert 0.75 < overall[0] < 0.9
