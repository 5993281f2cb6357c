"""Stages of a run: left anywhere, resumed, examined, ended early, and trained on from."""

import gc
import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from minillm.backend import CheckpointError, load_arrays, save_arrays
from minillm.optim import SGD
from minillm.training import DivergenceError, Run, Stage, read_facts, read_record
from tests.backend.holder import another
from tests.training.toys import Reader, Walk, run_of, translation, two_stages, walk

KINDS = ("two stages", "translation", "early stop")


def everything(run):
    """Weights, checkpoint and record of a run, as bytes."""
    files = [run.out / name for name in ("checkpoint.safetensors", "record.jsonl")]
    weights = {name: array.tobytes() for name, array in run.model.state_dict().items()}
    return weights, *(file.read_bytes() for file in files)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The end of each kind of run that nobody interrupted, and how many steps it took."""
    ends = {}
    for kind in KINDS:
        run = run_of(kind, out=tmp_path_factory.mktemp("whole"), save_every=4)
        n = len(list(run.all()))
        ends[kind] = everything(run), n
    return ends


def test_the_runs_below_are_as_long_as_they_should_be(whole):
    lengths = {kind: n for kind, (_, n) in whole.items()}
    assert lengths["two stages"] == 22
    assert lengths["translation"] == 15
    assert 12 + 4 < lengths["early stop"] < 22


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stop", [4, 7, 11, 12, 13, 15, 16, 17, 21, 30])
def test_a_run_left_anywhere_and_resumed_ends_at_the_same_bits(kind, stop, whole, tmp_path):
    left = run_of(kind, out=tmp_path, save_every=4)
    list(itertools.islice(left.all(), stop))
    again = run_of(kind, out=str(tmp_path), save_every=4, resume=True)
    list(again.all())
    assert everything(again) == whole[kind][0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_may_be_left_again_and_again(kind, whole, tmp_path):
    list(itertools.islice(run_of(kind, out=tmp_path, save_every=4).all(), 5))
    for _ in range(6):
        run = run_of(kind, out=tmp_path, save_every=4, resume=True)
        list(itertools.islice(run.all(), 5))
    assert everything(run) == whole[kind][0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_changes_nothing_but_itself(kind, whole):
    run = run_of(kind)
    list(run.all())
    assert {n: a.tobytes() for n, a in run.model.state_dict().items()} == whole[kind][0][0]
    assert run.record is None


def test_each_stage_has_its_own_parameters_optimiser_and_steps():
    run = run_of("two stages")
    before = run.model.state_dict()
    assert [step.index for step in run.stage("pretrain")] == [*range(12)]
    between = run.model.state_dict()
    changed = {name for name in before if (before[name] != between[name]).any()}
    assert changed == {"table.weight", "next_word.weight", "next_word.bias"}
    assert [step.index for step in run.stage("finetune")] == [*range(10)]
    after = run.model.state_dict()
    changed = {name for name in before if (between[name] != after[name]).any()}
    assert changed == {"label.weight", "label.bias"}


def test_the_record_has_a_line_for_every_update_with_the_held_out_losses(tmp_path):
    run = run_of("early stop", out=tmp_path)
    steps = list(run.all())
    head, events = read_record(tmp_path / "record.jsonl")
    assert [event["step"] for event in events] == [step.index for step in steps]
    examined = {(e["stage"], e["step"]): e["held_out_loss"] for e in events if "held_out_loss" in e}
    assert examined == {
        ("finetune", step.index): step.held_out_loss for step in steps if step.held_out_loss
    }
    assert {index % 2 for _, index in examined} == {1}
    assert head["configuration"] == {
        "seed": 0,
        **{f"pretrain.{name}": value for name, value in PRETRAIN.items()},
        **{f"finetune.{name}": value for name, value in FINETUNE.items()},
    }


PRETRAIN = {"steps": 12, "accumulate": 2, "max_norm": None}
PRETRAIN |= {"evaluate_every": None, "patience": None, "keep": "last"}
FINETUNE = {"steps": 10, "accumulate": 1, "max_norm": 0.5}
FINETUNE |= {"evaluate_every": 2, "patience": 2, "keep": "best"}


@pytest.mark.parametrize(
    ("losses", "patience", "keep", "steps", "end"),
    [
        # after 0, 1, 2 ... updates; the first is never asked for
        ([9, 5, 4, 3, 2], None, "best", 4, 4),
        ([9, 5, 2, 3, 4], None, "best", 4, 2),
        ([9, 5, 2, 3, 4], None, "last", 4, 4),
        ([9, 5, 2, 3, 4, 1, 1], 2, "best", 4, 2),
        ([9, 5, 2, 3, 4, 1, 1], 2, "last", 4, 4),
        ([9, 5, 2, 3, 4, 1, 1], 3, "best", 6, 5),  # of equal losses the first
        ([0, 5, 5, 5, 1], 2, "best", 3, 1),  # no better is not better
        ([9, 5, 6, 4, 6, 3, 6], 2, "best", 6, 5),  # patience begins anew with each best
    ],
)
def test_a_stage_ends_early_and_keeps_the_best_weights(losses, patience, keep, steps, end):
    model = Walk()
    run = Run(model, [walk(model, losses, patience=patience, keep=keep)], {})
    seen = list(run.all())
    assert [step.held_out_loss for step in seen] == losses[1 : steps + 1]
    assert model.at() == end


def test_a_loss_is_held_out_so_often_as_asked_and_at_the_end():
    model = Walk()
    asked = []

    def held_out():
        asked.append(model.at())
        return 1.0

    run = Run(model, [walk(model, [0] * 8, held_out=held_out, evaluate_every=3)], {})
    measured = [step.held_out_loss for step in run.all()]
    assert asked == [3, 6, 7]
    assert measured == [None, None, 1.0, None, None, 1.0, 1.0]


def test_the_best_weights_are_there_for_a_caller_who_takes_the_last_step_and_no_more():
    model = Walk()
    run = Run(model, [walk(model, [9, 1, 2, 3], keep="best")], {})
    list(itertools.islice(run.all(), 3))
    assert model.at() == 1


@pytest.mark.parametrize("stop", [1, 2, 3, 4])
def test_best_weights_and_patience_survive_a_kill(stop, tmp_path):
    losses = [9, 5, 2, 3, 4, 1, 1]
    model = Walk()
    first = Run(
        model, [walk(model, losses, patience=3, keep="best")], {}, out=tmp_path, save_every=1
    )
    list(itertools.islice(first.all(), stop))
    model = Walk()
    stage = walk(model, losses, patience=3, keep="best")
    again = Run(model, [stage], {}, out=tmp_path, save_every=1, resume=True)
    assert [step.held_out_loss for step in again.all()] == losses[stop + 1 :]
    assert model.at() == 5


def test_a_stage_that_ended_early_has_no_steps_left_after_a_resume(tmp_path):
    for resume in (False, True):
        model = Walk()
        stage = walk(model, [9, 1, 2, 3, 4, 5], patience=2, keep="best")
        run = Run(model, [stage], {}, out=tmp_path, resume=resume)
        assert len(list(run.all())) == (0 if resume else 3)
        assert model.at() == 1


def test_dropout_is_off_and_nothing_recorded_while_a_loss_is_held_out():
    model = Reader()
    found = []

    def held_out():
        loss = model.vectors(np.arange(3)).sum()
        found.append((model.dropout.training, model.dropout.calls, loss.requires_grad))
        return loss

    model.label.training = False  # somebody froze a layer: it stays as it is
    run = Run(model, [translation(model, held_out=held_out, evaluate_every=15)], {})
    calls = [model.dropout.calls for _ in run.all()][-1]
    assert found == [(False, calls, False)]
    assert (model.training, model.dropout.training, model.label.training) == (True, True, False)


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_a_held_out_loss_that_is_not_finite_stops_the_run_in_words(loss):
    model = Walk()
    run = Run(model, [walk(model, [0, 1, loss, 1])], {})
    with pytest.raises(DivergenceError, match="'walk': the held-out loss after 2 updates is"):
        list(run.all())


def test_a_finished_model_is_trained_on_in_a_further_stage(tmp_path):
    first = run_of("two stages", out=tmp_path / "first")
    list(first.all())
    weights = first.model.state_dict()
    path = first.checkpoint

    def further(**options):
        model = Reader(seed=8)
        return Run(model, [translation(model)], {}, start_from=path, **options)

    run = further(out=tmp_path / "second", save_every=4)
    assert all((run.model.state_dict()[name] == weights[name]).all() for name in weights)
    list(itertools.islice(run.all(), 6))
    resumed = further(out=tmp_path / "second", save_every=4, resume=True)
    assert len(list(resumed.all())) == 11
    uninterrupted = further()
    list(uninterrupted.all())
    found, expected = resumed.model.state_dict(), uninterrupted.model.state_dict()
    assert all((found[name] == expected[name]).all() for name in expected)


def test_weights_without_a_run_may_be_started_from_and_others_are_refused(tmp_path):
    model, other = Reader(1), Reader(2)
    save_arrays(tmp_path / "weights", model.state_dict(), {})
    Run(other, [translation(other)], {}, start_from=tmp_path / "weights")
    assert (other.table.weight.data == model.table.weight.data).all()
    walker = Walk()
    with pytest.raises(CheckpointError, match="weights does not fit: Walk: state does not fit"):
        Run(walker, [walk(walker, [1, 1])], {}, start_from=tmp_path / "weights")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        Run(walker, [walk(walker, [1, 1])], {}, start_from=tmp_path / "nowhere")
    assert walker.at() == 0


def test_other_weights_to_start_from_are_another_run(tmp_path):
    for name in ("a", "b"):
        save_arrays(tmp_path / name, Reader(ord(name)).state_dict(), {})
    model = Reader()
    stages = [translation(model)]
    out = tmp_path / "run"
    list(Run(model, stages, {}, out=out, start_from=tmp_path / "a").all())
    with pytest.raises(CheckpointError, match="start_from: has another content"):
        Run(model, stages, {}, out=out, start_from=tmp_path / "b", resume=True)
    with pytest.raises(CheckpointError, match=r"start_from: was .*, is None"):
        Run(model, stages, {}, out=out, resume=True)
    Run(model, stages, {}, out=out, start_from=tmp_path / "a", resume=True)


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"max_norm": 1.0}, "translate.max_norm: was None, is 1.0"),
        ({"steps": 16}, "translate.steps: was 15, is 16"),
        ({"accumulate": 1}, "translate.accumulate: was 3, is 1"),
        (
            {"held_out": lambda: 1.0, "evaluate_every": 5},
            "translate.evaluate_every: was None, is 5",
        ),
    ],
)
def test_a_stage_with_other_settings_does_not_resume(change, difference, tmp_path):
    model = Reader()
    list(Run(model, [translation(model)], {"seed": 0}, out=tmp_path).all())
    before = model.state_dict()
    with pytest.raises(CheckpointError) as caught:
        Run(model, [translation(model, **change)], {"seed": 0}, out=tmp_path, resume=True)
    assert str(caught.value).splitlines()[1:] == [f"  {difference}"]
    assert all((model.state_dict()[name] == before[name]).all() for name in before)


def test_a_stage_has_its_turn_once_and_in_order(tmp_path):
    run = run_of("two stages", out=tmp_path, save_every=4)
    next(run.stage("pretrain"))
    with pytest.raises(
        ValueError, match="'pretrain' cannot begin: 'pretrain' was begun in this run"
    ):
        next(run.stage("pretrain"))
    next(run.stage("finetune"))  # whoever has seen enough of the first may go on
    with pytest.raises(ValueError, match="'pretrain' cannot begin: 'finetune' was begun"):
        next(run.stage("pretrain"))
    with pytest.raises(ValueError, match="no stage 'tune', only pretrain, finetune"):
        run.stage("tune")


@pytest.mark.parametrize(("begun", "left", "later"), [([], "b", "c"), (["b"], "c", "d")])
def test_a_stage_is_not_skipped_by_beginning_a_later_one(begun, left, later):
    model = Walk()
    lengths = {"a": 0, "b": 2, "c": 2, "d": 2}
    run = Run(model, [walk(model, [1] * 9, name=n, steps=k) for n, k in lengths.items()], {})
    for name in begun:
        next(run.stage(name))
    with pytest.raises(ValueError, match=f"'{later}' cannot begin: '{left}' comes before it"):
        next(run.stage(later))
    assert len(list(run.stage(left))) == 2


def test_a_resumed_run_does_not_skip_the_stage_that_it_was_in(tmp_path):
    list(itertools.islice(run_of("two stages", out=tmp_path, save_every=4).all(), 5))
    run = run_of("two stages", out=tmp_path, save_every=4, resume=True)
    weights = run.model.state_dict()
    with pytest.raises(
        ValueError, match="'finetune' cannot begin: the checkpoint belongs to 'pretrain'"
    ):
        next(run.stage("finetune"))
    assert all((run.model.state_dict()[name] == weights[name]).all() for name in weights)
    assert len(list(run.all())) == 8 + 10


def test_a_stage_that_was_left_early_leaves_the_record_as_it_happened(tmp_path):
    run = run_of("two stages", out=tmp_path, save_every=4)
    list(itertools.islice(run.stage("pretrain"), 6))
    list(itertools.islice(run.stage("finetune"), 5))
    again = run_of("two stages", out=tmp_path, save_every=4, resume=True)
    list(again.all())
    _, events = read_record(tmp_path / "record.jsonl")
    assert [e["step"] for e in events] == [*range(6), *range(10)]


@pytest.mark.parametrize("left", [1, 3])
def test_a_new_run_in_the_folder_of_another_leaves_nothing_of_it_to_resume(left, tmp_path):
    list(run_of("two stages", out=tmp_path, save_every=4).all())
    new = run_of("two stages", out=tmp_path, save_every=4)
    before = new.checkpoint.read_bytes(), (tmp_path / "record.jsonl").read_bytes()
    new.replaced = [tmp_path / "model", new.checkpoint, tmp_path / "record.jsonl"]
    new.replaced[0].write_bytes(b"of the run before")
    steps = new.all()
    assert (new.checkpoint.read_bytes(), (tmp_path / "record.jsonl").read_bytes()) == before
    list(itertools.islice(steps, left))
    assert not new.replaced[0].exists()
    resumed = run_of("two stages", out=tmp_path, save_every=4, resume=True)
    assert next(resumed.all()).index == 1  # the first update has been saved
    assert len(read_record(tmp_path / "record.jsonl")[1]) == 2


def test_a_run_whose_first_update_fails_leaves_all_of_the_run_before(tmp_path):
    list(run_of("two stages", out=tmp_path).all())
    before = files_in(tmp_path)
    stage = replace(run_of("two stages").stages["pretrain"], optimizer=failing_optimizer)
    new = Run(Reader(), [stage], {}, out=tmp_path)
    new.replaced = [tmp_path / "record.jsonl"]
    with pytest.raises(ValueError, match="betas"):
        list(new.all())
    assert files_in(tmp_path) == before


def test_a_run_that_is_stopped_while_it_saves_its_first_update_leaves_the_run_before(
    tmp_path, monkeypatch
):
    list(run_of("two stages", out=tmp_path).all())
    (tmp_path / "model").write_bytes(b"of the run before")
    before = files_in(tmp_path)

    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("minillm.training.run.save_training", stopped)
    new = run_of("two stages", out=tmp_path)
    new.replaced = [tmp_path / "model"]
    with pytest.raises(KeyboardInterrupt):
        list(new.all())
    assert files_in(tmp_path) == before


def files_in(folder):
    """Every file but the lock, which goes with the run."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".lock"}


