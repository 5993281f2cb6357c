"""What is written is read by others and by ourselves, and never is half of it there."""

import errno
import json
import os
import string
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from minillm.backend import CheckpointError, load_arrays, open_weights, write_weights
from minillm.backend.array_files import DTYPES
from tests.backend.weight_folders import ARRAYS, assert_same, sharded

ROOT = Path(__file__).parents[2]
A, B = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
INDEX = "model.safetensors.index.json"
DIE_AT_EACH_STEP = """
import os, signal, sys
from pathlib import Path
import numpy as np
from minillm.backend import write_weights

folder, old, new = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
steps = 0

def two(value):
    return {"x": np.full(2, value), "y": np.full(2, value)}

def counted(change):
    def step(*arguments, **options):
        global steps
        if steps == deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        steps += 1
        return change(*arguments, **options)
    return step

deadly, code = -1, 9
while code:
    deadly += 1
    write_weights(folder / str(deadly), two(1.0), max_bytes=old)
    child = os.fork()
    if not child:
        os.replace, Path.unlink = counted(os.replace), counted(Path.unlink)
        write_weights(folder / str(deadly), two(2.0), max_bytes=new)
        os._exit(0)
    code = os.waitpid(child, 0)[1]
"""


def two(value):
    """Two arrays of that value; in shards of 16 bytes each has its own."""
    return {"x": np.full(2, value), "y": np.full(2, value)}


def file_names(folder):
    """What lies in the folder, hidden files too."""
    return sorted(os.listdir(folder))


def test_what_fits_is_one_file_as_published(tmp_path):
    write_weights(tmp_path / "new" / "model", ARRAYS)
    assert file_names(tmp_path / "new" / "model") == ["model.safetensors"]
    assert_same(open_weights(tmp_path / "new" / "model", check=True), ARRAYS)
    path = tmp_path / "new" / "model" / "model.safetensors"
    loaded = safetensors.numpy.load_file(path)
    assert {name: (a.dtype, a.tolist()) for name, a in loaded.items()} == {
        name: (a.dtype, a.tolist()) for name, a in ARRAYS.items()
    }
    with safetensors.safe_open(path, framework="numpy") as file:
        assert file.metadata()["format"] == "pt"
    assert {*load_arrays(path)[0]} == {*ARRAYS}  # which compares our checksum
    assert load_arrays(path)[1] == {"format": "pt"}


def test_what_does_not_fit_is_shards_with_their_index(tmp_path):
    write_weights(tmp_path, {**two(1.0), "z": np.ones(1)}, max_bytes=24)
    assert file_names(tmp_path) == [A, B, INDEX]
    index = json.loads((tmp_path / INDEX).read_text(encoding="utf-8"))
    assert index["weight_map"] == {"x": A, "y": B, "z": B}
    assert index["metadata"]["total_size"] == 40
    weights = open_weights(tmp_path, check=True)
    assert_same(weights, {**two(1.0), "z": np.ones(1)})
    for name in (A, B):
        loaded = safetensors.numpy.load_file(tmp_path / name)
        assert {*loaded} == {n for n, file in index["weight_map"].items() if file == name}
        with safetensors.safe_open(tmp_path / name, framework="numpy") as file:
            assert file.metadata()["format"] == "pt"
            assert index["metadata"]["sha256"][name] == file.metadata()["sha256"]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([6, 6, 2, 6, 2, 2], [[0], [1, 2], [3, 4, 5]]),
        ([4, 11, 4], [[1], [0, 2]]),  # what is larger than a shard comes before the open one
        ([10, 0, 1], [[0, 1], [2]]),
        ([11], [[0]]),
        ([], [[]]),
    ],
)
def test_shards_of_ten_bytes_are_filled_in_order(sizes, expected, tmp_path):
    write_weights(
        tmp_path, {str(i): np.zeros(n, np.uint8) for i, n in enumerate(sizes)}, max_bytes=10
    )
    weights = open_weights(tmp_path)
    held = [sorted(weights.headers[path].tensors) for path in weights.files]
    assert held == [[str(i) for i in group] for group in expected]
    assert len(weights.files) == 1 or weights.files[0].name.endswith(
        f"-of-{len(held):05d}.safetensors"
    )


names = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.text(
    string.ascii_letters
)
shapes = arrays_of.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
any_array = st.sampled_from([*DTYPES.values()]).flatmap(lambda d: arrays_of.arrays(d, shapes))


