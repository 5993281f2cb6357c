import tracemalloc

import numpy as np
import pytest

from minillm.backend import CheckpointError, load_arrays, save_arrays
from minillm.models import Bert, BertConfig, SequenceClassifier
from minillm.nn import Dropout, Linear, Module
from minillm.optim import SGD, AdamW, linear_with_warmup
from minillm.text import pad
from minillm.training import (
    fit,
    load_training,
    load_weights,
    numbered_order,
    read_facts,
    save_training,
)

FACTS = {"seed": 3, "betas": (0.9, 0.999), "文本": "数据", "nested": {"lr": 0.01}}
SEQUENCES = [[2, *range(5, 5 + i % 4 + 1), 3] for i in range(14)]
CLASSES = [i % 3 for i in range(14)]


class Run:
    """A small training run with dropout, rebuilt from nothing as in a new process."""

    def __init__(self, *, seed=3, width=8):
        rng = np.random.default_rng(seed)
        config = BertConfig(vocabulary_size=11, width=width, hidden=16, max_length=7, dropout=0.3)
        self.model = SequenceClassifier(Bert(config, rng=rng), 3, rng=rng)
        self.optimizer = AdamW(self.model.parameters())

    def advance(self, stop):
        """Train up to step ``stop``; gives the losses."""
        batches = numbered_order(
            [len(sequence) for sequence in SEQUENCES],
            batch_size=4,
            seed=3,
            purpose="train",
            start=self.optimizer.steps,
            stop=stop,
        )
        schedule = linear_with_warmup(peak=0.01, warmup=3, total=10)

        def loss_of(indices):
            ids, mask = pad([SEQUENCES[i] for i in indices])
            return self.model.loss(ids, mask, np.array(CLASSES)[indices])

        return [s.loss.item() for s in fit(loss_of, batches, self.optimizer, schedule=schedule)]

    def everything(self):
        """Weights, optimiser state and dropout counters, as bytes and numbers."""
        arrays = self.model.state_dict() | self.optimizer.state_dict()
        drawn = [(m.key, m.calls) for _, m in self.model.named_modules() if isinstance(m, Dropout)]
        return {name: array.tobytes() for name, array in arrays.items()}, drawn


@pytest.fixture
def path(tmp_path):
    """The checkpoint of a run after five steps."""
    run = Run()
    run.advance(5)
    save_training(tmp_path / "run.safetensors", run.model, run.optimizer, FACTS)
    return tmp_path / "run.safetensors"


@pytest.mark.fault(88)
@pytest.mark.parametrize("halt", [0, 1, 4, 5, 9, 10])
def test_a_resumed_run_equals_the_uninterrupted_one_bit_for_bit(halt, tmp_path):
    whole = Run()
    losses = whole.advance(10)
    first = Run()
    before = first.advance(halt)
    save_training(tmp_path / "a", first.model, first.optimizer, FACTS)
    resumed = Run(seed=99)  # other weights and other dropout keys, all to be overwritten
    load_training(tmp_path / "a", resumed.model, resumed.optimizer, facts=FACTS)
    assert before + resumed.advance(10) == losses
    assert resumed.everything() == whole.everything()


@pytest.mark.parametrize("forgotten", ["calls", "key"])
def test_a_run_that_forgot_its_dropout_would_differ(forgotten, path):
    whole, resumed = Run(), Run()
    losses = whole.advance(10)
    load_training(path, resumed.model, resumed.optimizer, facts=FACTS)
    setattr(resumed.model.bert.dropout, forgotten, 0)
    assert resumed.advance(10) != losses[5:]


def test_saving_changes_nothing(tmp_path):
    run = Run()
    run.advance(2)
    before = run.everything()
    save_training(tmp_path / "a", run.model, run.optimizer, FACTS)
    assert run.everything() == before


def test_facts_are_read_back_as_json_has_them(path):
    assert read_facts(path) == {**FACTS, "betas": [0.9, 0.999]}