def failing_optimizer():
    raise ValueError("betas must be in [0, 1), got 1.0")


def test_a_run_that_is_left_between_checkpoints_goes_on_from_the_last_one(tmp_path):
    list(itertools.islice(run_of("two stages", out=tmp_path, save_every=4).all(), 7))
    resumed = run_of("two stages", out=tmp_path, save_every=4, resume=True)
    assert next(resumed.all()).index == 4


def test_batches_that_do_not_last_are_an_error_and_no_end(tmp_path):
    model = Reader()
    stage = translation(model, batches=lambda start, stop: two_batches(model))
    run = Run(model, [stage], {}, out=tmp_path)
    with pytest.raises(ValueError, match="'translate': its batches ended after 1 of 15 updates"):
        list(run.all())


def two_batches(model):
    return itertools.islice(translation(model).batches(0, 9), 2)


def test_a_stage_of_no_steps_is_passed_over(tmp_path):
    model = Reader()
    stages = two_stages(model)
    empty = Stage("none", None, None, 0, optimizer=None)
    run = Run(model, [empty, *stages], {}, out=tmp_path)
    assert len(list(run.all())) == 22
    assert list(run.stage("none")) == []


def stage(**changes):
    model = Walk()
    return walk(model, [1, 1, 1], **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": -1}, "stage 'walk': steps must be at least 0, got -1"),
        ({"accumulate": 2}, "need count"),
        ({"keep": "first"}, "keep must be 'last' or 'best', got 'first'"),
        ({"patience": 0}, "patience must be at least 1, got 0"),
        ({"evaluate_every": 0}, "evaluate_every must be at least 1, got 0"),
        ({"evaluate_every": None}, "held_out needs evaluate_every"),
        ({"held_out": None, "evaluate_every": None, "patience": 2}, "patience needs held_out"),
        ({"held_out": None, "evaluate_every": None, "keep": "best"}, "keep='best' needs held_out"),
        ({"held_out": None}, "evaluate_every needs held_out"),
        ({"held_out": None, "patience": 2}, "evaluate_every and patience need held_out"),
        ({"max_norm": -1.0}, "max_norm must be positive, got -1.0"),
    ],
)
def test_a_stage_that_makes_no_sense_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        stage(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 1.5}, "stage 'walk': steps must be an integer, got 1.5"),
        ({"patience": 2.5}, "stage 'walk': patience must be an integer, got 2.5"),
        ({"accumulate": 1.5, "count": len}, "accumulate must be an integer, got 1.5"),
        ({"batches": [1, 2]}, r"batches must be a function, called as batches\(start, stop\), got"),
        ({"optimizer": SGD([Walk().place], lr=0.1)}, r"optimizer must be a function, .*, got SGD"),
        ({"schedule": 0.1}, "schedule must be a function, got 0.1"),
        ({"held_out": 2.0}, "held_out must be a function, got 2.0"),
    ],
)
def test_a_stage_that_was_given_something_else_is_refused(changes, message):
    with pytest.raises(TypeError, match=message):
        stage(**changes)


