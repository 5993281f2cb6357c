"""Texts whose blocks come again: read back, token by token."""

import numpy as np
import pytest

from minillm.labs.worlds.repeats import RepeatedBlocks

WORLD = RepeatedBlocks()


def period(row):
    """After how many tokens a text begins again."""
    return next(k for k in range(1, len(row) + 1) if (row[k:] == row[:-k]).all())


def test_a_block_has_different_tokens_and_comes_again_to_the_end():
    texts = WORLD.draw(300, np.random.default_rng(0))
    sizes = [period(row) for row in texts.ids]
    assert {*sizes} == {4, 5, 6, 7, 8}
    for row, copied, size in zip(texts.ids, texts.copied, sizes, strict=True):
        assert len({*row[:size]}) == size
        np.testing.assert_array_equal(copied, np.arange(WORLD.length) >= size)


def test_blocks_that_are_not_repeated_are_new_ones_and_nothing_can_be_copied():
    fresh = WORLD.draw(300, np.random.default_rng(0), repeated=False)
    assert not fresh.copied.any()
    assert all(period(row) > 8 for row in fresh.ids)
    same = WORLD.draw(300, np.random.default_rng(0))
    np.testing.assert_array_equal(fresh.ids[:, :4], same.ids[:, :4])  # the first block


@pytest.mark.parametrize("sizes", [{"shortest": 0}, {"shortest": 9}, {"longest": 9}, {"tokens": 7}])
def test_what_cannot_be_drawn_is_refused(sizes):
    with pytest.raises(ValueError, match=r"1 <= shortest <= longest <= \d is needed, got"):
        RepeatedBlocks(**sizes).draw(1, np.random.default_rng(0))