def refused(path, message, run=None, facts=FACTS):
    """A load must fail with ``message`` and leave the run as it was; gives the error's text."""
    run = Run(seed=99) if run is None else run
    before = run.everything()
    with pytest.raises(CheckpointError, match=message) as caught:
        load_training(path, run.model, run.optimizer, facts=facts)
    assert run.everything() == before
    return str(caught.value)


@pytest.mark.fault(89)
def test_a_run_with_other_facts_is_refused_with_all_differences(path):
    facts = {"seed": 4, "betas": (0.9, 0.99), "文本": "数据", "new": True}
    text = refused(path, "belongs to another run", facts=facts)
    assert text.splitlines()[1:] == [
        "  betas: was [0.9, 0.999], is [0.9, 0.99]",
        "  nested: was {'lr': 0.01}, is None",
        "  new: was None, is True",
        "  seed: was 3, is 4",
    ]


def test_facts_may_be_numpys_numbers_and_a_nan_is_equal_to_a_nan(path):
    run = Run()
    facts = {"a": np.int64(3), "b": np.float32(0.5), "c": np.nan, "d": np.bool_(True), "e": np.inf}
    save_training(path, run.model, run.optimizer, facts)
    plain = {"a": 3, "b": 0.5, "c": float("nan"), "d": True, "e": float("inf")}
    load_training(path, run.model, run.optimizer, facts=plain)
    refused(path, "c: was nan, is 1.0", run, facts=plain | {"c": 1.0})


def test_facts_that_json_cannot_hold_are_refused_and_the_old_file_stays(path):
    before = path.read_bytes()
    run = Run()
    with pytest.raises(TypeError, match="facts must be what JSON can hold, got set"):
        save_training(path, run.model, run.optimizer, {"words": {"a"}})
    assert path.read_bytes() == before


@pytest.mark.parametrize("place", [0.1, 0.5, 0.99])
def test_a_damaged_checkpoint_is_refused(place, path):
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= 0x40
    path.write_bytes(content)
    refused(path, "damaged")
    with pytest.raises(CheckpointError, match="damaged"):
        read_facts(path)


def test_a_file_that_is_no_training_checkpoint_is_refused(tmp_path):
    path = tmp_path / "weights"
    save_arrays(path, Run().model.state_dict(), {})
    refused(path, "weights: not a training checkpoint")
    with pytest.raises(CheckpointError, match="weights: not a training checkpoint"):
        read_facts(path)


@pytest.mark.parametrize("missing", ["facts", "dropout", "progress"])
def test_a_checkpoint_without_one_of_its_parts_is_refused_in_words(missing, path):
    arrays, metadata = load_arrays(path)
    del metadata[missing]
    save_arrays(path, arrays, metadata)
    refused(path, f"not a training checkpoint, it has no {missing}")


def test_what_the_caller_saved_beside_comes_back(path):
    run = Run()
    progress = {"best": np.inf, "worse": 2, "文": "字"}
    arrays = {"model.x": np.arange(3.0), "empty": np.zeros((0, 2))}
    save_training(path, run.model, run.optimizer, FACTS, progress, arrays)
    saved = load_training(path, run.model, run.optimizer, facts=FACTS)
    assert saved.progress == progress
    assert sorted(saved.arrays) == ["empty", "model.x"]
    assert all((saved.arrays[name] == array).all() for name, array in arrays.items())


def test_weights_alone_come_from_a_checkpoint_or_from_a_file_of_weights(path, tmp_path):
    run, other = Run(), Run(seed=99)
    run.advance(5)
    save_arrays(tmp_path / "weights", run.model.state_dict(), {})
    for file in (path, tmp_path / "weights"):
        fresh = Run(seed=99)
        load_weights(file, fresh.model)
        assert all(
            (fresh.model.state_dict()[n] == a).all() for n, a in run.model.state_dict().items()
        )
        assert fresh.optimizer.steps == 0
        assert fresh.everything()[1] == other.everything()[1]  # dropout is that of the new run


