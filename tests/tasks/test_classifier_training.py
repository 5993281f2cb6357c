from dataclasses import asdict, replace

import numpy as np
import pytest

from minillm.backend import DeviceError, devices
from minillm.optim import clip_gradients
from minillm.tasks import ClassifierTraining, Recipe, accuracy, evaluate_masked
from minillm.tasks.fingerprints import digest_of_examples
from minillm.text import Example
from minillm.training import read_record
from tests.tasks.small import EXAMPLES, TEN_AND_TEN, TEXTS, TINY, as_bytes, train

HELD_OUT = EXAMPLES[::4]
REST = [example for example in EXAMPLES if example not in HELD_OUT]


@pytest.mark.guide("G34")
def test_both_stages_are_run_in_turn_with_warm_up_and_decay(tmp_path):
    training, steps = train(TEN_AND_TEN, out=tmp_path)
    assert training.steps == {"pretrain": 10, "finetune": 10}
    assert [step.index for step in steps] == [*range(10), *range(10)]
    peaks = [2e-3] * 10 + [1e-3] * 10
    shape = [1, *(n / 9 for n in range(9, 0, -1))] * 2  # one step of warm-up, then down to zero
    assert [step.lr for step in steps] == pytest.approx(
        [peak * part for peak, part in zip(peaks, shape, strict=True)]
    )
    guessing = np.log(len(training.encoder.vocabulary))
    assert float(steps[0].loss) == pytest.approx(guessing, rel=0.3)  # untrained: any word
    assert float(steps[10].loss) < 0.5 * guessing  # a question of two classes


def test_pretraining_guesses_hidden_words_better_than_their_frequencies():
    recipe = replace(TEN_AND_TEN, pretrain_epochs=40, finetune_epochs=0, pretrain_lr=5e-3)
    training, _ = train(recipe, REST)
    held_out = training.encoder([example.text for example in HELD_OUT])
    vocabulary = training.encoder.vocabulary
    scores = evaluate_masked(training.model.masked, training.all_text, held_out, vocabulary, seed=0)
    assert scores.model < 0.5 * scores.unigram < scores.uniform


@pytest.mark.guide("G32")
def test_fine_tuning_learns_sentences_that_it_has_not_seen():
    recipe = replace(TEN_AND_TEN, pretrain_epochs=0, finetune_epochs=15, finetune_lr=5e-3)
    classifier = train(recipe, REST)[0].result()
    predicted = classifier.labels.encode(classifier.predict([e.text for e in HELD_OUT]))
    assert accuracy(predicted, classifier.labels.encode(e.label for e in HELD_OUT)) > 0.9


def parts(training):
    """The weights of the encoder, of the masked head, and of the classification head."""
    state = as_bytes(training.model.state_dict())
    encoder = {n: b for n, b in state.items() if ".bert." in n}
    masked = {n: b for n, b in state.items() if n.startswith("masked.") and n not in encoder}
    head = {n: b for n, b in state.items() if n not in encoder and n not in masked}
    assert encoder
    assert masked
    assert head
    return encoder, masked, head


@pytest.mark.guide("G32")
@pytest.mark.parametrize("head_only", [True, False])
def test_the_head_alone_leaves_the_encoder_as_it_was_bit_for_bit(head_only):
    training = ClassifierTraining(replace(TEN_AND_TEN, head_only=head_only), EXAMPLES)
    list(training.pretrain())
    encoder, masked, head = parts(training)
    list(training.finetune())
    encoder_after, masked_after, head_after = parts(training)
    assert (encoder_after == encoder) is head_only
    assert masked_after == masked
    assert all(head_after[name] != weights for name, weights in head.items())


def test_the_head_alone_costs_no_gradient_of_the_encoder():
    training = ClassifierTraining(replace(TEN_AND_TEN, head_only=True), EXAMPLES)
    classifier = training.model.classifier
    list(training.pretrain())
    assert classifier.trainable_parameters() == classifier.parameters()
    next(training.finetune())
    head = [*classifier.pooler.parameters(), *classifier.output.parameters()]
    assert [id(p) for p in classifier.trainable_parameters()] == [id(p) for p in head]
    batch = np.array([[2, 7, 8, 3]])
    assert not classifier.bert(batch, batch >= 0).requires_grad


