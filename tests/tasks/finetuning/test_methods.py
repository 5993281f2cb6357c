"""What each method of fine-tuning changes, and what it leaves bit for bit."""

import numpy as np
import pytest

from minillm.backend import stream
from minillm.models import Bert, BertConfig, GptClassifier, GptConfig, SequenceClassifier
from minillm.models.gpt import Gpt
from minillm.nn import Adapter, LoRA
from minillm.tasks import accuracy
from minillm.tasks.finetuning import RATES, FinetuneRecipe, layer_groups
from tests.tasks.finetuning.bodies import METHODS, REST, a_bert, a_gpt, tuned
from tests.tasks.small import TEXTS, as_bytes


@pytest.fixture(scope="module", params=[a_bert, a_gpt], ids=["bert", "gpt"])
def body(request):
    return request.param()


@pytest.mark.guide("G32")
@pytest.mark.parametrize("method", METHODS)
def test_what_is_frozen_stays_bit_for_bit_and_what_is_trained_moves(method, body):
    before = as_bytes(body.model.state_dict())
    training = tuned(body, settings={"method": method})
    assert as_bytes(body.model.state_dict()) == before  # a copy was trained
    after = as_bytes(training.pretrained.model.state_dict())
    kept = {name.replace(".layer.", ".") for name, array in after.items()} & before.keys()
    plain = {name.replace(".layer.", "."): array for name, array in after.items()}
    changed = {name for name in kept if plain[name] != before[name]}
    assert kept == before.keys()
    assert bool(changed) is (method == "full")
    added = {name.split(".")[-1] for name in after if ".layer." not in name} - {
        name.split(".")[-1] for name in before
    }
    expected = {"lora": {"A", "B"}, "adapter": {"down", "down_bias", "up", "up_bias"}}
    assert added == expected.get(method, set())


def right(classifier):
    said = classifier.labels.encode(classifier.predict([text for text, _ in REST]))
    return accuracy(said, classifier.labels.encode(label for _, label in REST))


def loss_of_labels(training):
    """The mean cross-entropy of what it has learned from, without dropout."""
    training.held_out, training.held_out_targets = training.labelled, training.targets
    return training.held_out_loss()


@pytest.mark.guide("G32")
@pytest.mark.parametrize("method", METHODS)
def test_every_method_learns_and_all_is_trainable_afterwards(method, body):
    settings = {"method": method, "epochs": 30, "pooling": "mean"}
    settings["lr"] = 5e-2 if method == "lora" else 2e-2
    before, training = (tuned(body, settings=settings | e) for e in ({"epochs": 0}, {}))
    losses = [loss_of_labels(one) for one in (before, training)]
    assert losses[1] < losses[0] * (0.9 if method == "lora" else 0.1 if method == "full" else 1)
    if method == "full":
        assert right(training.result()) == 1
    assert all(p.requires_grad for p in training.result().model.parameters())


@pytest.mark.guide("G32")
def test_forgetting_is_measured_and_the_head_alone_forgets_nothing(body):
    before = body.language_loss(TEXTS)
    for method in METHODS:
        training = tuned(body, settings={"method": method, "epochs": 5, "lr": 3e-2})
        forgotten = training.language_loss(TEXTS) - before
        assert (forgotten == 0) is (method == "head")
        if method == "full":
            assert forgotten > 0.05
    assert body.language_loss(TEXTS) == before


def test_merged_and_saved_lora_answers_as_it_did_in_training(body, tmp_path):
    training = tuned(body, settings={"method": "lora"})
    assert sum(isinstance(m, LoRA) for _, m in training.model.named_modules()) == 3
    merged = training.result()
    assert not any(isinstance(m, LoRA) for _, m in merged.model.named_modules())
    unmerged = type(merged)(training.model, training.encoder, training.labels)
    p, q = (one.predict_probabilities(TEXTS) for one in (merged, unmerged))
    assert np.abs(p - q).max() < 1e-6
    with pytest.raises(ValueError, match="merge_lora"):
        unmerged.save(tmp_path / "model.safetensors")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("method", METHODS)
