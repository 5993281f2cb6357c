import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.tasks.collation import collate_sentences, lengths_of
from minillm.text import pad
from minillm.training import bucketed_order

SENTENCES = st.lists(st.lists(st.integers(0, 9), max_size=6), max_size=12)


@given(SENTENCES, st.integers(1, 5), st.booleans())
def test_an_epoch_holds_every_sentence_once_with_its_target(sentences, batch_size, shuffled):
    targets = np.arange(len(sentences)) * 10
    rng = np.random.default_rng(1) if shuffled else None
    order = bucketed_order(lengths_of(sentences), batch_size=batch_size, rng=rng)
    batches = [collate_sentences(sentences, targets)(indices) for indices in order]
    assert sorted(i for batch in batches for i in batch.indices) == list(range(len(sentences)))
    for batch in batches:
        rows = [row[real].tolist() for row, real in zip(batch.ids, batch.mask, strict=True)]
        assert rows == [sentences[i] for i in batch.indices]
        assert (batch.targets == batch.indices * 10).all()
        assert batch.ids.shape[1] == max(map(len, rows))


def test_a_batch_has_targets_only_where_the_task_has():
    batch = collate_sentences([[7, 7], [7]])(np.array([1, 0]))
    assert batch.targets is None
    assert batch.ids.tolist() == [[7, 0], [7, 7]]


def test_as_many_targets_as_sentences_are_needed():
    with pytest.raises(ValueError, match="2 sentences but 1 targets: one each is needed"):
        collate_sentences([[1], [2]], [0])


def test_a_task_turns_an_order_into_batches_of_its_own():
    sources, pictures = [[7, 8, 9], [7], [7, 8]], np.arange(24).reshape(3, 2, 4)
    lengths = [len(source) for source in sources]
    batches = [
        (pad([sources[i] for i in indices])[0].tolist(), pictures[indices])
        for indices in bucketed_order(lengths, batch_size=2, rng=None)
    ]
    assert [ids for ids, _ in batches] == [[[7, 0], [7, 8]], [[7, 8, 9]]]
    assert (np.concatenate([drawn for _, drawn in batches]) == pictures[[1, 2, 0]]).all()
