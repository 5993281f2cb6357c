import json
import math
import os
import struct

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st

from minillm.backend import CheckpointError, load_arrays, read_safetensors, save_arrays

PAYLOAD = np.array([0x7FF8000000000123, 0xFFF8000000000001], dtype=np.uint64).view(np.float64)
GRID = np.arange(24.0).reshape(4, 6)
KINDS = {
    "float32": np.array([1.5, -2.0, 1e-45], dtype=np.float32),
    "float64": np.array([math.pi, 5e-324, math.inf]),
    "float16": np.array([0.1, 65504], dtype=np.float16),
    "int64": np.array([-(2**63), 2**63 - 1]),
    "uint8": np.array([0, 255], dtype=np.uint8),
    "bool": np.array([True, False, True]),
    "0-d": np.array(3.5),
    "size 0": np.zeros((2, 0, 3), dtype=np.float32),
    "Fortran order": np.asfortranarray(GRID),
    "strided": GRID[::2, 1::3],
    "reversed": GRID[::-1, ::-1],
    "stride 0": np.broadcast_to(np.float32(2), (3, 5)),
    "read-only": GRID[0],
    "NaN payloads": PAYLOAD,
    "negative zero": np.array([-0.0, 0.0]),
    "层.权重 é\n\0": np.ones(2),
    "": np.ones(1),
}
KINDS["read-only"].flags.writeable = False
METADATA = {"kind": "测试", "empty": "", "text": "two\nlines\0"}


def save(path, arrays=None, **metadata):
    """Save and give the path back."""
    save_arrays(path, KINDS if arrays is None else arrays, metadata)
    return path


def assert_same_arrays(found, expected):
    """Equal to the last bit, in dtype and in shape."""
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape), name
        assert found[name].tobytes() == np.ascontiguousarray(array).tobytes(), name


def test_arrays_of_every_kind_come_back_bit_for_bit(tmp_path):
    arrays, metadata = load_arrays(save(tmp_path / "a", **METADATA))
    assert_same_arrays(arrays, KINDS)
    assert metadata == METADATA


@given(st.dictionaries(st.text(max_size=5), st.lists(st.floats(width=32), max_size=5), max_size=5))
def test_any_names_and_numbers_come_back(tmp_path_factory, content):
    arrays = {name: np.array(row, dtype=np.float32) for name, row in content.items()}
    path = tmp_path_factory.getbasetemp() / "any.safetensors"
    assert_same_arrays(load_arrays(save(path, arrays))[0], arrays)


def test_what_was_loaded_may_be_written_into_and_is_no_part_of_the_file(tmp_path):
    path = save(tmp_path / "a")
    arrays, _ = load_arrays(path)
    arrays["float32"][:] = 7
    assert_same_arrays(load_arrays(path)[0], KINDS)


def test_another_byte_order_is_turned_into_this_machines(tmp_path):
    path = save(tmp_path / "a", {"x": np.arange(3, dtype=">f4"), "y": np.arange(3, dtype="<i8")})
    arrays, _ = load_arrays(path)
    assert [arrays["x"].tolist(), arrays["y"].tolist()] == [[0.0, 1.0, 2.0], [0, 1, 2]]
    assert (arrays["x"].dtype, arrays["y"].dtype) == (np.float32, np.int64)


def test_saving_does_not_change_what_is_saved(tmp_path):
    arrays, metadata = {"x": np.asfortranarray(GRID)}, {"kind": "a"}
    save_arrays(tmp_path / "a", arrays, metadata)
    assert arrays["x"].flags.f_contiguous
    assert metadata == {"kind": "a"}


def test_what_was_loaded_can_be_saved_again_as_the_same_file(tmp_path):
    first, second = save(tmp_path / "a", **METADATA), tmp_path / "b"
    save_arrays(second, *load_arrays(first))
    assert_same_arrays(load_arrays(second)[0], KINDS)
    assert load_arrays(second)[1] == METADATA


def test_missing_folders_are_made_and_nothing_but_the_file_is_left(tmp_path):
    path = save(tmp_path / "new" / "folder" / "a.safetensors")
    assert os.listdir(path.parent) == ["a.safetensors"]


def test_the_file_is_an_ordinary_safetensors_file(tmp_path):
    loaded = safetensors.numpy.load_file(save(tmp_path / "a"))
    assert_same_arrays(loaded, KINDS)


@pytest.mark.parametrize(
    "array",
    [np.array(["a"]), np.array([{}], dtype=object), np.ones(2, complex), np.ones(1, np.longdouble)],
)
def test_an_array_that_the_format_does_not_know_is_refused_by_name(array, tmp_path):
    with pytest.raises(TypeError, match=r"weights\.0: .* cannot be saved, only booleans, integers"):
        save(tmp_path / "a", {"fine": np.ones(1), "weights.0": array})
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["sha256", "minillm_format"])
def test_metadata_that_the_format_adds_itself_is_refused(name, tmp_path):
    with pytest.raises(ValueError, match=f"names kept for the file format: {name}"):
        save(tmp_path / "a", **{name: "1"})
    with pytest.raises(ValueError, match="names kept for the file format: __metadata__"):
        save(tmp_path / "a", {"__metadata__": np.ones(1)})
    assert os.listdir(tmp_path) == []