def test_weights_that_do_not_fit_change_nothing(path):
    run = Run(width=12)
    before = run.everything()
    with pytest.raises(CheckpointError, match="does not fit: SequenceClassifier: state does not"):
        load_weights(path, run.model)
    assert run.everything() == before


def test_a_missing_file_is_an_error_of_the_system(tmp_path):
    run = Run()
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_training(tmp_path / "nowhere", run.model, run.optimizer, facts={})


def test_a_model_of_another_size_is_refused(path):
    refused(path, r"does not fit: SequenceClassifier: state does not fit", Run(width=12))


def test_an_optimiser_of_another_kind_is_refused_and_the_model_not_changed(path):
    run = Run(seed=99)
    run.optimizer = SGD(run.model.parameters(), lr=0.1)
    refused(path, "does not fit: SGD: the state belongs to another optimiser", run)


def test_an_optimiser_of_other_parameters_is_refused_and_the_model_not_changed(path):
    run = Run(seed=99)
    run.optimizer = AdamW(run.model.output.parameters())
    refused(path, "does not fit: AdamW: the state belongs to another optimiser", run)


class Plain(Module):
    """A model of one layer, with or without dropout: the parameters are the same."""

    def __init__(self, rng, *, rate=None):
        self.linear = Linear(2, 2, rng=rng)
        if rate is not None:
            self.dropout = Dropout(rate, rng=rng)


@pytest.mark.parametrize(("saved_rate", "rate"), [(None, 0.5), (0.5, None)])
def test_a_model_with_other_dropout_layers_is_refused(saved_rate, rate, tmp_path, rng):
    saved, other = Run(), Run()
    saved.model, other.model = Plain(rng, rate=saved_rate), Plain(rng, rate=rate)
    for run in (saved, other):
        run.optimizer = AdamW(run.model.parameters())
    save_training(tmp_path / "a", saved.model, saved.optimizer, FACTS)
    refused(tmp_path / "a", "does not fit: its dropout layers are", other)


def test_a_module_under_two_names_keeps_one_count(tmp_path, rng):
    def build(calls):
        model = Plain(np.random.default_rng(calls), rate=0.5)
        model.again = model.dropout
        model.dropout.calls = calls
        return model, AdamW(model.parameters())

    save_training(tmp_path / "a", *build(7), FACTS)
    model, optimizer = build(0)
    load_training(tmp_path / "a", model, optimizer, facts=FACTS)
    assert model.again is model.dropout
    assert model.dropout.calls == 7


def test_a_checkpoint_is_written_without_a_copy_of_all_that_it_holds(tmp_path):
    """What it takes beyond the run is nothing like the 24 MB of weights and moments."""
    layer = Linear(1000, 2000, rng=np.random.default_rng(0))
    optimizer = AdamW(layer.parameters(), lr=0.1)
    for parameter in layer.parameters():
        parameter.grad = np.ones_like(parameter.data)
    optimizer.step()
    save_training(tmp_path / "once", layer, optimizer, {})  # what is made once is made
    tracemalloc.start()
    save_training(tmp_path / "again", layer, optimizer, {})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    size = (tmp_path / "again").stat().st_size
    assert size > 24_000_000 and peak < size / 20


def test_a_state_without_copies_is_the_arrays_themselves():
    layer = Linear(2, 3, rng=np.random.default_rng(0))
    held, copied = layer.state_dict(copy=False), layer.state_dict()
    layer.weight.data[0, 0] = 7
    assert held["weight"][0, 0] == 7 != copied["weight"][0, 0]
    optimizer = SGD(layer.parameters(), lr=0.1, momentum=0.9)
    for parameter in layer.parameters():
        parameter.grad = np.ones_like(parameter.data)
    optimizer.step()
    held, copied = optimizer.state_dict(copy=False), optimizer.state_dict()
    for slot, arrays in optimizer.state.items():
        assert arrays and np.shares_memory(held[f"{slot}.0"], arrays[0])
        assert not np.shares_memory(copied[f"{slot}.0"], arrays[0])
