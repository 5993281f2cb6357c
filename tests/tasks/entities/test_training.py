"""A tagger learns the sentences of a world; it is stopped, resumed, saved, and reads long ones."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from minillm.autograd import check_module
from minillm.backend import CheckpointError, load_arrays, save_arrays
from minillm.tasks.entities import align, first_illegal, legal, tags_for
from minillm.tasks.entities.baselines import DictionaryTagger
from minillm.tasks.entities.batches import collate, encode_words, hide_words, parts_that_fit
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


@pytest.mark.guide("G39")
def test_the_loss_looks_at_first_pieces_alone():
    training, _ = train(TEN, stop=0)
    words = TEST[0].words
    found = align(words, training.encoder.tokenizer, unknown="[UNK]")
    (encoded,) = encode_words(words, training.encoder)
    assert len(found.pieces) > len(words)  # some words have several
    assert (encoded.first == found.first + 1).all()  # behind [CLS]
    decoded = training.encoder.vocabulary.decode(encoded.ids)
    assert decoded[1:-1] == [
        p if p in training.encoder.vocabulary.ordinary else "[UNK]" for p in found.pieces
    ]
    batch = collate([encoded], [np.arange(len(words))])(np.array([0]))
    model = training.model.eval()
    emissions = model(*batch[:4]).data
    hidden = model.hidden(*batch[:3]).data[0]
    np.testing.assert_allclose(
        emissions[0],
        hidden[encoded.first] @ model.output.weight.data.T + model.output.bias.data,
        rtol=0,
        atol=1e-5,
    )


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


def test_a_sentence_longer_than_the_model_is_read_in_parts_and_nothing_is_lost():
    tagger = train(replace(TEN, max_length=12))[0].result()
    long = WORDS[0] * 5
    parts = encode_words(long, tagger.encoder)
    assert len(parts) > 1
    assert all(len(part.ids) <= 12 for part in parts)
    assert sum(len(part.first) for part in parts) == len(long)
    tags = tagger.predict([long, WORDS[1]])
    assert [len(row) for row in tags] == [len(long), len(WORDS[1])]
    assert tags[1] == tagger.predict([WORDS[1]])[0]
    assert tagger.count_long([long, ("a",)]) == 1
    (alone,) = encode_words(["x" * 90], tagger.encoder)  # of a word of too many pieces the first
    assert len(alone.ids) <= 12


def test_where_a_long_sentence_is_cut():
    assert [*parts_that_fit([2, 3, 1, 4], 5)] == [(0, 2), (2, 4)]
    assert [*parts_that_fit([5, 5], 5)] == [(0, 1), (1, 2)]
    assert [*parts_that_fit([1], 5)] == [(0, 1)]


def test_long_sentences_are_learned_in_parts_with_legal_tags():
    one = TaggedSentence(("Anna", "Maria", "Berta", "Carla"), ("B-PER", *["I-PER"] * 3))
    for scheme in ("BIO", "BIOES"):
        recipe = replace(TEN, max_length=4, tokenizer="word", scheme=scheme)
        training = TaggerTraining(recipe, [one] * 16)
        table = legal(training.tags, scheme)
        assert len(training.learned) == 32  # two words in each part
        for row in training.targets:
            path = [len(training.tags), *row, len(training.tags)]
            assert all(table[a, b] for a, b in itertools.pairwise(path))


def test_hidden_words_are_unknown_and_keep_their_shape():
    training, _ = train(TEN, stop=0)
    batch = collate(training.learned, training.targets)(np.arange(16))
    vocabulary, rng = training.encoder.vocabulary, np.random.default_rng(0)
    hidden = hide_words(batch, vocabulary, 0.3, rng)
    changed = hidden.ids != batch.ids
    assert (hidden.ids[changed] == vocabulary.unknown_id).all()
    ordinary = ~vocabulary.is_special(batch.ids)
    assert changed.sum() / ordinary.sum() == pytest.approx(0.3, abs=0.06)
    assert not changed[~ordinary].any()
    assert hidden.shapes is batch.shapes
    np.testing.assert_array_equal(hide_words(batch, vocabulary, 0.0, rng).ids, batch.ids)


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