# Damaged files


SMALL = {"weight": np.arange(6, dtype=np.float32).reshape(2, 3), "bias": np.array([True, False])}


def refused_or_unchanged(path):
    """Whether a load raised ``CheckpointError``; otherwise the contents must be the old ones."""
    try:
        arrays, metadata = load_arrays(path)
    except CheckpointError as error:
        assert str(path) in str(error)
        return True
    assert_same_arrays(arrays, SMALL)
    assert metadata == {"kind": "测试"}
    return False


def test_a_file_cut_off_at_any_byte_is_refused(tmp_path):
    path = save(tmp_path / "a", SMALL, kind="测试")
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert refused_or_unchanged(path), length


def harmless_flips(path, bits):
    """How many of ``bits``, flipped one at a time, leave the contents as they are."""
    whole = save(path, SMALL, kind="测试").read_bytes()
    harmless = 0
    for bit in bits:
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        harmless += not refused_or_unchanged(path)
    return harmless


def test_a_flipped_bit_is_refused_in_every_byte(tmp_path, rng):
    """Only in the blanks that fill up the header may one do no harm."""
    size = len(save(tmp_path / "a", SMALL, kind="测试").read_bytes())
    bits = 8 * np.arange(size) + rng.integers(8, size=size)
    assert harmless_flips(tmp_path / "a", bits.tolist()) < 8


@pytest.mark.slow
def test_a_flipped_bit_is_refused_wherever_it_is(tmp_path):
    size = len(save(tmp_path / "a", SMALL, kind="测试").read_bytes())
    assert harmless_flips(tmp_path / "a", range(8 * size)) < 32


def test_swapped_tensors_of_one_size_are_refused(tmp_path):
    """Two arrays that trade places leave every byte of the data in the file."""
    path = save(tmp_path / "a", {"a1": np.ones(3), "b1": np.zeros(3)})
    header, name = path.read_bytes(), (b'"a1"', b'"b1"')
    path.write_bytes(
        header.replace(name[0], b'"  "').replace(name[1], name[0]).replace(b'"  "', name[1])
    )
    with pytest.raises(CheckpointError, match="damaged"):
        load_arrays(path)


def test_trailing_bytes_are_refused(tmp_path):
    path = save(tmp_path / "a", SMALL, kind="测试")
    path.write_bytes(path.read_bytes() + b"\0")
    assert refused_or_unchanged(path)


@given(st.binary(max_size=300))
def test_random_bytes_never_load(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "random.safetensors"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"random\.safetensors"):
        load_arrays(path)


def tensor(dtype="F32", shape=(1,), start=0, stop=4):
    """An entry of a safetensors header."""
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, stop]}


@pytest.mark.parametrize(
    "header",
    [
        {"x": tensor(shape=(2**62, 2**62))},
        {"x": tensor(shape=(2**40,), stop=2**42)},
        {"x": tensor(shape=(-1,))},
        {"x": tensor(shape=(2,))},
        {"x": tensor(start=4, stop=8)},
        {"x": tensor(start=4, stop=0)},
        {"x": tensor(dtype="F33")},
        {"x": tensor(dtype="BF16", shape=(3,))},
        {"x": tensor(), "y": tensor()},
        {"x": {}},
        {"x": 1},
        [],
        "text",
    ],
)
def test_a_header_that_lies_is_refused(header, tmp_path):
    text = json.dumps(header).encode()
    path = tmp_path / "liar"
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"\0" * 4)
    for read in (load_arrays, read_safetensors):
        with pytest.raises(CheckpointError, match="liar: damaged, or not a safetensors file"):
            read(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff" * 8,
        struct.pack("<Q", 2**63) + b"{}",
        struct.pack("<Q", 100_008) + b'{"x":   ' + b"[" * 100_000,
        b"\x80\x04\x95",  # how a pickle begins
        b"PK\x03\x04",  # how an npz begins
    ],
)
def test_what_is_no_safetensors_file_is_refused(content, tmp_path):
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="other: damaged, or not a safetensors file"):
        load_arrays(path)


def test_a_safetensors_file_of_somebody_else_is_refused(tmp_path):
    path = tmp_path / "a"
    for metadata in (None, {"format": "np"}):
        safetensors.numpy.save_file({"x": np.ones(1)}, path, metadata=metadata)
        with pytest.raises(CheckpointError, match="not one that minillm wrote"):
            load_arrays(path)


