"""Blocks that are computed again: the same losses and gradients, to the bit, in less memory."""

import copy
import pickle
import tracemalloc

import numpy as np
import pytest

from minillm import kernels, stream
from minillm.autograd import gradients_of, no_grad
from minillm.backend.kernel_switch import levels_here
from minillm.models import Bert, BertConfig, Gpt, MaskedLanguageModel, gpt2_style, llama_style
from minillm.models.encoder_decoder import EncoderDecoder
from minillm.models.encoder_decoder_config import EncoderDecoderConfig
from minillm.models.gpt_experts import give_experts
from minillm.nn import Dropout, KeyValueCache, Linear, balance_of, noted_routings
from minillm.nn.recomputing import recompute_blocks
from minillm.optim import SGD, AdamW
from minillm.training import ShardedGradients
from minillm.training.profiling import profile_step

BATCH, LENGTH, WORDS = 4, 48, 31  # large enough for kernels
IDS = stream(0, "ids").integers(WORDS, size=(3, BATCH, LENGTH))
MASK = np.arange(LENGTH) < np.arange(LENGTH, LENGTH - BATCH, -1)[:, None]


def new(kind, config):
    return kind(config, rng=stream(0, "weights"))


def gpt():
    sizes = {"width": 16, "n_layers": 3, "n_heads": 2, "max_length": LENGTH}
    model = new(Gpt, gpt2_style(WORDS, dropout=0.2, **sizes))
    return model, lambda: model.loss(IDS[0], IDS[1], MASK)


def llama():
    sizes = {"width": 16, "n_layers": 3, "n_heads": 4, "n_key_heads": 2, "max_length": LENGTH}
    model = new(Gpt, llama_style(WORDS, dropout=0.1, **sizes))
    model.blocks[2] = model.blocks[0]  # one block at two places
    return model, lambda: model.loss(IDS[0], IDS[1])


def bert():
    config = BertConfig(WORDS, width=16, n_layers=3, n_heads=2, hidden=64, max_length=LENGTH)
    model = MaskedLanguageModel(new(Bert, config), rng=stream(0, "head"))
    return model, lambda: model.loss(IDS[0], MASK, np.where(MASK, IDS[1], -100))


def encoder_decoder():
    sizes = {"width": 16, "n_layers": 3, "n_heads": 2, "max_length": LENGTH}
    model = new(EncoderDecoder, EncoderDecoderConfig(WORDS, WORDS, shared=True, **sizes))
    return model, lambda: model.loss(*IDS, MASK, smoothing=0.1)


def experts():
    model, loss_of = gpt()
    give_experts(model, 3, rng=stream(0, "experts"))
    return model, loss_of


def two_steps(make, every, dtype):
    """Losses and gradients, weights after, and how often each dropout was asked."""
    model, loss_of = make()
    recompute_blocks(model.to_dtype(dtype), every)
    optimizer, found = SGD(model.parameters(), lr=0.1), []
    for _ in range(2):
        loss = loss_of()
        gradients = gradients_of(loss, model.parameters())
        optimizer.step(gradients)
        found += [loss.data, *gradients]
    calls = [m.calls for _, m in model.named_modules() if isinstance(m, Dropout)]
    return [*found, *(p.data for p in model.parameters()), np.array(calls)]


@pytest.mark.guide("G53")
@pytest.mark.parametrize(
    ("dtype", "level"),
    [*((np.float32, level) for level in levels_here()[1:]), (np.float64, "off")],
)
@pytest.mark.parametrize("make", [gpt, llama, bert, encoder_decoder, experts])
def test_losses_gradients_and_masks_are_the_same_to_the_bit(make, dtype, level):
    with kernels(level):
        plain = two_steps(make, 0, dtype)
        for every in (1, 2):
            for one, other in zip(two_steps(make, every, dtype), plain, strict=True):
                np.testing.assert_array_equal(one, other)


def test_threads_that_share_a_batch_draw_the_same_masks():
    answers = []
    for every in (0, 1):
        model, _ = gpt()
        recompute_blocks(model, every)
        shared = ShardedGradients(2, lambda batch: batch[0].size, worthwhile=0.0)
        loss, gradients = shared(
            lambda batch, model=model: model.loss(*batch),
            [(IDS[0], IDS[1])],
            model.parameters(),
            counts=[1.0],
        )
        answers.append([loss, *gradients])
    for one, other in zip(*answers, strict=True):
        np.testing.assert_array_equal(one, other)


