"""Safetensors files and indexes made of their parts, as somebody else's program may write them."""

import json
import struct

import numpy as np

from minillm.backend import CheckpointError, open_weights

ARRAYS = {
    "embed.weight": np.arange(12, dtype=np.float32).reshape(4, 3),
    "half": np.array([0.1, 65504], dtype=np.float16),
    "scale": np.array(2.5),
    "empty": np.zeros((2, 0, 3), dtype=np.float32),
    "mask": np.array([True, False, True]),
    "层.权重 é": np.arange(4)[::-1],
}


def entry(kind="F32", shape=(1,), start=0, stop=4):
    """What a header says of one tensor."""
    return {"dtype": kind, "shape": list(shape), "data_offsets": [start, stop]}


def file_of(header, data=b""):
    """The bytes of a file; a header that is no text is written as JSON."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def single(folder, header, data=b""):
    """A folder with one hand-made ``model.safetensors``."""
    folder.mkdir(exist_ok=True)
    (folder / "model.safetensors").write_bytes(file_of(header, data))
    return folder


def numbers(**values):
    """A file with one float32 for each name."""
    header = {name: entry(start=4 * i, stop=4 * i + 4) for i, name in enumerate(values)}
    return file_of(header, struct.pack(f"<{len(values)}f", *values.values()))


def sharded(folder, weight_map, shards, **index):
    """A folder with an index and shards, each given as its floats by name or as its bytes."""
    folder.mkdir(exist_ok=True)
    for name, content in shards.items():
        content = content if isinstance(content, bytes) else numbers(**content)
        (folder / name).write_bytes(content)
    text = json.dumps({"metadata": {}, "weight_map": weight_map, **index})
    (folder / "model.safetensors.index.json").write_text(text, encoding="utf-8")
    return folder


def assert_same(found, expected):
    """Equal to the last bit, in dtype and in shape, and told so without being read."""
    assert {*found} == {*expected}
    for name, array in expected.items():
        assert found[name].dtype == found.dtypes[name] == array.dtype, name
        assert found[name].shape == found.shapes[name] == array.shape, name
        assert found[name].tobytes() == np.ascontiguousarray(array).tobytes(), name


def opened(folder, **options):
    """The weights, or None where they are refused as they should be."""
    try:
        return open_weights(folder, **options)
    except (CheckpointError, OSError) as error:
        assert str(folder) in str(error)
        return None
