"""A tagger learns the sentences of a world; it is stopped, resumed, saved, and reads long ones."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.autograd import check_module
from minillm.backend import CheckpointError, load_arrays, save_arrays
from minillm.tasks.entities import first_illegal, tags_for
from minillm.tasks.entities.baselines import DictionaryTagger
from minillm.tasks.entities.batches import collate
from minillm.tasks.entities.evaluation import evaluate_tagger
from minillm.tasks.entities.recipe import TaggerRecipe
from minillm.tasks.entities.tagger import Tagger
from minillm.tasks.entities.training import TaggerTraining
from minillm.text import IGNORE
from minillm.text.conll_files import TaggedSentence
from minillm.text.corpora.names import NameDials, NameWorld
from tests.nn.checks import scrambled
from tests.tasks.entities.small import DEV, TEN, TEST, TINY, TRAIN, train

KNOWN = DictionaryTagger.learned(TRAIN)
WORDS = [sentence.words for sentence in TEST]


@pytest.mark.guide("G39")
@pytest.mark.parametrize("head", ["crf", "token"])
def test_what_stands_around_a_name_is_learned_and_finds_new_names(head):
    """Half of the names are new: a dictionary finds none of them, a tagger most."""
    recipe = TaggerRecipe(**{**TINY, "width": 32}, head=head, epochs=12, lr=6e-3, hidden_words=0.2)
    training, steps = train(recipe)
    found = evaluate_tagger(training.result(), TEST, KNOWN.types)
    looked_up = evaluate_tagger(KNOWN, TEST, KNOWN.types)
    assert float(steps[-1].loss) < 0.5 * float(steps[0].loss)
    assert looked_up.unseen.micro == (0.0, 0.0, 0.0)
    assert found.unseen.micro.f1 > 0.5
    assert found.all.micro.f1 > looked_up.all.micro.f1 + 0.1


@pytest.mark.slow
@pytest.mark.guide("G39")
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("head", ["crf", "token"])
def test_names_that_only_their_sentence_tells_apart_are_found(head, language):
    """All names are new words that three types share: a dictionary finds none of them."""
    world = NameWorld(NameDials(language, new=1.0, ambiguous=1.0), seed=0)
    training, _ = train(
        TaggerRecipe(head=head, tokenizer="wordpiece:400", width=32, epochs=6, lr=5e-3),
        world.draw("train", 800),
    )
    found = evaluate_tagger(training.result(), world.draw("test", 300), KNOWN.types)
    assert found.all.micro.f1 > 0.9


@pytest.mark.parametrize("head", ["crf", "token"])
@pytest.mark.parametrize("scheme", ["BIO", "BIOES"])
def test_the_loss_has_right_gradients(head, scheme, rng):
    training = TaggerTraining(replace(TEN, head=head, scheme=scheme, dropout=0.0), TRAIN[:12])
    model = scrambled(training.model, rng)
    batch = collate(training.learned, training.targets)(np.arange(3))
    assert check_module(model, lambda: model.loss(*batch), rng=rng) < 1e-6


def test_with_the_field_tags_are_always_legal():
    training, _ = train(replace(TEN, scheme="BIOES"), stop=1)
    for tags in training.result().predict(WORDS):
        assert first_illegal(tags, "BIOES") is None
    alone, _ = train(replace(TEN, scheme="BIOES", head="token"), stop=1)
    said = alone.result().predict(WORDS)
    assert any(first_illegal(tags, "BIOES") is not None for tags in said)


@pytest.mark.parametrize("head", ["crf", "token"])
def test_padding_changes_no_tag_and_no_loss(head):
    training, _ = train(replace(TEN, head=head))
    tagger, model = training.result(), training.model.eval()
    alone = [tagger.predict([words])[0] for words in WORDS[:12]]
    assert tagger.predict(WORDS[:12]) == alone
    of_all = collate(training.learned, training.targets)
    counts = [(of_all(np.array([i])).tags != IGNORE).sum() for i in range(4)]
    losses = [float(model.loss(*of_all(np.array([i]))).data) for i in range(4)]
    together = float(model.loss(*of_all(np.arange(4))).data)
    assert together == pytest.approx(np.average(losses, weights=counts), rel=1e-4)


def test_without_neighbours_the_encoder_is_the_plain_one():
    training, _ = train(replace(TEN, radius=0), stop=1)
    model = training.model.eval()
    batch = collate(training.learned, training.targets)(np.arange(3))
    assert model.neighbours is None
    plain = model.bert(*batch[:3]).data
    np.testing.assert_array_equal(model.hidden(*batch[:3]).data, plain)


def test_a_run_that_was_left_goes_on_at_the_same_bits(tmp_path, monkeypatch):
    monkeypatch.setattr("minillm.tasks.entities.training.SAVE_EVERY", 2)
    whole, steps = train(TEN, held_out=DEV)
    assert len(steps) == 10
    train(TEN, held_out=DEV, stop=5, out=tmp_path)
    resumed, rest = train(TEN, held_out=DEV, out=tmp_path, resume=True)
    assert [step.index for step in rest] == list(range(4, 10))
    for (name, a), b in zip(
        whole.model.state_dict().items(), resumed.model.state_dict().values(), strict=True
    ):
        assert a.tobytes() == b.tobytes(), name
    with pytest.raises(CheckpointError, match="another run"):
        train(replace(TEN, hidden_words=0.5), held_out=DEV, out=tmp_path, resume=True)


def test_two_threads_give_the_numbers_of_one():
    one, _ = train(replace(TEN, dropout=0.0), stop=3)
    training = TaggerTraining(replace(TEN, dropout=0.0), TRAIN, threads=2)
    training.run.stages["tag"].gradients.worthwhile = 1.0
    for _, _ in zip(range(3), training.steps(), strict=False):
        pass
    for a, b in zip(
        one.model.state_dict().values(), training.model.state_dict().values(), strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=0, atol=2e-4)


def test_patience_keeps_the_best_weights():
    recipe = replace(TEN, epochs=4.0, patience=1, lr=0.3)  # far too high: it gets worse
    training, steps = train(recipe, TRAIN[:64], held_out=DEV)
    examined = [step.held_out_loss for step in steps if step.held_out_loss is not None]
    assert training.held_out_loss() == pytest.approx(min(examined), rel=1e-5)
    with pytest.raises(ValueError, match="patience needs held-out sentences"):
        train(recipe)


def test_a_saved_tagger_tags_as_before(tmp_path):
    for head, radius in (("crf", 0), ("token", 1)):
        recipe = replace(TEN, head=head, scheme="BIOES", radius=radius)
        tagger = train(recipe)[0].result()
        tagger.save(tmp_path / "model.safetensors")
        loaded = Tagger.load(tmp_path / "model.safetensors")
        assert loaded.tags == tags_for(["LOC", "ORG", "PER"], "BIOES")
        assert (loaded.scheme, loaded.model.crf is not None) == ("BIOES", head == "crf")
        assert loaded.predict_probabilities(WORDS) == tagger.predict_probabilities(WORDS)
    arrays, metadata = load_arrays(tmp_path / "model.safetensors")
    save_arrays(tmp_path / "other.safetensors", arrays, {**metadata, "tags": '["O", "B-X"]'})
    with pytest.raises(CheckpointError, match="not a tagger that this version reads"):
        Tagger.load(tmp_path / "other.safetensors")
    save_arrays(tmp_path / "other.safetensors", arrays, {"kind": "language model"})
    with pytest.raises(CheckpointError, match="not a tagger but language model"):
        Tagger.load(tmp_path / "other.safetensors")


def test_names_of_unknown_types_and_empty_data_are_refused():
    odd = TaggedSentence(("Nile",), ("B-RIVER",), 7)
    with pytest.raises(
        ValueError, match=r"line 7: the type of B-RIVER is not one of.*LOC, ORG, PER"
    ):
        TaggerTraining(TEN, TRAIN, held_out=[odd])
    with pytest.raises(ValueError, match="no name is tagged"):
        TaggerTraining(TEN, [TaggedSentence(("a",), ("O",))])
    tagger = train(TEN, stop=1)[0].result()
    with pytest.raises(ValueError, match="sentence 1 has no words"):
        tagger.predict([["a"], []])
    with pytest.raises(ValueError, match="sentence 0 is a text"):
        tagger.predict(["a text"])
    with pytest.raises(ValueError, match="at least one tagged sentence"):
        evaluate_tagger(tagger, [], KNOWN.types)


def test_recipes_that_make_no_sense_are_refused():
    for settings, message in [
        ({"head": "lstm"}, "head must be one of crf, token, got 'lstm'"),
        ({"scheme": "IOB"}, "scheme must be one of BIO, BIOES"),
        ({"hidden_words": 1.5}, "hidden_words must be at most 1"),
        ({"width": 0}, "width must be at least 1"),
        ({"width": 10, "n_heads": 3}, "width 10 does not split into n_heads 3"),
    ]:
        with pytest.raises(ValueError, match=message):
            TaggerRecipe(**settings)