def test_a_saved_classifier_answers_the_same(method, body, tmp_path):
    classifier = tuned(body, settings={"method": method}).result()
    path = tmp_path / "model.safetensors"
    classifier.save(path)
    again = type(classifier).load(path)
    assert type(again.model) is type(classifier.model)
    n_adapters = sum(isinstance(m, Adapter) for _, m in again.model.named_modules())
    assert n_adapters == (2 if method == "adapter" else 0)
    p, q = (one.predict_probabilities(TEXTS) for one in (classifier, again))
    assert np.array_equal(p, q) and again.predict(TEXTS) == classifier.predict(TEXTS)


def classifiers(n_layers):
    rng = stream(0, "weights")
    sizes = {"width": 8, "n_heads": 2, "n_layers": n_layers, "max_length": 6}
    yield SequenceClassifier(Bert(BertConfig(9, hidden=8, **sizes), rng=rng), 2, rng=rng)
    yield GptClassifier(Gpt(GptConfig(9, **sizes), rng=rng), 2, rng=rng)


@pytest.mark.guide("G32")
@pytest.mark.parametrize("n_layers", [1, 3])
def test_each_layer_has_the_rate_of_the_one_above_times_the_decay(n_layers):
    for model in classifiers(n_layers):
        scales = {id(p): g.lr_scale for g in layer_groups(model, 0.5) for p in g.parameters}
        decays = {id(p): g.weight_decay for g in layer_groups(model, 0.5) for p in g.parameters}
        assert len(scales) == len(model.parameters())
        for name, p in model.named_parameters():
            if "blocks." in name:
                block = int(name.split("blocks.")[1].split(".")[0])
                assert scales[id(p)] == 0.5 ** (n_layers - block), name
            elif name.split(".")[1] in ("tokens", "positions", "segments") or (
                name.startswith("bert.norm")
            ):
                assert scales[id(p)] == 0.5 ** (n_layers + 1), name
            else:
                assert scales[id(p)] == 1, name
            assert decays[id(p)] == (None if p.ndim >= 2 else 0.0)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"method": "LoRA"}, "method must be one of full, head, lora, adapter"),
        ({"rank": 0}, "rank must be at least 1"),
        ({"lr": float("nan")}, "lr must be"),
        ({"layer_decay": 0.0}, "layer_decay must be above 0"),
        ({"layer_decay": 1.5}, "layer_decay must be above 0"),
        ({"pooling": "first"}, "pooling must be one of"),
        ({"where": " , "}, "where must name linear layers"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        FinetuneRecipe(**settings)


def test_every_method_has_a_rate_of_its_own_unless_one_is_given():
    assert [FinetuneRecipe(method=m).peak for m in RATES] == list(RATES.values())
    assert FinetuneRecipe(method="lora", lr=0.5).peak == 0.5


def test_a_layer_that_is_not_there_and_a_rank_above_the_width_are_refused(body):
    with pytest.raises(ValueError, match="no linear layer is named 'gate'; there are"):
        tuned(body, settings={"method": "lora", "where": "query,gate"})
    with pytest.raises(ValueError, match="rank must be 1 to 16"):
        tuned(body, settings={"method": "lora", "rank": 17})


def test_a_gpt_is_not_read_where_it_has_seen_nothing():
    rng = stream(0, "weights")
    gpt = Gpt(GptConfig(9, width=8, n_heads=2, n_layers=1), rng=rng)
    with pytest.raises(ValueError, match="has seen nothing but itself"):
        GptClassifier(gpt, 2, rng=rng, pooling="cls")
    with pytest.raises(ValueError, match="at least 2 classes"):
        GptClassifier(gpt, 1, rng=rng)


def test_the_same_seed_gives_the_same_bits_and_another_does_not(body):
    def weights(seed):
        training = tuned(body, REST, settings={"method": "lora", "seed": seed})
        return as_bytes(training.model.state_dict())

    assert weights(3) == weights(3)
    assert weights(3) != weights(4)