@pytest.mark.guide("G34")
def test_both_heads_stand_on_one_encoder():
    model = ClassifierTraining(TEN_AND_TEN, EXAMPLES).model
    assert model.masked.bert is model.classifier.bert


def test_pretraining_does_not_touch_the_classification_head():
    training = ClassifierTraining(TEN_AND_TEN, EXAMPLES)
    encoder, masked, head = parts(training)
    list(training.pretrain())
    encoder_after, masked_after, head_after = parts(training)
    assert head_after == head
    assert masked_after != masked
    assert encoder_after != encoder


@pytest.mark.fault(90)
def test_equal_seeds_give_equal_weights_and_other_seeds_others():
    first, again, other = (
        as_bytes(train(replace(TEN_AND_TEN, seed=seed))[0].model.state_dict()) for seed in (4, 4, 5)
    )
    assert first == again
    trained = [name for name in first if not name.endswith("segments.weight")]
    assert all(first[name] != other[name] for name in trained)


def test_training_takes_no_notice_of_its_folder_and_of_other_random_numbers(tmp_path):
    plain, _ = train(TEN_AND_TEN)
    np.random.default_rng(0).random()
    np.random.seed(17)
    recorded, _ = train(TEN_AND_TEN, out=tmp_path)
    assert as_bytes(plain.model.state_dict()) == as_bytes(recorded.model.state_dict())


@pytest.mark.parametrize(
    "setting", [{"weight_decay": 0.5}, {"pretrain_lr": 1e-4}, {"dropout": 0.0}, {"max_norm": 0.1}]
)
def test_the_settings_of_the_recipe_reach_the_weights(setting):
    usual, _ = train(TEN_AND_TEN)
    other, _ = train(replace(TEN_AND_TEN, **setting))
    assert parts(usual) != parts(other)


def test_unlabelled_texts_are_for_pretraining_and_for_the_vocabulary():
    training = ClassifierTraining(TEN_AND_TEN, EXAMPLES, ["A zebra sang.", "A zebra ran."] * 10)
    assert len(training.all_text) == 80
    assert len(training.labelled) == len(training.targets) == 60
    assert training.steps == {"pretrain": round(1.25 * 10), "finetune": 10}
    assert "zebra" in training.encoder.vocabulary.tokens
    assert training.labels.names == ("bad", "good")


def test_the_record_has_the_recipe_and_every_update(tmp_path):
    _, steps = train(TEN_AND_TEN, out=tmp_path)
    head, events = read_record(tmp_path / "record.jsonl")
    configuration = head["configuration"]
    assert asdict(TEN_AND_TEN).items() <= configuration.items()
    assert configuration["data"] == digest_of_examples(EXAMPLES, [])
    for stage in ("pretrain", "finetune"):
        found = [configuration[f"{stage}.{name}"] for name in ("steps", "max_norm", "accumulate")]
        assert found == [10, 1.0, 1]
    assert [event["stage"] for event in events] == ["pretrain"] * 10 + ["finetune"] * 10
    assert [event["step"] for event in events] == [*range(10), *range(10)]
    assert [event["loss"] for event in events] == [float(step.loss) for step in steps]
    assert [event["lr"] for event in events] == [step.lr for step in steps]
    assert all(event["gradient_norm"] > 0 for event in events)


def test_gradients_are_as_short_as_the_recipe_wants_them(monkeypatch):
    asked = []

    def spy(gradients, max_norm):
        asked.append(max_norm)
        return clip_gradients(gradients, max_norm)

    monkeypatch.setattr("minillm.training.loop.clip_gradients", spy)
    for max_norm in (1.0, 0.25, 0):
        train(replace(TEN_AND_TEN, max_norm=max_norm), stop=11)
    assert asked == [1.0] * 11 + [0.25] * 11  # with 0, none is shortened


@pytest.mark.parametrize("epochs", [1e-9, 0.05, 0.1, 0.2])
def test_any_part_of_an_epoch_is_at_least_one_update(epochs):
    recipe = replace(TEN_AND_TEN, pretrain_epochs=epochs, finetune_epochs=epochs)
    training, steps = train(recipe)
    expected = max(1, round(8 * epochs))
    assert training.steps == {"pretrain": expected, "finetune": expected}
    assert len(steps) == 2 * expected
    fresh = ClassifierTraining(recipe, EXAMPLES)
    assert parts(training)[2] != parts(fresh)[2]


