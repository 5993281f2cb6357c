"""From texts to a language model: what is learned, kept, resumed and trained on."""

import math

import numpy as np
import pytest

from minillm.backend import CheckpointError
from minillm.tasks.generation import ChatTemplate, LanguageModel
from tests.streams import asked_twice, note_streams
from tests.tasks.generation.little import LINES, LONG, RHYME, TALK, TINY, pretrain
from tests.tasks.small import as_bytes

LEARNS = {"steps": 150, "evaluate_every": 150, "lr": 1e-2, "width": 32, "max_length": 40}
LEARNS["dropout"] = 0.0


@pytest.fixture(autouse=True)
def save_every_five(monkeypatch):
    """Checkpoints after updates 5, 10, 15 and 20."""
    monkeypatch.setattr("minillm.tasks.generation.pretraining.SAVE_EVERY", 5)


@pytest.mark.guide("G30")
def test_a_text_that_repeats_is_learned_and_written_on():
    training, steps = pretrain(settings=LEARNS)
    assert abs(float(steps[0].loss) - math.log(len(training.language.vocabulary))) < 0.1
    assert steps[-1].held_out_loss < 0.3
    language = training.result()
    written = language.write(["One for"], 6)[0][0].text
    assert RHYME.startswith("One for" + written)
    assert language.loss([RHYME]) == pytest.approx(steps[-1].held_out_loss, rel=1e-5)


@pytest.mark.guide("G30")
def test_documents_begin_and_end():
    training, _ = pretrain(LINES * 5, LINES, settings=LEARNS)
    language = training.result()
    first = language.vocabulary.id_of("bos")
    assert all(text[0] == text[-1] == first for text in training.texts)
    text = language.write([""], 12)[0][0]
    assert text.text in LINES
    assert text.stopped


@pytest.mark.guide("G40")
def test_a_conversation_is_learned_as_its_template_writes_it():
    training, _ = pretrain([TALK] * 3, [TALK], settings=LEARNS)
    language = training.result()
    ids = language.template.encode(TALK[:1], language.tokenizer, language.vocabulary, ask=True)
    end = language.vocabulary.id_of("turn_end")
    assert "".join(language.stream(ids, 20, stop_ids=[end])) == "On the mat."


@pytest.mark.parametrize("documents", [(LONG,), LINES * 3], ids=["long", "lines"])
@pytest.mark.parametrize("stop", [5, 7, 18])
def test_a_run_that_is_left_and_resumed_ends_at_the_same_bits(tmp_path, documents, stop):
    whole, _ = pretrain(documents, out=tmp_path / "whole")
    pretrain(documents, out=tmp_path / "left", stop=stop)
    again, steps = pretrain(documents, out=tmp_path / "left", resume=True)
    assert len(steps) == 20 - stop // 5 * 5
    assert as_bytes(again.model.state_dict()) == as_bytes(whole.model.state_dict())
    for name in ("checkpoint.safetensors", "record.jsonl"):
        assert (tmp_path / "left" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.parametrize(
    "other",
    [
        {"documents": (LONG + "x",)},
        {"held_out": (RHYME[:-2],)},
        {"settings": {"lr": 2e-3}},
        {"template": ChatTemplate(reply="<|assistant|> ")},
    ],
    ids=["text", "held out", "rate", "template"],
)
def test_a_run_of_something_else_does_not_resume(tmp_path, other):
    pretrain(out=tmp_path, stop=6)
    with pytest.raises(CheckpointError):
        pretrain(out=tmp_path, resume=True, **other)


def test_the_weights_with_the_least_held_out_loss_are_kept():
    """What is held out is the reverse of the text: learning soon makes it worse."""
    training, steps = pretrain(held_out=(LONG[::-1],), settings={"lr": 3e-2, "steps": 40})
    losses = [step.held_out_loss for step in steps if step.held_out_loss is not None]
    assert min(losses) < losses[-1]
    assert training.held_out_loss() == pytest.approx(min(losses), rel=1e-6)


def test_patience_ends_it():
    settings = {"lr": 3e-2, "steps": 80, "patience": 2}
    _, steps = pretrain(held_out=(LONG[::-1],), settings=settings)
    assert len(steps) < 80


def test_no_two_things_are_drawn_from_one_stream(monkeypatch):
    found = note_streams(monkeypatch)
    pretrain(LINES * 3, LINES)
    assert asked_twice(found) == {}
    assert {path[0] for path in found} == {TINY.seed}


def test_tokens_come_from_the_texts_that_are_learned_from_alone():
    one, _ = pretrain(stop=0)
    other, _ = pretrain(held_out=("zebra " * 50,), stop=0)
    assert one.language.vocabulary.tokens == other.language.vocabulary.tokens


def test_counting_has_the_same_texts_and_the_same_held_out_tokens():
    training, _ = pretrain(stop=0)
    order, loss = training.counted
    assert 2 <= order <= 8
    assert loss < 0.2  # the rhyme repeats


def test_training_on_begins_where_the_earlier_run_ended(tmp_path):
    earlier, _ = pretrain(out=tmp_path / "one")
    earlier.result().save(tmp_path / "one" / "model.safetensors")
    more = {"settings": {"width": 16, "lr": 1e-3}, "start_from": tmp_path / "one"}
    training, _ = pretrain((LONG.upper(),), **more, stop=0)
    assert as_bytes(training.model.state_dict()) == as_bytes(earlier.model.state_dict())
    assert training.language.vocabulary.tokens == earlier.language.vocabulary.tokens
    assert training.recipe.max_length == 12
    for name, asked in (("width", 32), ("style", "llama"), ("tokenizer", "word")):
        with pytest.raises(ValueError, match=f"{name} is .* in the run to start from"):
            pretrain(settings={name: asked}, start_from=tmp_path / "one")


@pytest.mark.parametrize(
    ("documents", "held_out", "message"),
    [
        ((), (RHYME,), "got 0 and 1"),
        ((LONG,), (), "got 1 and 0"),
        (("short",), (RHYME,), "no piece of 12 and a token behind it"),
    ],
)
def test_too_little_text_is_refused(documents, held_out, message):
    with pytest.raises(ValueError, match=message):
        pretrain(documents, held_out)


@pytest.mark.parametrize("words", ["byte_pairs:270", "wordpiece:60", "word", "character"])
def test_a_saved_model_writes_what_the_saved_one_wrote(tmp_path, words):
    training, _ = pretrain(LINES * 5, LINES, settings={"tokenizer": words, "style": "llama"})
    language = training.result()
    language.save(tmp_path / "model.safetensors")
    again = LanguageModel.load(tmp_path / "model.safetensors")
    prompts = ["One", "zebra", ""]
    assert again.write(prompts, 5) == language.write(prompts, 5)
    assert again.next_tokens("One") == language.next_tokens("One")
    assert again.template == language.template
    np.testing.assert_array_equal(again.encode(TALK), language.encode(TALK))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("steps", 0), ("lr", -1.0), ("dropout", math.inf), ("style", "t5"), ("width", 15)),
        *(("warmup", 20), ("lowest_lr", 1.0), ("evaluate_every", 0), ("held_out_tokens", 0)),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(name, value):
    with pytest.raises(ValueError, match=name):
        pretrain(settings={name: value}, stop=0)
