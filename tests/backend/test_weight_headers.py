"""A header that does not fit its file is refused, by file, tensor and reason."""

import json
import os
import struct
import tracemalloc

import numpy as np
import pytest
import safetensors
from hypothesis import given
from hypothesis import strategies as st

from minillm.backend import CheckpointError, open_weights
from tests.backend.weight_folders import entry, file_of, numbers, opened, single

HALF_PAIR = rb'{"\ud800": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}'
TWICE = b'{"x": {"dtype":"F32","shape":[1],"data_offsets":[0,4]}, "x": {"dtype":"F32"}}'
TWICE_INSIDE = b'{"x": {"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}'

LIES = [
    ({"x": entry(stop=2**42)}, "'x' should lie at bytes .0, 4398046511104. of 4 bytes of data"),
    ({"x": entry(start=4, stop=8)}, "'x' should lie at bytes .4, 8. of 4 bytes"),
    ({"x": entry(start=4, stop=0)}, "'x' should lie at bytes .4, 0. of 4 bytes"),
    ({"x": entry(shape=(2**62, 2**62))}, "'x' has the shape .*, too large for an array"),
    ({"x": entry(shape=(0, 2**62, 2**62), stop=0)}, "'x' has the shape .*, too large for an arr"),
    ({"x": entry(shape=(1,) * 65)}, "'x' has the shape .*, too large for an array"),
    ({"x": entry(shape=(2**61 + 1,))}, "'x' has the shape .*, too large"),  # 4 bytes modulo 2^63
    ({"x": entry(shape=(2,))}, "'x' is damaged: F32 of the shape .2. are 8 bytes, not 4"),
    ({"x": entry("F64")}, "'x' is damaged: F64 of the shape .1. are 8 bytes, not 4"),
    ({"x": entry(shape=(-1,))}, "'x' is damaged: its shape is not a list of sizes"),
    ({"x": entry(shape=(True,))}, "'x' is damaged: its shape is not a list of sizes"),
    ({"x": entry(shape=(1.0,))}, "'x' is damaged: its shape is not a list of sizes"),
    ({"x": {**entry(), "shape": 1}}, "'x' is damaged: its shape is not a list of sizes"),
    ({"x": entry(start=-4)}, "'x' is damaged: its data_offsets is not a list of sizes"),
    ({"x": {**entry(), "data_offsets": [0, 4, 4]}}, "'x' should lie at bytes"),
    ({"x": {**entry(), "data_offsets": [0]}}, "'x' should lie at bytes"),
    ({"x": {}}, "'x' is damaged: it needs dtype, shape and data_offsets"),
    ({"x": 1}, "'x' is damaged: it needs dtype, shape and data_offsets"),
    ({"x": entry(), "y": entry()}, "'y' is damaged: byte 0 overlaps the one before it"),
    ({"y": entry("U8", (3,), 0, 3), "x": entry("U8", (2,), 2, 4)}, "'x' .* byte 2 overlaps"),
    ({"y": entry("U8", (1,), 0, 1), "x": entry("U8", (2,), 2, 4)}, "'x' .* 2 has a hole before"),
    ({"x": entry("U8", (2,), 2, 4)}, "'x' is damaged: byte 2 has a hole before it"),
    ({"x": entry("U8", (3,), 0, 3)}, "damaged, 1 bytes at its end are no tensor's"),
    ({}, "damaged, 4 bytes at its end are no tensor's"),
    ({"x": entry("F8_E4M3", (4,))}, "'x' is stored as 'F8_E4M3', which NumPy"),
    ({"x": entry("C64")}, "'x' is stored as 'C64', which NumPy or this version does not read"),
    ({"x": {**entry(), "dtype": ["F32"]}}, "'x' is stored as .*, which NumPy"),
    ({"__metadata__": {"a": 1}, "x": entry()}, "its __metadata__ is damaged"),
    ({"__metadata__": "pt", "x": entry()}, "its __metadata__ is damaged"),
    ([], "the header is damaged: not a JSON object"),
    ("text", "the header is damaged: not a JSON object"),
    (b"", "the header is damaged: not a JSON object"),
    (b"{", "the header is damaged: Expecting"),
    (b' {"x": 1}', "the header is damaged: not a JSON object"),
    (b'{"x": 1}}', "the header is damaged: Extra data"),
    (b'{"x\xff": 1}', "the header is damaged: 'utf-8' codec"),
    ('{"x": 1}'.encode("utf-16-le"), "the header is damaged: "),
    (b'{"x": NaN}', "the header is damaged: NaN is not JSON"),
    (b'{"x": ' + b"[" * 100_000, "the header is damaged: .*recursion"),
    (b'{"x": ' + b"9" * 5000 + b"}", "the header is damaged: .*digits"),
    (TWICE, "the header is damaged: 'x' stands in it twice"),
    (TWICE_INSIDE, "the header is damaged: 'shape' stands in it twice"),
    (HALF_PAIR, "the header is damaged: .*surrogates not allowed"),
]


@pytest.mark.parametrize(("header", "reason"), LIES)
def test_a_header_that_lies_is_refused_with_file_tensor_and_reason(header, reason, tmp_path):
    folder = single(tmp_path / "model", header, b"\0\0\0\0")
    with pytest.raises(CheckpointError, match=rf"model/model\.safetensors: .*{reason}") as caught:
        open_weights(folder)
    assert len(str(caught.value)) < 1000