def test_no_epochs_leave_the_first_weights(tmp_path):
    recipe = replace(TEN_AND_TEN, pretrain_epochs=0, finetune_epochs=0)
    training, steps = train(recipe, out=tmp_path / "out")
    assert steps == []
    assert not (tmp_path / "out").exists()
    fresh = ClassifierTraining(recipe, EXAMPLES)
    assert as_bytes(training.model.state_dict()) == as_bytes(fresh.model.state_dict())


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        ([], "no token of the texts"),
        ([Example("a", "x"), Example("b", "x")], "needs at least 2 classes, got 1"),
    ],
)
def test_examples_of_fewer_than_two_classes_are_refused(examples, message):
    with pytest.raises(ValueError, match=message):
        ClassifierTraining(TEN_AND_TEN, examples)


def test_texts_without_a_token_that_is_frequent_enough_are_refused():
    with pytest.raises(ValueError, match="no token of the texts occurs min_count = 61 times"):
        ClassifierTraining(replace(TEN_AND_TEN, min_count=61), EXAMPLES)
    ClassifierTraining(replace(TEN_AND_TEN, min_count=60), EXAMPLES)  # "the", "was", "."


def test_cuda_without_a_device_is_refused_before_training(monkeypatch):
    monkeypatch.setattr(devices, "probe_cuda", lambda: (None, "no driver"))
    with pytest.raises(DeviceError, match="device 'cuda' is not usable: no driver"):
        ClassifierTraining(TEN_AND_TEN, EXAMPLES, device="cuda")


def test_the_digest_of_the_data_notices_every_change():
    data = [Example("a", "x"), Example("b", "y")]
    others = [
        (data[::-1], []),
        ([Example("a", "y"), Example("b", "y")], []),
        ([Example("a", "x"), Example("c", "y")], []),
        (data, ["z"]),
        (data[:1], ["b"]),
    ]
    found = {digest_of_examples(*other) for other in others} | {digest_of_examples(data, [])}
    assert len(found) == 6
    assert digest_of_examples(list(data), ()) == digest_of_examples(data, [])


def test_the_recipe_decides_the_sizes_of_the_model():
    recipe = Recipe(**TINY | {"width": 12, "n_heads": 3, "n_layers": 2}, dropout=0.3)
    config = ClassifierTraining(recipe, EXAMPLES).model.masked.bert.config
    words = len({w for text in TEXTS for w in text.lower().replace(".", " .").split()})
    expected = {
        "vocabulary_size": 7 + words,
        "width": 12,
        "n_layers": 2,
        "n_heads": 3,
        "hidden": 48,
        "max_length": 12,
        "dropout": 0.3,
        "eps": 1e-5,
    }
    assert expected.items() <= asdict(config).items()


def test_matrices_decay_and_vectors_do_not():
    training = ClassifierTraining(TEN_AND_TEN, EXAMPLES)
    for stage in (training.pretraining(), training.finetuning()):
        optimizer = stage.optimizer()
        pairs = list(zip(optimizer.parameters, optimizer.weight_decays, strict=True))
        assert {decay for p, decay in pairs if p.ndim < 2} == {0.0}
        assert {decay for p, decay in pairs if p.ndim >= 2} == {TEN_AND_TEN.weight_decay}


def test_held_out_examples_are_examined_after_every_pass_and_the_best_weights_kept():
    recipe = replace(TEN_AND_TEN, pretrain_epochs=0, finetune_epochs=5, finetune_lr=0.3)
    recipe = replace(recipe, keep_best=True)
    training = ClassifierTraining(recipe, REST, held_out=HELD_OUT)
    losses = [step.held_out_loss for step in training.finetune()]
    passes = [loss for loss in losses if loss is not None]
    assert [i + 1 for i, loss in enumerate(losses) if loss is not None] == [6, 12, 18, 24, 30]
    assert min(passes) < passes[-1]  # so high a rate that the end is not the best
    classifier = training.result()
    true = classifier.labels.encode(e.label for e in HELD_OUT)
    p = classifier.predict_probabilities([e.text for e in HELD_OUT])
    assert -np.log(p[np.arange(len(true)), true]).mean() == pytest.approx(min(passes), rel=1e-4)


