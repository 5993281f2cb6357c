"""Weights are read where they lie: what is told without reading, what is noticed, what is not."""

import builtins
import errno
import os
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st

from minillm.backend import CheckpointError, open_weights, save_arrays, write_weights
from tests.backend.weight_folders import ARRAYS, assert_same, entry, file_of, opened, single

ROOT = Path(__file__).parents[2]
LOOK = """
import resource, sys
from minillm.backend import open_weights
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
weights = open_weights(sys.argv[1])
print(weights.shapes["x"], weights["x"][12345], weights.n_bytes)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def published(folder, arrays=ARRAYS, **metadata):
    """A folder as somebody else's program writes it: without a checksum."""
    folder.mkdir(exist_ok=True)
    contents = {name: np.array(array, order="C") for name, array in arrays.items()}
    safetensors.numpy.save_file(contents, folder / "model.safetensors", metadata or None)
    return folder


def test_a_published_folder_is_a_mapping_of_its_arrays(tmp_path):
    weights = open_weights(published(tmp_path, format="pt"))
    assert_same(weights, ARRAYS)
    assert weights.metadata == {"format": "pt"}
    assert weights.n_bytes == sum(array.nbytes for array in ARRAYS.values())
    assert (len(weights), "half" in weights, "other" in weights) == (6, True, False)
    assert repr(weights) == f"WeightFiles({tmp_path}: model.safetensors; 6 arrays, 95 bytes)"
    with pytest.raises(KeyError, match="other"):
        weights["other"]


def test_arrays_are_read_only_views_of_the_file(tmp_path):
    weights = open_weights(published(tmp_path))
    for name in weights:
        with pytest.raises(ValueError, match="read-only"):
            weights[name][...] = 0
    assert np.shares_memory(weights["embed.weight"], weights["embed.weight"])
    with open(tmp_path / "model.safetensors", "r+b") as file:  # the view shows what the file holds
        file.seek(-weights.n_bytes, os.SEEK_END)
        file.write(b"\xff" * weights.n_bytes)
    assert weights["half"].tobytes() == b"\xff" * 4


def test_an_array_outlives_the_mapping_and_the_name_of_its_file(tmp_path):
    array = open_weights(published(tmp_path))["embed.weight"]
    (tmp_path / "model.safetensors").unlink()
    assert array.tolist() == ARRAYS["embed.weight"].tolist()


@given(st.lists(st.integers(0, 2**16 - 1), min_size=1, max_size=9))
def test_bfloat16_becomes_the_float32_with_the_same_upper_half(tmp_path_factory, halves):
    header = {"x": entry("BF16", (len(halves), 1), 0, 2 * len(halves))}
    data = struct.pack(f"<{len(halves)}H", *halves)
    weights = open_weights(single(tmp_path_factory.getbasetemp(), header, data))
    assert weights.dtypes["x"] == np.float32
    assert weights["x"].dtype == np.float32
    assert weights["x"].tobytes() == b"".join(struct.pack("<HH", 0, half) for half in halves)
    assert not weights["x"].flags.writeable


def test_bfloat16_without_axes_and_without_numbers(tmp_path):
    header = {"one": entry("BF16", (), 0, 2), "none": entry("BF16", (0, 3), 2, 2)}
    weights = open_weights(single(tmp_path, header, struct.pack("<H", 0x3FC0)))
    assert_same(weights, {"one": np.array(1.5, np.float32), "none": np.zeros((0, 3), np.float32)})
    assert isinstance(weights["one"], np.ndarray)


def test_metadata_are_what_all_files_say_alike(tmp_path):
    write_weights(tmp_path, {"x": np.ones(2), "y": np.ones(2)}, max_bytes=16)
    assert open_weights(tmp_path).metadata == {"format": "pt", "minillm_format": "1"}
    write_weights(tmp_path, {"x": np.ones(2)})
    assert {*open_weights(tmp_path).metadata} == {"format", "minillm_format", "sha256"}


# Memory