def test_the_same_header_without_its_lie_is_read(tmp_path):
    weights = open_weights(single(tmp_path, {"x": entry()}, struct.pack("<f", 1.5)))
    assert weights["x"].tolist() == [1.5]
    for extra in ({"__metadata__": None}, {"__metadata__": {"a": "b"}}):
        weights = open_weights(single(tmp_path, {"x": entry(), **extra}, struct.pack("<f", 2.5)))
        assert weights["x"].tolist() == [2.5]
        assert weights.metadata == (extra["__metadata__"] or {})


@pytest.mark.parametrize("length", [2**63, 2**64 - 1, 10**13, 3])
def test_a_header_longer_than_the_file_is_never_allocated(length, tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(struct.pack("<Q", length) + b"{}")
    tracemalloc.start()
    try:
        with pytest.raises(CheckpointError, match=f"should have {length} bytes and 2 bytes are"):
            open_weights(tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 10**6
    finally:
        tracemalloc.stop()


def test_a_header_larger_than_the_format_allows_is_not_read(tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(struct.pack("<Q", 100_000_001) + b"{")
    os.truncate(path, 200_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(CheckpointError, match="a header of 100000001 bytes; at most 100000000"):
            open_weights(tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 10**6
    finally:
        tracemalloc.stop()


def test_a_file_cut_off_at_any_byte_is_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    whole = numbers(weight=1.0, bias=2.0)
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(CheckpointError, match=r"model\.safetensors: .*(damaged|cut off)"):
            open_weights(tmp_path)
    path.write_bytes(whole + b"\0")
    with pytest.raises(CheckpointError, match="1 bytes at its end are no tensor's"):
        open_weights(tmp_path)


@given(st.binary(max_size=300))
def test_random_bytes_are_refused(tmp_path_factory, content):
    folder = tmp_path_factory.getbasetemp()
    (folder / "model.safetensors").write_bytes(content)
    assert opened(folder) is None


sizes = st.integers(0, 6)
entries = st.builds(
    lambda kind, shape, start, length: entry(kind, shape, start, start + length),
    st.sampled_from(["U8", "I8", "F16", "BF16", "BOOL"]),
    st.lists(sizes, max_size=2),
    sizes,
    sizes,
)


def accepted_by_the_library(path):
    """Whether safetensors itself reads the header."""
    try:
        with safetensors.safe_open(path, framework="numpy"):
            return True
    except safetensors.SafetensorError:
        return False


def agree(folder, content):
    """Whether this reader and the library think the same of a file."""
    path = folder / "model.safetensors"
    path.write_bytes(content)
    return (opened(folder) is not None) == accepted_by_the_library(path)


@given(st.dictionaries(st.sampled_from("abc"), entries, min_size=1), sizes)
def test_headers_are_refused_where_the_library_refuses_them(tmp_path_factory, header, size):
    assert agree(tmp_path_factory.getbasetemp(), file_of(header, b"\0" * size))


@given(st.permutations(range(4)), st.integers(0, 3), st.integers(-1, 1), st.booleans())
def test_neighbours_are_refused_where_the_library_refuses_them(
    tmp_path_factory, order, moved, step, both
):
    """Four tensors one behind the other; an edge of one is moved, or both of its edges."""
    spans = [[0, 2], [2, 2], [2, 3], [3, 6]]
    spans[moved][1] += step
    spans[moved][0] += step * both
    header = {str(i): entry("U8", (max(spans[i][1] - spans[i][0], 0),), *spans[i]) for i in order}
    content = file_of(header, b"\0" * 6)
    if all(number >= 0 for span in spans for number in span):
        assert agree(tmp_path_factory.getbasetemp(), content)


@given(st.data())
def test_what_is_accepted_with_a_flipped_bit_is_accepted_by_the_library(tmp_path_factory, data):
    """Nothing else than the two errors is raised, and nothing is read that the format forbids."""
    folder = tmp_path_factory.getbasetemp()
    content = bytearray(numbers(weight=1.0, bias=2.0))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    (folder / "model.safetensors").write_bytes(content)
    weights = opened(folder)
    if weights is not None:
        assert accepted_by_the_library(folder / "model.safetensors")
        assert {name: array.shape for name, array in weights.items()} == weights.shapes


def test_names_with_signs_that_steer_a_terminal_are_shown_in_quotes(tmp_path):
    name = "\x1b[2J" + "a" * 10**6
    folder = single(tmp_path, {name: entry(stop=8)}, b"\0" * 4)
    with pytest.raises(CheckpointError, match=r"'\\x1b\[2Ja+\.\.\.'") as caught:
        open_weights(folder)
    assert len(str(caught.value)) < 1000


def test_numbers_that_do_not_begin_where_memory_likes_them_are_read(tmp_path):
    header = json.dumps({"x": entry("F64", (2,), 1, 17), "b": entry("BOOL", (1,), 0, 1)}).encode()
    for blanks in range(8):
        data = b"\1" + struct.pack("<2d", 1.5, -2.5)
        weights = open_weights(single(tmp_path, header + b" " * blanks, data))
        assert weights["x"].tolist() == [1.5, -2.5]
        assert (weights["x"] @ np.ones(2), weights["b"].tolist()) == (-1.0, [True])
