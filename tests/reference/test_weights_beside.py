"""Folders of weights beside ``transformers``, where that is installed."""

import numpy as np
import pytest

from minillm.backend import open_weights, write_weights

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

SMALL = {
    "vocab_size": 50,
    "hidden_size": 8,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "max_position_embeddings": 12,
}


@pytest.fixture
def model():
    """A small BERT with random weights."""
    torch.manual_seed(0)
    return transformers.BertForMaskedLM(transformers.BertConfig(**SMALL))


def assert_same(found, state):
    """The arrays are the parameters, to the last bit."""
    for name, array in found.items():
        expected = state[name].detach()
        expected = expected.float() if expected.dtype == torch.bfloat16 else expected
        assert array.dtype == expected.numpy().dtype, name
        assert array.tobytes() == expected.numpy().tobytes(), name


@pytest.mark.parametrize("size", ["5GB", "3KB", "1KB"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_what_transformers_writes_is_read(size, dtype, model, tmp_path):
    model.to(dtype).save_pretrained(tmp_path, max_shard_size=size)
    weights = open_weights(tmp_path, check=True)
    assert (len(weights.files) > 1) == (size != "5GB")
    tied = {name for name, _ in model.named_parameters()}
    assert tied - {*weights} <= {"cls.predictions.decoder.weight", "cls.predictions.decoder.bias"}
    assert_same(weights, model.state_dict())
    assert weights.metadata == {"format": "pt"}
    assert len(weights.verify()) == len(weights.files)
    assert weights.not_finite() == ()


@pytest.mark.parametrize("max_bytes", [10**6, 3000, 1000])
def test_what_is_written_here_is_read_by_transformers(max_bytes, model, tmp_path):
    model.config.save_pretrained(tmp_path)
    arrays = {name: array.numpy() for name, array in model.state_dict().items()}
    write_weights(tmp_path, arrays, max_bytes=max_bytes)
    assert (len(open_weights(tmp_path).files) > 1) == (max_bytes < 10**6)
    loaded, told = transformers.BertForMaskedLM.from_pretrained(tmp_path, output_loading_info=True)
    assert not told["missing_keys"]
    assert not told["unexpected_keys"]
    assert {*loaded.state_dict()} == {*model.state_dict()}
    assert_same({n: a.numpy() for n, a in loaded.state_dict().items()}, model.state_dict())


@pytest.mark.parametrize("max_bytes", [300, 1000, 3000])
def test_shards_are_split_where_transformers_splits_them(max_bytes, model, tmp_path):
    model.save_pretrained(tmp_path / "theirs", max_shard_size=max_bytes)
    theirs = open_weights(tmp_path / "theirs")
    state = {
        name: model.state_dict()[name].numpy() for name in model.state_dict() if name in theirs
    }
    write_weights(tmp_path / "ours", state, max_bytes=max_bytes)
    ours = open_weights(tmp_path / "ours")
    held = [
        [(path.name, sorted(header.tensors)) for path, header in weights.headers.items()]
        for weights in (ours, theirs)
    ]
    assert held[0] == held[1]
    assert np.sum([array.nbytes for array in state.values()]) == theirs.n_bytes
