"""Recall and precision of the scrubber on planted data: by hand, and at both ends of the dial."""

from dataclasses import replace

import pytest

from minillm.labs.challenges.scrubbing import KINDS, STUDY, Settings, found_in, measure
from minillm.labs.worlds.personal import Planted


def test_a_kind_and_both_ends_must_be_right():
    planted = [
        Planted("Call 555-0173.", (("PHONE", 5, 13),)),
        Planted("Call 555-0174.", (("PHONE", 5, 12),)),
        Planted("Tobin came.", (("NAME", 0, 5),)),
        Planted("Jorn came.", (("NAME", 0, 4),)),
        Planted("Pages 100-2000.", ()),
    ]
    scores = found_in(planted, ["Tobin"])
    assert scores.of("PHONE")[:2] == (1 / 3, 1 / 2)  # the pages have the form of a telephone
    assert scores.of("NAME")[:2] == (1.0, 1 / 2)
    assert scores.micro[:2] == (2 / 4, 2 / 4)


@pytest.mark.guide("G54")
def test_what_has_the_form_is_found_and_what_has_another_is_not():
    found = measure(replace(Settings(), sentences=300, odd=(0.0, 0.5, 1.0)), 3)
    for language in ("en", "zh"):
        recall = found[f"{language}: recall"]
        assert recall[0] == 1.0 and 0.4 < recall[1] < 0.6 and recall[2] == 0.0
        exact = dict(zip(KINDS, found[f"{language}: precision by kind"][0], strict=True))
        assert exact["EMAIL"] == exact["ID"] == exact["NAME"] == 1.0
        assert 0.3 < exact["PHONE"] < 0.7  # of decoys that have the form of one


def test_a_row_for_each_share():
    found = measure(replace(STUDY.settings, sentences=50, languages=("zh",)), 0)
    assert {key.partition(":")[0] for key in found} == {"zh"}
    assert len(found["zh: recall"]) == 4 and len(found["zh: recall by kind"][0]) == len(KINDS)
