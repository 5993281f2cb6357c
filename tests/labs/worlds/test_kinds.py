"""The kinds of sentences part the corpus."""

import pytest

from minillm.labs.worlds.kinds import groups_of, tagged
from minillm.text.corpora import load_corpus

TAGS = load_corpus("sentiment", "zh", sizes=(0, 0, 400)).tags["test"]
WITHOUT = load_corpus("sentiment", "zh", sizes=(0, 0, 400), single_clauses=False).tags["test"]


@pytest.mark.parametrize("tags", [TAGS, WITHOUT], ids=["single clauses", "none"])
def test_the_kinds_of_sentences_part_the_corpus(tags):
    groups = groups_of(tags)
    assert [int(mask.sum()) for mask in groups.values()] == [400, 160, 40, 200]
    assert not (groups["denial"] & groups["order"]).any()


def test_the_kinds_asked_for_come_in_their_order_and_an_unknown_one_is_refused():
    assert list(groups_of(TAGS, ("order", "plain"))) == ["order", "plain"]
    with pytest.raises(ValueError, match="among all, plain, denial, order, got irony"):
        groups_of(TAGS, ("plain", "irony"))


def test_a_group_has_all_of_its_tags_and_an_empty_one_is_left_out():
    found = tagged(TAGS, ("all", "single", "plain single", "mention"))
    assert {group: int(mask.sum()) for group, mask in found.items()} == {
        "all": 400, "single": 120, "plain single": 40
    }  # fmt: skip
    assert (found["single"] & ~found["plain single"]).any()
    assert list(tagged(WITHOUT, ("plain single", "all"))) == ["all"]
