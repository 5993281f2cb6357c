"""The study of ranks: what goes on, what is compared, and how a change's rank is told."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.backend import stream
from minillm.labs.finetuning.ranks import STUDY, pretrained, rank_of, weights, went_on
from minillm.nn import LoRA
from tests.tasks.small import as_bytes

TINY = replace(
    STUDY.settings,
    learned=60,
    taught=40,
    held_out=10,
    recipe=replace(
        STUDY.settings.recipe, tokenizer="byte_pairs:280", width=16, n_heads=2, n_layers=1, steps=8
    ),
    ways=((0, 1e-3), (1, 1e-2), (4, 1e-2)),
    tuning=replace(STUDY.settings.tuning, steps=6, batch=4, warmup=1, measured_at=(2, 6)),
)


@pytest.fixture(scope="module")
def body():
    return pretrained(TINY, 3)


@pytest.mark.guide("G32")
def test_only_the_changes_of_low_rank_move_and_their_rank_is_seen(body):
    first, state = weights(body.model, TINY.names), as_bytes(body.model.state_dict())
    assert len(first) == 6
    for rank, rate in TINY.ways:
        *_, model = went_on(TINY, body, rank, rate, 3)
        kept = {n.replace(".layer.", "."): a for n, a in as_bytes(model.state_dict()).items()}
        same = {name for name in state if kept[name] == state[name]}
        assert (same == set(state)) is (rank > 0)
        last = weights(model, TINY.names)
        changes = {path: last[path] - first[path] for path in first}
        assert all(np.abs(change).max() > 1e-6 for change in changes.values())
        if rank:
            assert all(rank_of(change, 0.999) <= rank for change in changes.values())
            loras = [m for _, m in model.named_modules() if isinstance(m, LoRA)]
            trained = sum(p.size for p in model.trainable_parameters())
            assert trained == sum(rank * sum(m.layer.weight.shape) for m in loras)
    assert as_bytes(body.model.state_dict()) == state


def test_the_rank_of_a_change_is_the_number_of_directions_that_hold_its_energy():
    rng = stream(0, "change")
    left, right = (np.linalg.qr(rng.standard_normal((8, 8)))[0] for _ in range(2))
    change = left @ np.diag([3.0, 2.0, 1.0, 1.0, 0, 0, 0, 0]) @ right  # energies 9, 4, 1, 1 of 15
    assert [rank_of(change, share) for share in (0.5, 0.8, 0.9, 0.99)] == [1, 2, 3, 4]


def test_the_numbers_are_the_losses_of_these_models_at_these_updates(body):
    found = STUDY.measure(TINY, 3)
    assert np.shape(found["learned"]) == np.shape(found["forgotten"]) == (3, 2)
    assert found["numbers"] == found["trained"][0] == body.model.parameter_count()
    assert found["trained"][1] * 4 == found["trained"][2]
    assert np.argsort(found["rank"]).tolist() == [1, 2, 0]
    target, source = found["before"]
    assert abs(target - source) > 1e-3
    learned = np.array(found["learned"])
    assert (learned[0] < target).all() and (learned[:, 0] != learned[:, 1]).all()
