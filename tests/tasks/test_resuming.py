"""Stop anywhere, start again in a new object, and end at the same bits."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.backend import CheckpointError, save_arrays
from minillm.nn import Linear
from minillm.optim import AdamW
from minillm.tasks import ClassifierTraining
from minillm.training import read_facts, read_record, save_training
from tests.tasks.small import EXAMPLES, TEN_AND_TEN, as_bytes, train


@pytest.fixture(autouse=True)
def save_every_five(monkeypatch):
    """Checkpoints after updates 5 and 10 of each stage."""
    monkeypatch.setattr("minillm.tasks.classifier_training.SAVE_EVERY", 5)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nobody interrupted: its end, its checkpoint and its record."""
    out = tmp_path_factory.mktemp("whole")
    training, _ = train(TEN_AND_TEN, out=out)
    return everything(training)


def everything(training):
    """Weights, checkpoint and record of a run, as bytes."""
    files = [training.run.out / name for name in ("checkpoint.safetensors", "record.jsonl")]
    return as_bytes(training.model.state_dict()), *(file.read_bytes() for file in files)


def stopped(out, stop, recipe=TEN_AND_TEN, examples=EXAMPLES):
    """A run that was left after ``stop`` updates."""
    train(recipe, examples, stop=stop, out=out)
    return out


@pytest.mark.fault(88)
@pytest.mark.parametrize(
    ("stop", "left"),
    [(5, 15), (7, 15), (9, 15), (10, 10), (11, 10), (14, 10), (15, 5), (18, 5), (20, 0)],
)
def test_a_run_that_is_left_and_resumed_ends_at_the_same_bits(stop, left, whole, tmp_path):
    training, steps = train(TEN_AND_TEN, out=stopped(tmp_path, stop), resume=True)
    assert len(steps) == left
    assert everything(training) == whole


def test_a_run_may_be_left_and_resumed_again_and_again(whole, tmp_path):
    stopped(tmp_path, 6)
    for _ in range(3):
        training, _ = train(TEN_AND_TEN, out=tmp_path, resume=True, stop=6)
    assert everything(training) == whole


def test_the_head_alone_is_resumed_too(tmp_path):
    recipe = replace(TEN_AND_TEN, head_only=True)
    first, _ = train(recipe, out=tmp_path / "whole")
    again, _ = train(recipe, out=stopped(tmp_path / "parts", 17, recipe), resume=True)
    assert everything(again) == everything(first)


@pytest.mark.parametrize("stages", [(0, 1.25), (1.25, 0)])
def test_a_run_of_one_stage_is_resumed_too(stages, tmp_path):
    recipe = replace(TEN_AND_TEN, pretrain_epochs=stages[0], finetune_epochs=stages[1])
    first, _ = train(recipe, out=tmp_path / "whole")
    again, _ = train(recipe, out=stopped(tmp_path / "parts", 7, recipe), resume=True)
    assert everything(again) == everything(first)


def test_the_checkpoint_says_which_stage_it_belongs_to(tmp_path):
    for stop, stage in ((7, "pretrain"), (12, "pretrain"), (17, "finetune")):
        facts = read_facts(stopped(tmp_path, stop) / "checkpoint.safetensors")
        assert facts["stage"] == stage
        training = ClassifierTraining(TEN_AND_TEN, EXAMPLES, out=tmp_path, resume=True)
        assert training.run.resumed_stage == stage


def test_a_run_without_dropout_state_would_end_elsewhere(whole, tmp_path, monkeypatch):
    """The test above would be blind if nothing depended on what is restored."""
    stopped(tmp_path, 7)
    monkeypatch.setattr("minillm.training.checkpointing.restore_dropout", lambda *_: None)
    training, _ = train(TEN_AND_TEN, out=tmp_path, resume=True)
    assert everything(training)[0] != whole[0]


def refused(out, message, recipe=TEN_AND_TEN, examples=EXAMPLES, **options):
    """Resuming must fail and leave the folder as it was; gives the error's lines."""
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    with pytest.raises(CheckpointError, match=message) as caught:
        train(recipe, examples, out=out, resume=True, **options)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    return str(caught.value).splitlines()


@pytest.mark.parametrize("stop", [7, 17])
def test_another_recipe_is_refused_with_the_differences_and_no_more(stop, tmp_path):
    recipe = replace(TEN_AND_TEN, seed=3, weight_decay=0.5)
    lines = refused(stopped(tmp_path, stop), "belongs to another run", recipe)
    assert lines[1:] == ["  seed: was 0, is 3", "  weight_decay: was 0.01, is 0.5"]


@pytest.mark.fault(89)
@pytest.mark.parametrize("stop", [7, 17])
def test_other_data_are_refused(stop, tmp_path):
    changed = [*EXAMPLES[:-1], EXAMPLES[-1]._replace(label="good")]
    lines = refused(stopped(tmp_path, stop), "belongs to another run", examples=changed)
    assert len(lines) == 2
    assert lines[1].startswith("  data: has another content")
    refused(tmp_path, "data: has another content", unlabelled=["One more."])


def test_nothing_to_resume_is_an_error_with_the_folder(tmp_path):
    refused(tmp_path, f"nothing to resume: there is no checkpoint in {tmp_path}")
    with pytest.raises(CheckpointError, match="nothing to resume"):
        ClassifierTraining(TEN_AND_TEN, EXAMPLES, resume=True)


def test_a_checkpoint_of_another_kind_of_run_is_refused(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    save_arrays(path, {"x": np.ones(2)}, {})
    refused(tmp_path, "not a training checkpoint")
    model = Linear(2, 2, rng=np.random.default_rng(0))
    save_training(path, model, AdamW(model.parameters()), {"seed": 1})
    refused(tmp_path, "not of a run with the stages pretrain, finetune")


def test_a_damaged_checkpoint_is_refused(tmp_path):
    path = stopped(tmp_path, 7) / "checkpoint.safetensors"
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)
    refused(tmp_path, "damaged")


def test_a_record_that_is_too_short_is_refused(tmp_path):
    path = stopped(tmp_path, 7) / "record.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:4]), encoding="utf-8")
    with pytest.raises(ValueError, match="4 whole lines, expected 6"):
        train(TEN_AND_TEN, out=tmp_path, resume=True)


def test_a_new_run_begins_a_new_record(tmp_path):
    stopped(tmp_path, 7)
    train(TEN_AND_TEN, out=tmp_path)
    assert len(read_record(tmp_path / "record.jsonl")[1]) == 20