def test_patience_ends_fine_tuning_early():
    recipe = replace(TEN_AND_TEN, pretrain_epochs=0, finetune_epochs=9, finetune_lr=0.3, patience=1)
    training = ClassifierTraining(recipe, REST, held_out=HELD_OUT)
    losses = [step.held_out_loss for step in training.finetune() if step.held_out_loss is not None]
    assert len(losses) < 9
    assert losses[-1] >= min(losses[:-1])
    assert sorted(losses[:-1], reverse=True) == losses[:-1]
    with pytest.raises(ValueError, match="keep_best and patience need held-out examples"):
        ClassifierTraining(recipe, REST)


def test_held_out_examples_change_nothing_before_the_end():
    plain, kept = (train(TEN_AND_TEN, REST, stop=19, held_out=h)[1] for h in ((), HELD_OUT))
    assert [float(step.loss) for step in plain] == [float(step.loss) for step in kept]


def test_a_finished_run_is_trained_on_from(tmp_path):
    first, _ = train(TEN_AND_TEN, REST, out=tmp_path / "a")
    first.result().save(tmp_path / "a" / "model.safetensors")
    recipe = Recipe(pretrain_epochs=0, finetune_epochs=2, batch_size=8, finetune_lr=1e-4)
    new = [Example("A bright zebra.", "good"), Example("A gloomy hotel.", "bad")] * 8
    second, steps = train(recipe, new, start_from=tmp_path / "a", stop=0)
    assert as_bytes(second.model.state_dict()) == as_bytes(first.model.state_dict())
    assert second.encoder.to_json() == first.encoder.to_json()
    assert (second.recipe.width, second.recipe.max_length) == (TINY["width"], TINY["max_length"])
    steps = list(second.finetune())
    assert len(steps) == 4
    fresh = list(ClassifierTraining(replace(recipe, **TINY), new).finetune())
    assert float(steps[0].loss) < float(fresh[0].loss)  # it knows what bright and gloomy are


@pytest.mark.parametrize(("kind", "size"), [("byte_pairs", 270), ("wordpiece", 60)])
def test_a_run_may_learn_its_tokens_and_another_one_starts_with_them(tmp_path, kind, size):
    recipe = replace(TEN_AND_TEN, tokenizer=f"{kind}:{size}", pretrain_epochs=0, max_length=30)
    training, _ = train(recipe, out=tmp_path / "first")
    training.result().save(tmp_path / "first" / "model.safetensors")
    tokens = training.encoder.tokenizer.tokens
    assert len(tokens) == size and training.encoder.vocabulary.tokens[7:] == tokens
    again = ClassifierTraining(recipe, EXAMPLES, start_from=tmp_path / "first")
    assert again.encoder.tokenizer.tokens == tokens and again.recipe.tokenizer == kind
    other = replace(recipe, tokenizer="character")
    with pytest.raises(ValueError, match=f"tokenizer is {kind} in the run to start from"):
        ClassifierTraining(other, EXAMPLES, start_from=tmp_path / "first")


def test_a_start_that_does_not_fit_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"model\.safetensors"):
        train(TEN_AND_TEN, start_from=tmp_path)
    first, _ = train(TEN_AND_TEN, out=tmp_path)
    first.result().save(tmp_path / "model.safetensors")
    wider = replace(TEN_AND_TEN, width=2 * TINY["width"])
    with pytest.raises(ValueError, match=rf"width is {TINY['width']} in the run to start from"):
        train(wider, start_from=tmp_path)
    with pytest.raises(ValueError, match=r"pooling is cls in the run .* got mean"):
        train(replace(TEN_AND_TEN, pooling="mean"), start_from=tmp_path)
    odd = [e._replace(label="odd") if i == 3 else e for i, e in enumerate(EXAMPLES)]
    with pytest.raises(ValueError, match="unknown label 'odd' at position 3; known: bad, good"):
        train(TEN_AND_TEN, odd, start_from=tmp_path)