@pytest.mark.parametrize(
    ("stages", "options", "message"),
    [
        ([], {}, r"needs stages, each with a name of its own, got \[\]"),
        ([stage(), stage()], {}, r"name of its own, got \['walk', 'walk'\]"),
        ([stage()], {"save_every": 0}, "save_every must be at least 1 update, got 0"),
    ],
)
def test_a_run_that_makes_no_sense_is_refused(stages, options, message):
    with pytest.raises(ValueError, match=message):
        Run(Walk(), stages, {}, **options)


def test_facts_that_no_checkpoint_could_hold_are_refused_before_training():
    with pytest.raises(TypeError, match="facts must be what JSON can hold, got ndarray"):
        Run(Walk(), [stage()], {"weights": np.ones(2)})
    assert Run(Walk(), [stage(steps=np.int64(2))], {"lr": np.float32(0.5)}).facts["lr"] == 0.5


def test_a_checkpoint_is_written_every_so_often_and_at_the_end_of_a_stage(tmp_path, monkeypatch):
    written = []

    def note(path, model, optimizer, facts, *_):
        written.append((path, facts["stage"], optimizer.steps))

    monkeypatch.setattr("minillm.training.run.save_training", note)
    list(run_of("two stages", out=tmp_path, save_every=4).all())
    path = tmp_path / "checkpoint.safetensors"
    expected = [("pretrain", n) for n in (1, 4, 8, 12)] + [("finetune", n) for n in (4, 8, 10)]
    assert written == [(path, *place) for place in expected]