def peak(every, layers):
    model = new(Gpt, gpt2_style(40, width=32, n_layers=layers, n_heads=2, max_length=48))
    recompute_blocks(model, every)
    ids = stream(0, "ids").integers(40, size=(2, 8, 48))
    model.loss(*ids).backward()  # what is made once is made
    tracemalloc.start()
    model.loss(*ids).backward()
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


@pytest.mark.guide("G53")
def test_each_block_more_costs_what_enters_it_and_no_more():
    entering = 4 * 8 * 48 * 32
    parameters = 4 * (12 * 32**2 + 13 * 32)  # the gradients that were not there in the first pass
    more = peak(1, 8) - peak(1, 4)
    assert more < 4 * (entering + 1.05 * parameters)
    assert peak(0, 8) - peak(0, 4) > 5 * more


def test_groups_of_blocks_hold_more_of_one_and_enter_less_often():
    peaks = [peak(every, 8) for every in (1, 2, 8)]
    assert peaks[0] < peaks[1] < peaks[2]  # a block holds 14 times what enters it


def test_generation_with_a_cache_goes_on_and_training_with_one_is_refused():
    model, _ = gpt()
    model.eval()
    recompute_blocks(model, 1)
    caches = [KeyValueCache() for _ in model.blocks]
    with no_grad():
        model(IDS[0, :, :4], caches=caches)
        after = model(IDS[0, :, 4:5], caches=caches).data
        np.testing.assert_allclose(after[:, 0], model(IDS[0, :, :5]).data[:, 4], atol=1e-6)
    with pytest.raises(ValueError, match=r"recompute=1 with a cache of keys.* no_grad\(\)"):
        model(IDS[0, :, 5:6], caches=caches)
    assert len(caches[0]) == 5


def test_a_copy_and_a_pickle_are_computed_again_too():
    model, _ = gpt()
    recompute_blocks(model, 2)
    assert copy.deepcopy(model).recompute == pickle.loads(pickle.dumps(model)).recompute == 2
    assert recompute_blocks(model, 0) == 1
    assert gpt()[0].recompute == 0


def test_a_loss_of_balance_that_would_have_no_gradient_is_refused():
    model, loss_of = experts()
    recompute_blocks(model, 1)
    with noted_routings(), pytest.raises(RuntimeError, match="would have no gradient; set recomp"):
        loss_of()
    recompute_blocks(model, 0)
    with noted_routings() as seen:
        loss = loss_of()
    assert sum((balance_of(one) for one in seen), start=loss).requires_grad


def test_a_profile_shows_the_second_pass():
    profiles = []
    for every in (0, 1):
        model, loss_of = gpt()
        recompute_blocks(model, every)
        profiles.append(profile_step(model, loss_of, AdamW(model.parameters(), lr=0.1)))
    plain, again = (one.grouped(1)["blocks.1"] for one in profiles)
    assert again.forward_flops == 2 * plain.forward_flops
    assert again.backward_flops == plain.backward_flops
    assert (again.held_bytes, plain.held_bytes > 0) == (0, True)
    entering = 3 * 4 * BATCH * LENGTH * 16
    itself = [one.layers["(model)"].held_bytes for one in profiles]
    assert itself[1] - itself[0] == pytest.approx(entering, abs=MASK.nbytes)


def test_bad_numbers_of_blocks_are_refused():
    model, _ = gpt()
    for every, error, what in (
        (-1, ValueError, "recompute must be a number of blocks, 0 or more, got -1"),
        (1.5, TypeError, "recompute must be a number of blocks, 0 or more, got 1.5"),
        (True, TypeError, "must be a number of blocks, 0 or more, got True"),
    ):
        with pytest.raises(error, match=what):
            recompute_blocks(model, every)
    layer = Linear(2, 2, rng=stream(0, "w"))
    assert recompute_blocks(layer, 0) == 0
    with pytest.raises(ValueError, match="a Linear has no blocks to compute again"):
        recompute_blocks(layer, 1)