def test_a_newer_format_is_refused_with_both_versions(tmp_path):
    path = tmp_path / "a"
    safetensors.numpy.save_file({"x": np.ones(1)}, path, metadata={"minillm_format": "2"})
    with pytest.raises(CheckpointError, match="format 2, this version reads format 1"):
        load_arrays(path)


def test_a_file_without_checksum_is_refused(tmp_path):
    path = tmp_path / "a"
    safetensors.numpy.save_file({"x": np.ones(1)}, path, metadata={"minillm_format": "1"})
    with pytest.raises(CheckpointError, match="do not have the checksum they had"):
        load_arrays(path)


def test_a_missing_file_and_a_folder_are_errors_of_the_system_with_the_path(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_arrays(tmp_path / "nowhere")
    with pytest.raises(IsADirectoryError, match=tmp_path.name):
        load_arrays(tmp_path)


# Files of others


def write_by_hand(path, entries, data, metadata=None):
    """A safetensors file made of its parts, as somebody else's program may have written it."""
    header = dict(entries) if metadata is None else {"__metadata__": metadata, **entries}
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def test_a_foreign_file_is_read_with_all_its_kinds_and_its_metadata(tmp_path):
    path = tmp_path / "published"
    for metadata in ({}, {"format": "pt", "names": "层"}):
        contents = {name: np.array(array, order="C") for name, array in KINDS.items()}
        safetensors.numpy.save_file(contents, path, metadata=metadata or None)
        arrays, found = read_safetensors(path)
        assert_same_arrays(arrays, KINDS)
        assert found == metadata


def test_what_was_read_from_a_foreign_file_may_be_written_into(tmp_path):
    path = tmp_path / "published"
    safetensors.numpy.save_file({"x": np.ones((2, 3), np.float32)}, path)
    arrays, _ = read_safetensors(path)
    arrays["x"][0, 1] = 7
    assert read_safetensors(path)[0]["x"].tolist() == [[1.0] * 3] * 2


def test_our_own_files_are_read_as_any_other(tmp_path):
    arrays, metadata = read_safetensors(save(tmp_path / "a", **METADATA))
    assert_same_arrays(arrays, KINDS)
    assert {name: metadata[name] for name in METADATA} == METADATA


@given(st.lists(st.integers(0, 2**16 - 1), min_size=1, max_size=9))
def test_bfloat16_becomes_the_float32_of_the_same_value(tmp_path_factory, halves):
    """Sign, 8 bits of exponent, 7 bits of fraction: value = (-1)^s 2^(e - 127) (1 + f / 128)."""
    path = tmp_path_factory.getbasetemp() / "half"
    entry = tensor("BF16", (len(halves), 1), 0, 2 * len(halves))
    write_by_hand(path, {"x": entry}, struct.pack(f"<{len(halves)}H", *halves))
    found = read_safetensors(path)[0]["x"]
    assert (found.dtype, found.shape) == (np.float32, (len(halves), 1))
    for half, value in zip(halves, found[:, 0].tolist(), strict=True):
        sign, exponent, fraction = half >> 15, half >> 7 & 0xFF, half & 0x7F
        if exponent == 0xFF:
            expected = math.nan if fraction else math.inf
        elif exponent == 0:
            expected = 2.0**-126 * fraction / 128
        else:
            expected = 2.0 ** (exponent - 127) * (1 + fraction / 128)
        np.testing.assert_equal(value, (-1) ** sign * expected)


def test_bfloat16_beside_other_kinds_and_without_axes(tmp_path):
    entries = {
        "one": tensor("BF16", (), 4, 6),
        "two": tensor("F32", (1,), 0, 4),
        "none": tensor("BF16", (0, 3), 6, 6),
    }
    path = write_by_hand(tmp_path / "a", entries, struct.pack("<fH", -2.5, 0x3FC0))
    arrays, metadata = read_safetensors(path)
    assert {name: (a.dtype, a.shape, a.tolist()) for name, a in arrays.items()} == {
        "one": (np.float32, (), 1.5),
        "two": (np.float32, (1,), [-2.5]),
        "none": (np.float32, (0, 3), []),
    }
    assert metadata == {}


@pytest.mark.parametrize("dtype", ["F8_E4M3", "F8_E5M2"])
def test_numbers_of_a_kind_that_numpy_lacks_are_refused_by_name(dtype, tmp_path):
    entries = {"fine": tensor(), "block.weight": tensor(dtype, (2,), 4, 6)}
    path = write_by_hand(tmp_path / "a", entries, b"\0" * 6)
    with pytest.raises(CheckpointError, match=f"block.weight is stored as {dtype}, which NumPy"):
        read_safetensors(path)


def test_a_foreign_file_that_is_missing_or_cut_off_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read_safetensors(tmp_path / "nowhere")
    path = tmp_path / "a"
    safetensors.numpy.save_file({"x": np.ones(3)}, path)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(CheckpointError, match="damaged, or not a safetensors file"):
            read_safetensors(path)