@given(
    st.dictionaries(names.filter(lambda n: n != "__metadata__"), any_array, max_size=6), st.data()
)
def test_any_arrays_come_back_from_any_shards(tmp_path_factory, arrays, data):
    folder = tmp_path_factory.mktemp("any")
    write_weights(folder, arrays, max_bytes=data.draw(st.integers(1, 200)))
    weights = open_weights(folder, check=True)
    assert_same(weights, arrays)
    assert weights.verify() == ()
    loaded = {}
    for path in weights.files:
        loaded |= safetensors.numpy.load_file(path)
    assert {n: (a.dtype, a.tobytes()) for n, a in loaded.items()} == {
        n: (a.dtype, a.tobytes()) for n, a in arrays.items()
    }


def test_arrays_of_another_byte_order_or_layout_are_stored_as_numbers(tmp_path):
    grid = np.arange(6.0).reshape(2, 3)
    write_weights(tmp_path, {"big": grid.astype(">f4"), "columns": grid.T, "some": grid[:, ::-2]})
    weights = open_weights(tmp_path, check=True)
    assert weights["big"].tolist() == grid.tolist()
    assert weights["columns"].tolist() == grid.T.tolist()
    assert weights["some"].tolist() == grid[:, ::-2].tolist()
    assert weights.dtypes["big"] == np.dtype("=f4")


def test_every_array_begins_where_its_numbers_may_begin_in_memory(tmp_path):
    write_weights(tmp_path, {"a": np.array([True]), "b": np.ones(1), "c": np.ones(1, np.float32)})
    assert all(array.flags.aligned for array in open_weights(tmp_path).values())


def test_equal_arrays_give_equal_files(tmp_path):
    for folder in ("a", "b"):
        write_weights(tmp_path / folder, ARRAYS, max_bytes=30)
    assert file_names(tmp_path / "a") == file_names(tmp_path / "b")
    for name in file_names(tmp_path / "a"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_writing_copies_no_array(tmp_path):
    arrays = {"x": np.zeros(2**20), "y": np.zeros(2**20)}
    tracemalloc.start()
    try:
        write_weights(tmp_path, arrays)
        assert tracemalloc.get_traced_memory()[1] < 9 * 2**20  # of 16; the checksum takes one array
    finally:
        tracemalloc.stop()


# Refused before anything is written


@pytest.mark.parametrize(
    ("arrays", "options", "error", "reason"),
    [
        ({"x": np.ones(1), "w": np.array(["a"])}, {}, TypeError, "w: .* cannot be saved"),
        ({"w": np.ones(1, complex)}, {}, TypeError, "w: complex128 cannot be saved"),
        ({"__metadata__": np.ones(1)}, {}, ValueError, "__metadata__ is a name that the file"),
        ({"\ud800": np.ones(1)}, {}, ValueError, "surrogates not allowed"),
        ({"x": np.ones(1)}, {"max_bytes": 0}, ValueError, "max_bytes must be at least 1, not 0"),
    ],
)
def test_what_cannot_be_written_changes_nothing(arrays, options, error, reason, tmp_path):
    write_weights(tmp_path, two(1.0), max_bytes=16)
    with pytest.raises(error, match=reason):
        write_weights(tmp_path, arrays, **options)
    assert_same(open_weights(tmp_path, check=True), two(1.0))
    with pytest.raises(error, match=reason):
        write_weights(tmp_path / "new", arrays, **options)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["model.safetensors", A, INDEX])
def test_a_link_out_of_the_folder_is_not_written_through(name, tmp_path):
    (tmp_path / "precious").write_bytes(b"kept")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / name).symlink_to("../precious")
    with pytest.raises(CheckpointError, match=f"model/{name}: a link that leads out of its folder"):
        write_weights(tmp_path / "model", two(1.0), max_bytes=16)
    assert (tmp_path / "precious").read_bytes() == b"kept"
    assert file_names(tmp_path / "model") == [name]


@pytest.mark.parametrize("name", ["model.safetensors", A, INDEX])
def test_a_folder_in_place_of_a_file_is_named_before_anything_is_written(name, tmp_path):
    (tmp_path / name).mkdir()
    with pytest.raises(IsADirectoryError, match=name):
        write_weights(tmp_path, two(1.0), max_bytes=16)
    assert file_names(tmp_path) == [name]


def test_a_file_in_place_of_the_folder_is_an_error_of_the_system(tmp_path):
    (tmp_path / "model").write_bytes(b"")
    with pytest.raises(OSError, match="model"):
        write_weights(tmp_path / "model", two(1.0))


# One set in place of another


