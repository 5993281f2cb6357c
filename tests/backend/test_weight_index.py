"""Which files are read: never one outside the folder, never a pickle, never half a set."""

import json
import os

import pytest

from minillm.backend import CheckpointError, open_weights
from tests.backend.weight_folders import numbers, sharded, single

A, B = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
MAP = {"x": A, "y": A, "z": B}
SHARDS = {A: {"x": 1.0, "y": 2.0}, B: {"z": 3.0}}


def refused(folder, reason, error=CheckpointError):
    """The folder is refused for that reason."""
    with pytest.raises(error, match=reason):
        open_weights(folder)


def test_shards_are_one_mapping(tmp_path):
    weights = open_weights(sharded(tmp_path, MAP, SHARDS))
    assert {name: array.tolist() for name, array in weights.items()} == {
        "x": [1.0],
        "y": [2.0],
        "z": [3.0],
    }
    assert weights.files == (tmp_path / A, tmp_path / B)
    assert weights.n_bytes == 12


def test_an_index_without_metadata_or_with_other_metadata_is_read(tmp_path):
    for metadata in (None, [], {"sha256": 1}, {"total_size": -1, "sha256": {"other": "a"}}):
        assert len(open_weights(sharded(tmp_path, MAP, SHARDS, metadata=metadata))) == 3


def test_of_a_file_and_an_index_the_file_is_taken(tmp_path):
    sharded(tmp_path, {"x": "../escape.safetensors"}, SHARDS)
    (tmp_path / "model.safetensors").write_bytes(numbers(x=9.0))
    weights = open_weights(tmp_path)
    assert weights.files == (tmp_path / "model.safetensors",)
    assert {name: array.tolist() for name, array in weights.items()} == {"x": [9.0]}


# Folders without readable weights


@pytest.mark.parametrize(
    "name", ["pytorch_model.bin", "pytorch_model-00001-of-00002.bin", "model.pt", "a.ckpt"]
)
def test_pickled_weights_are_refused_in_words(name, tmp_path):
    (tmp_path / name).write_bytes(b"\x80\x04cos\nsystem\n")
    words = f"{tmp_path.name}.*'{name}' is a pickle, and a pickle can run code when it is read; con"
    refused(tmp_path, words)


def test_pickles_beside_safetensors_are_not_looked_at(tmp_path):
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04cos\nsystem\n")
    assert len(open_weights(sharded(tmp_path, MAP, SHARDS))) == 3


def test_a_folder_without_weights_says_what_is_needed(tmp_path):
    (tmp_path / "training_args.bin").write_bytes(b"")
    refused(tmp_path, r"neither model\.safetensors nor .*index\.json in: .*", FileNotFoundError)
    (tmp_path / "adapter.safetensors").write_bytes(b"")
    refused(tmp_path, "'adapter.safetensors' would have to be named so", FileNotFoundError)


def test_what_is_no_folder_is_an_error_of_the_system_that_names_it(tmp_path):
    refused(tmp_path / "nowhere", "nowhere", FileNotFoundError)
    (tmp_path / "model.safetensors").write_bytes(numbers(x=1.0))
    refused(tmp_path / "model.safetensors", r"model\.safetensors", NotADirectoryError)


@pytest.mark.parametrize("name", ["model.safetensors", "model.safetensors.index.json", A])
def test_a_folder_in_place_of_a_file_is_named(name, tmp_path):
    sharded(tmp_path, MAP, SHARDS)
    (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / name).mkdir()
    refused(tmp_path, f"{tmp_path.name}/{name}", IsADirectoryError)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "model.safetensors")
    refused(tmp_path, r"model\.safetensors: not an ordinary file")


# An index that lies