def sparse(folder, size):
    """A file of that many bytes of float32 zeros, of which the disk keeps nothing."""
    path = single(folder, {"x": entry(shape=(size // 4,), stop=size)}) / "model.safetensors"
    os.truncate(path, path.stat().st_size + size)
    return folder


def test_opening_two_gigabytes_reads_next_to_nothing(tmp_path):
    folder = sparse(tmp_path, 2**31)
    tracemalloc.start()
    try:
        weights = open_weights(folder)
        assert (weights["x"][12345], weights["x"][-1]) == (0, 0)
        assert tracemalloc.get_traced_memory()[1] < 10**6
    finally:
        tracemalloc.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="counts kilobytes as Linux does")
def test_opening_two_gigabytes_takes_no_memory_from_the_system(tmp_path):
    folder = sparse(tmp_path, 2**31)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    output = subprocess.run(
        [sys.executable, "-c", LOOK, folder], env=environment, capture_output=True, check=True
    ).stdout.decode()
    told, kilobytes = output.splitlines()
    assert told == "(536870912,) 0.0 2147483648"
    assert int(kilobytes) < 20_000


# Damage


def flipped(path, byte, bit):
    """The file with one bit turned over."""
    content = bytearray(path.read_bytes())
    content[byte] ^= 1 << bit
    path.write_bytes(content)


def unchanged(weights):
    """Whether the weights that were opened are the ones that were written."""
    if weights is not None:
        assert_same(weights, ARRAYS)
        assert weights.metadata.items() >= {"format": "pt", "minillm_format": "1"}.items()
    return True


@pytest.mark.parametrize(("max_bytes", "step"), [(10**6, 2), (30, 9)])
def test_a_flipped_bit_is_noticed_where_there_is_a_checksum(max_bytes, step, tmp_path, rng):
    """In every second byte, or ninth, of every file, index included: refused, or no harm done."""
    write_weights(tmp_path, ARRAYS, max_bytes=max_bytes)
    harmless = 0
    for path in sorted(tmp_path.iterdir()):
        whole = path.read_bytes()
        for byte in range(0, len(whole), step):
            flipped(path, byte, int(rng.integers(8)))
            weights = opened(tmp_path, check=True)
            harmless += unchanged(weights) and weights is not None and path.suffix != ".json"
            path.write_bytes(whole)
    assert harmless < 8 * len(open_weights(tmp_path, check=True).files)  # blanks behind a header


@given(st.data())
def test_several_flips_and_a_cut_are_never_wrong_in_silence(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damaged")
    write_weights(folder, ARRAYS, max_bytes=data.draw(st.sampled_from([10**6, 40, 1])))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(sorted(folder.iterdir())))
        size = path.stat().st_size
        if data.draw(st.booleans()) and size:
            flipped(path, data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, 7)))
        else:
            os.truncate(path, data.draw(st.integers(0, size)))
    assert unchanged(opened(folder, check=True))


def test_without_a_checksum_a_flipped_bit_in_the_data_is_not_noticed_and_told_so(tmp_path):
    path = published(tmp_path) / "model.safetensors"
    flipped(path, path.stat().st_size - 1, 0)
    weights = open_weights(tmp_path, check=True)
    assert weights.verify() == (path,)
    write_weights(tmp_path, ARRAYS)
    assert open_weights(tmp_path).verify() == ()


def test_checksums_of_save_arrays_are_compared(tmp_path):
    path = tmp_path / "model.safetensors"
    save_arrays(path, ARRAYS, {"kind": "encoder"})
    assert_same(open_weights(tmp_path, check=True), ARRAYS)
    flipped(path, path.stat().st_size - 1, 0)
    weights = open_weights(tmp_path)
    with pytest.raises(CheckpointError, match=r"model\.safetensors: damaged, .* the checksum they"):
        weights.verify()
    with pytest.raises(CheckpointError, match="damaged"):
        open_weights(tmp_path, check=True)


@pytest.mark.parametrize("metadata", [{"sha256": "0" * 64}, {"minillm_format": "1"}])
def test_half_a_checksum_is_a_damaged_one(metadata, tmp_path):
    published(tmp_path, **metadata)
    with pytest.raises(CheckpointError, match=r"damaged, .*or its sha256 was written by another"):
        open_weights(tmp_path, check=True)


def test_numbers_that_are_not_finite_are_named(tmp_path):
    big = np.ones(2**20 + 5, np.float32)
    big[-1] = np.nan
    arrays = {
        **ARRAYS,
        "last of many": big,
        "infinite": np.array(-np.inf),
        "half": np.array([1, np.inf], np.float16),
    }
    weights = open_weights(published(tmp_path, arrays))
    assert sorted(weights.not_finite()) == ["half", "infinite", "last of many"]
    published(tmp_path)
    assert open_weights(tmp_path).not_finite() == ()


def test_a_flipped_exponent_of_a_bfloat16_is_found_as_not_finite(tmp_path):
    header = {"fine": entry("BF16", (1,), 0, 2), "broken": entry("BF16", (1,), 2, 4)}
    content = file_of(header, struct.pack("<2H", 0x3F80, 0x3F80 ^ 0x4000))  # 1.0, and its bit 14
    (tmp_path / "model.safetensors").write_bytes(content)
    assert open_weights(tmp_path)["fine"].tolist() == [1.0]
    assert open_weights(tmp_path).not_finite() == ("broken",)


def test_a_file_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    published(tmp_path)

    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(builtins, "open", refuse)
    with pytest.raises(PermissionError, match=rf"{tmp_path.name}/model\.safetensors"):
        open_weights(tmp_path)