@pytest.mark.parametrize("old", [16, 10**6, 8])
@pytest.mark.parametrize("new", [16, 10**6, 8])
def test_a_new_set_takes_the_place_of_the_old_one_and_leaves_nothing_of_it(old, new, tmp_path):
    write_weights(tmp_path, {**two(1.0), "old": np.ones(9)}, max_bytes=old)
    kept = ["config.json", "model-1-of-2.safetensors", "pytorch_model.bin"]
    for name in kept:
        (tmp_path / name).write_bytes(b"not ours")
    write_weights(tmp_path, two(2.0), max_bytes=new)
    weights = open_weights(tmp_path, check=True)
    assert_same(weights, two(2.0))
    expected = {*kept, *(path.name for path in weights.files)}
    assert {*file_names(tmp_path)} == expected | ({INDEX} if len(weights.files) > 1 else set())


def test_weights_that_are_open_can_be_written_into_their_own_folder(tmp_path):
    write_weights(tmp_path, ARRAYS, max_bytes=30)
    weights = open_weights(tmp_path)
    for max_bytes in (30, 10**6, 1):
        write_weights(tmp_path, weights, max_bytes=max_bytes)
        assert_same(weights, ARRAYS)
        assert_same(open_weights(tmp_path, check=True), ARRAYS)


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "no space"), KeyboardInterrupt()])
def test_a_disk_that_is_full_at_the_second_shard_changes_nothing(
    call, error, tmp_path, monkeypatch
):
    write_weights(tmp_path, two(1.0))
    real, calls = getattr(os, call), []

    def fail(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise error
        return real(*arguments)

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(type(error)) as caught:
        write_weights(tmp_path, two(2.0), max_bytes=16)
    if isinstance(error, OSError):
        assert caught.value.filename == str(tmp_path / B)
    assert_same(open_weights(tmp_path, check=True), two(1.0))
    assert not any(name.endswith(".tmp") for name in file_names(tmp_path))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes to kill here")
@pytest.mark.parametrize("old", [16, 10**6])
@pytest.mark.parametrize("new", [16, 10**6])
def test_a_process_killed_at_any_step_leaves_one_set_or_says_that_it_is_mixed(old, new, tmp_path):
    """A step is a file renamed or removed; only shards in place of shards can be found mixed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", DIE_AT_EACH_STEP, tmp_path, str(old), str(new)]
    subprocess.run(command, env=environment, check=True)
    found = []
    for folder in sorted(tmp_path.iterdir()):
        try:
            weights = open_weights(folder, check=True)
        except CheckpointError as error:
            assert "not of the set that model.safetensors.index.json was written with" in str(error)
            found.append("mixed")
        else:
            found.append(float(weights["x"][0]))
            assert_same(weights, two(found[-1]))
        write_weights(folder, two(3.0), max_bytes=new)  # also after that the next one is written
        assert_same(open_weights(folder, check=True), two(3.0))
        assert not any(name.endswith(".tmp") for name in file_names(folder))
    assert (
        found
        == {
            (16, 16): [1.0, "mixed", "mixed", 2.0, 2.0],
            (10**6, 10**6): [1.0, 2.0, 2.0],
            (16, 10**6): [1.0, 2.0, 2.0, 2.0, 2.0],
            (10**6, 16): [1.0, 1.0, 1.0, 1.0, 2.0],
        }[old, new]
    )


def test_shards_of_another_program_and_ours_are_not_mixed(tmp_path):
    """Its index knows no checksums: what is left of its shards has none, ours have."""
    write_weights(tmp_path / "ours", two(1.0), max_bytes=16)
    theirs, map_of = {A: {"x": 2.0}, B: {"y": 2.0}}, {"x": A, "y": B}
    assert len(open_weights(sharded(tmp_path / "theirs", map_of, theirs))) == 2
    (tmp_path / "theirs" / A).write_bytes((tmp_path / "ours" / A).read_bytes())
    with pytest.raises(CheckpointError, match=f"{B}: not of one set with the others, which have"):
        open_weights(tmp_path / "theirs")
    (tmp_path / "theirs" / B).write_bytes((tmp_path / "ours" / B).read_bytes())
    assert_same(open_weights(tmp_path / "theirs", check=True), two(1.0))


def test_shards_of_two_sets_are_not_mixed(tmp_path):
    for value in (1.0, 2.0):
        write_weights(tmp_path / str(value), two(value), max_bytes=16)
    (tmp_path / "1.0" / B).write_bytes((tmp_path / "2.0" / B).read_bytes())
    with pytest.raises(CheckpointError, match=f"{B}: not of the set that"):
        open_weights(tmp_path / "1.0")
