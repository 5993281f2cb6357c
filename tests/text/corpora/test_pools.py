"""How a corpus is cut: a fifth for test, a tenth for dev, the rest for train and unlabelled."""

import numpy as np
import pytest

from minillm.text.corpora.corpus import GRAMMARS, cells_of, load_corpus, unlabelled


@pytest.mark.guide("G1")
@pytest.mark.parametrize(("name", "language"), GRAMMARS)
def test_every_cell_is_cut_once_into_a_fifth_a_tenth_and_the_rest(name, language):
    for cells in cells_of(name, language, 0, True).values():
        for cell in cells:
            n, pools = len(cell.sentences), cell.pools
            parts = [set(pools[part].tolist()) for part in ("test", "dev", "train")]
            assert [len(parts[0]), len(parts[0] | parts[1])] == [n // 5, 3 * n // 10]
            assert sum(map(len, parts)) == len(set.union(*parts)) == n
            assert pools["unlabelled"].tolist() == pools["train"].tolist()[::-1]


def test_all_that_is_drawn_is_drawn_by_the_seed_and_no_two_parts_alike(monkeypatch):
    asked, make = [], np.random.default_rng

    def noted(seed):
        asked.append(seed)
        return make(seed)

    monkeypatch.setattr(np.random, "default_rng", noted)
    load_corpus("topics", "en", seed=5, sizes=(8, 8, 8))
    unlabelled("topics", "en", seed=5, size=8)
    cells, *parts = asked
    assert parts.count(cells) == 1  # the same cells, for both
    parts.remove(cells)
    assert cells == 5 and parts == [(5, 0), (5, 1), (5, 2), (5, 3)]