def test_only_a_stage_that_keeps_the_best_has_weights_to_keep(tmp_path):
    losses = [9, 5, 6, 7, 8, 1]
    for keep in ("best", "last"):
        model = Walk()
        run = Run(model, [walk(model, losses, keep=keep)], {}, out=tmp_path / keep, save_every=1)
        list(itertools.islice(run.all(), 3))
        arrays, _ = load_arrays(run.checkpoint)
        best = [array for name, array in arrays.items() if name.startswith("progress.")]
        assert [array.tolist() for array in best] == ([[1.0]] if keep == "best" else [])
        assert read_facts(run.checkpoint)["walk.keep"] == keep


@pytest.mark.parametrize("name", ["stage", "start_from", "walk.steps", "walk.keep"])
def test_a_fact_that_the_run_notes_itself_is_refused_and_not_overwritten(name):
    with pytest.raises(ValueError, match=f"facts: '{name}' is noted by the run itself"):
        Run(Walk(), [stage()], {name: 1, "lr": 0.5})


def test_a_file_in_the_place_of_the_folder_is_refused_before_training(tmp_path):
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    for out in (file, file / "run"):
        with pytest.raises(NotADirectoryError, match="Not a directory"):
            Run(Walk(), [stage()], {}, out=out)


@pytest.mark.parametrize("resume", [False, True])
def test_a_folder_in_which_another_process_writes_is_refused(tmp_path, resume):
    list(run_of("two stages", out=tmp_path).all())
    before = files_in(tmp_path)
    with another(tmp_path) as process, pytest.raises(BlockingIOError) as refused:
        run_of("two stages", out=tmp_path, resume=resume)
    assert f"{tmp_path}: another process, pid {process.pid} on " in str(refused.value)
    assert files_in(tmp_path) == before


def test_a_new_folder_that_another_process_takes_meanwhile_is_refused_before_an_update(tmp_path):
    run = run_of("two stages", out=tmp_path / "new")
    with another(tmp_path / "new"), pytest.raises(BlockingIOError, match="another process, pid"):
        next(run.all())
    assert run.record is None and not files_in(tmp_path / "new")


def test_the_lock_of_a_run_goes_with_it(tmp_path):
    run = run_of("two stages", out=tmp_path)
    next(run.all())
    assert (tmp_path / ".lock").exists()
    del run
    gc.collect()
    assert not (tmp_path / ".lock").exists()