@pytest.mark.parametrize(
    "name",
    [
        *(
            "../secret.safetensors",
            "/etc/secret.safetensors",
            "sub/a.safetensors",
            "a\\b.safetensors",
        ),
        *("C:a.safetensors", "..", ".", "", "a\0.safetensors", "a.bin", "model", 1, None, [A]),
    ],
)
def test_an_index_that_names_no_file_of_the_folder_is_refused(name, tmp_path):
    folder = sharded(tmp_path / "model", {**MAP, "evil": name}, SHARDS)
    (tmp_path / "secret.safetensors").write_bytes(numbers(evil=1.0))
    refused(folder, r"index\.json: 'evil' should be in .*, which is not the name of a .safetensors")


def test_a_shard_that_is_missing_is_named_with_a_tensor(tmp_path):
    sharded(tmp_path, MAP, {A: SHARDS[A]})
    words = f"index.json gives it 'z', and there is no such file: .*{B}"
    refused(tmp_path, words, FileNotFoundError)


def test_a_shard_that_lacks_a_tensor_of_the_index_is_refused(tmp_path):
    refused(sharded(tmp_path, {**MAP, "w": B}, SHARDS), f"{B}: 'w' is not in it, but .*index.json")


def test_a_shard_with_a_tensor_that_no_entry_names_is_refused(tmp_path):
    folder = sharded(tmp_path, MAP, {**SHARDS, B: {"z": 3.0, "extra": 4.0}})
    refused(folder, f"{B}: 'extra' is in it, but not by model.safetensors.index.json")


def test_a_tensor_in_two_shards_is_refused(tmp_path):
    folder = sharded(tmp_path, MAP, {**SHARDS, B: {"z": 3.0, "x": 4.0}})
    refused(folder, f"{B}: 'x' is in it, but not by model.safetensors.index.json")


def test_a_damaged_shard_is_named(tmp_path):
    sharded(tmp_path, MAP, {**SHARDS, B: numbers(z=3.0)[:-1]})
    refused(tmp_path, f"{B}: 'z' should lie at bytes .0, 4. of 3 bytes of data: .* cut off")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not a JSON object"),
        ("[]", "not a JSON object"),
        ('{"weight_map": ', "the index is damaged: Expecting"),
        ("{}", "no weight_map"),
        ('{"weight_map": {}}', "no weight_map"),
        ('{"weight_map": ["x"]}', "no weight_map"),
        (f'{{"weight_map": {{"x": "{A}", "x": "{B}"}}}}', "'x' stands in it twice"),
        (r'{"weight_map": {"x": "\ud800.safetensors"}}', "surrogates not allowed"),
        (r'{"weight_map": {"\ud800": "a.safetensors"}}', "surrogates not allowed"),
    ],
)
def test_an_index_that_is_damaged_is_refused(text, reason, tmp_path):
    sharded(tmp_path, MAP, SHARDS)
    (tmp_path / "model.safetensors.index.json").write_text(text, encoding="utf-8")
    refused(tmp_path, rf"model\.safetensors\.index\.json: .*{reason}")


def test_an_index_larger_than_any_is_not_read(tmp_path):
    sharded(tmp_path, MAP, SHARDS)
    os.truncate(tmp_path / "model.safetensors.index.json", 2 * 10**9)
    refused(tmp_path, "an index of more than 100000000 bytes")


# Links


def linked(folder, target, name="model.safetensors"):
    """A folder whose weights are a link to ``target``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(target)
    return folder


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path):
    secret = single(tmp_path / "secret", b"{}") / "model.safetensors"
    for target in (secret, "../secret/model.safetensors", "step", "/dev/zero"):
        folder = linked(tmp_path / "model", secret, "step")
        refused(linked(folder, target), r"model/model\.safetensors: a link that leads out")
    (tmp_path / "model" / "model.safetensors").unlink()
    sharded(tmp_path / "model", {"x": A}, {})
    (tmp_path / "secret" / "model.safetensors").write_bytes(numbers(x=1.0))
    refused(linked(tmp_path / "model", secret, A), f"model/{A}: a link that leads out of its f")
    index = tmp_path / "index.json"
    index.write_text(json.dumps({"weight_map": {"x": A}}), encoding="utf-8")
    refused(linked(tmp_path / "model", index, "model.safetensors.index.json"), "index.json: a link")


def test_a_folder_beside_it_whose_name_begins_alike_is_outside(tmp_path):
    secret = single(tmp_path / "model2", b"{}") / "model.safetensors"
    refused(linked(tmp_path / "model", secret), "a link that leads out of its folder")


def test_links_inside_and_a_folder_that_is_a_link_are_read(tmp_path):
    (tmp_path / "model" / "parts").mkdir(parents=True)
    (tmp_path / "model" / "parts" / "a").write_bytes(numbers(x=1.0))
    linked(tmp_path / "model", "parts/a")
    (tmp_path / "link").symlink_to("model")
    for folder in (tmp_path / "model", tmp_path / "link"):
        assert open_weights(folder)["x"].tolist() == [1.0]


def test_a_link_to_nothing_or_to_itself_is_an_error_of_the_system(tmp_path):
    refused(linked(tmp_path / "model", "nothing"), r"model/model\.safetensors", FileNotFoundError)
    refused(linked(tmp_path / "model", "model.safetensors"), r"model/model\.safetensors", OSError)


def hub_cache(root, name="models--owner--name"):
    """A model as the hub's program keeps it: a snapshot of links to blobs named by their hash."""
    snapshot = root / name / "snapshots" / "revision"
    (root / name / "blobs").mkdir(parents=True)
    for blob, content in (("aa", numbers(x=1.0)), ("bb", numbers(y=2.0))):
        (root / name / "blobs" / blob).write_bytes(content)
    linked(snapshot, "../../blobs/aa")
    return snapshot


def test_a_snapshot_of_the_hub_is_read(tmp_path):
    snapshot = hub_cache(tmp_path)
    assert open_weights(snapshot)["x"].tolist() == [1.0]
    linked(snapshot / "part", "../../../blobs/bb")
    assert open_weights(snapshot / "part")["y"].tolist() == [2.0]
    (snapshot / "model.safetensors").unlink()
    index = json.dumps({"weight_map": {"x": A, "y": B}})
    (tmp_path / "models--owner--name" / "blobs" / "cc").write_text(index, encoding="utf-8")
    linked(snapshot, "../../blobs/aa", A)
    linked(snapshot, "../../blobs/bb", B)
    linked(snapshot, "../../blobs/cc", "model.safetensors.index.json")
    assert open_weights(snapshot).shapes == {"x": (1,), "y": (1,)}


def test_of_the_hubs_cache_only_the_same_model_is_read(tmp_path):
    snapshot = hub_cache(tmp_path)
    hub_cache(tmp_path, "models--owner--other")
    single(tmp_path / "blobs", b"{}")
    for target in ("models--owner--other/blobs/aa", "blobs/model.safetensors"):
        refused(linked(snapshot, f"../../../{target}"), "a link that leads out of its folder")
    (tmp_path / "models--owner--name" / "blobs" / "dd").symlink_to(tmp_path / "blobs")
    refused(linked(snapshot, "../../blobs/dd/model.safetensors"), "a link that leads out")


@pytest.mark.parametrize("change", ["other name", "no blobs", "no snapshots"])
def test_what_only_looks_like_the_hubs_cache_is_no_such_place(change, tmp_path):
    snapshot = hub_cache(tmp_path, "cache" if change == "other name" else "models--owner--name")
    root = snapshot.parents[1]
    if change == "no blobs":
        (root / "blobs").rename(root / "blob")
        linked(snapshot, "../../blob/aa")
    if change == "no snapshots":
        (root / "snapshots").rename(root / "snapshot")
        snapshot = root / "snapshot" / "revision"
    refused(snapshot, "a link that leads out of its folder")


def test_the_cache_itself_and_what_lies_beside_its_snapshots_may_not_use_it(tmp_path):
    root = hub_cache(tmp_path).parents[1]
    refused(linked(root / "refs", "../blobs/aa"), "a link that leads out of its folder")
