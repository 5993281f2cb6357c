"""Models that ``transformers`` wrote, opened here: the same scores, losses, gradients and texts."""

import json

import numpy as np
import pytest

from minillm.autograd import gradients_of
from minillm.backend import save_arrays
from minillm.models import Bert, Gpt, MaskedLanguageModel, SequenceClassifier, next_tokens
from minillm.models.decoding import beam_search, generate
from minillm.models.published import Published, from_pretrained, save_pretrained
from minillm.models.span_reader import SpanReader
from minillm.models.token_classifier import TokenClassifier
from minillm.ops import IGNORE
from tests.reference.stored import FOLDER, LIMITS, load, relative_error

CASES = load(FOLDER / "published.npz")
IDS = np.array([[3, 7, 1, 12, 5, 5], [9, 2, 11, 4, 0, 0], [6, 10, 8, 0, 0, 0]])
MASK = np.array([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0], [1, 1, 1, 0, 0, 0]], dtype=bool)
SEGMENTS = np.array([[0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 0, 0], [0, 1, 1, 0, 0, 0]])
PROMPT = np.array([3, 7, 1])
# their rotary angles are float32 numbers in every precision
LIMITS_OF_ANGLES = {"float64": 2e-6, "float32": 1e-5}
each_case = pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])


def limits(case):
    return LIMITS_OF_ANGLES if case["config"]["model_type"] == "llama" else LIMITS


@pytest.fixture
def folder(case, tmp_path):
    """The folder that ``transformers`` wrote."""
    (tmp_path / "config.json").write_text(json.dumps(case["config"]), encoding="utf-8")
    save_arrays(tmp_path / "model.safetensors", case["state"], {"format": "pt"})
    return tmp_path


def opened(folder, dtype="float64"):
    return from_pretrained(folder, dtype=np.dtype(dtype).type)


def scores_and_loss(model):
    """The scores, and the loss of the stored gradients."""
    if isinstance(model, Gpt):
        inputs, targets = next_tokens(IDS, MASK)
        return model(IDS, MASK), model.loss(inputs, targets, MASK[:, :-1])
    if isinstance(model, Bert):
        scores = model(IDS, MASK, SEGMENTS)
        weights = np.cos(np.arange(scores.size)).reshape(scores.shape) * MASK[..., None]
        return scores, (scores * weights.astype(scores.dtype)).sum()
    if isinstance(model, MaskedLanguageModel):
        scores = model(IDS, MASK, np.arange(IDS.size), SEGMENTS).reshape(*IDS.shape, -1)
        targets = np.where(MASK & (IDS % 2 == 1), IDS, IGNORE)
        return scores, model.loss(IDS, MASK, targets, SEGMENTS)
    if isinstance(model, SequenceClassifier):
        return model(IDS, MASK, SEGMENTS), model.loss(IDS, MASK, np.array([2, 0, 1]), SEGMENTS)
    if isinstance(model, SpanReader):
        targets = np.array([[1, 3], [0, 2], [2, 2]])
        return model(IDS, MASK, SEGMENTS), model.loss(IDS, MASK, targets, SEGMENTS)
    assert isinstance(model, TokenClassifier)
    first = np.broadcast_to(np.arange(IDS.shape[1]), IDS.shape)
    scores = model(IDS, MASK, SEGMENTS, first)
    return scores, model.loss(IDS, MASK, SEGMENTS, first, np.where(MASK, IDS % 4, IGNORE))


def published_gradients(folder, model, loss):
    """The gradients by their published names, in the published order."""
    opened = Published(folder)
    rows = opened.names(opened.head, model)
    parameters = dict(model.named_parameters())
    found = dict(zip(parameters, gradients_of(loss, list(parameters.values())), strict=True))
    parts = {}
    for row in sorted(rows, key=lambda row: row.place.part):
        parts.setdefault(row.published, (row.place, []))[1].append(found[row.ours])
    return {name: place.write(arrays, opened.head_width) for name, (place, arrays) in parts.items()}


@pytest.mark.guide("G59", "G60")
@pytest.mark.parametrize("dtype", LIMITS)
@each_case
def test_scores_and_loss_are_those_of_transformers(case, folder, dtype):
    model = opened(folder, dtype)
    scores, loss = scores_and_loss(model)
    assert scores.dtype == dtype
    real = MASK if scores.ndim == 3 else MASK[:, 0]
    assert relative_error([scores.data[real]], [case["scores"][real]]) <= limits(case)[dtype]
    if case["name"] != "BertForPreTraining":  # its own loss is of vectors
        assert abs(float(loss.data) - float(case["loss"])) <= limits(case)[dtype] * 10


@pytest.mark.guide("G59", "G60")
@pytest.mark.parametrize("dtype", LIMITS)
@pytest.mark.parametrize(
    "case", [c for c in CASES if c["name"] != "BertForPreTraining"], ids=lambda c: c["name"]
)
def test_every_gradient_is_that_of_transformers(case, folder, dtype):
    model = opened(folder, dtype)
    ours = published_gradients(folder, model, scores_and_loss(model)[1])
    theirs = {name: g for name, g in case["gradients"].items() if name in ours}
    assert ours.keys() == theirs.keys()
    assert {*case["gradients"]} - {*ours} <= {"pooler.dense.weight", "pooler.dense.bias"}
    if case["name"] == "BertForQuestionAnswering":
        # padding is among the places that an answer could have had, and PyTorch's table gives
        # the row of its padding token no gradient
        ours["bert.embeddings.word_embeddings.weight"][0] = 0.0
    error = relative_error([ours[n] for n in theirs], list(theirs.values()))
    assert error <= limits(case)[dtype]


@pytest.mark.parametrize("case", [c for c in CASES if "greedy" in c], ids=lambda c: c["name"])
def test_the_same_texts_are_written_greedily_and_with_three_beams(case, folder):
    model = from_pretrained(folder)
    ((greedy,),) = generate(model, [PROMPT], 10)
    beams = beam_search(model, PROMPT, 10, width=3)
    assert [*PROMPT, *greedy.tokens] == case["greedy"].tolist()
    assert [*PROMPT, *beams[0].tokens] == case["beams"].tolist()


@each_case
def test_what_is_saved_again_is_what_was_opened(case, folder, tmp_path):
    model, again = from_pretrained(folder), tmp_path / "again"
    save_pretrained(model, again)
    first, second = Published(folder), Published(again)
    assert first.config == second.config
    kept = {name: second.weights[name] for name in second.weights}
    assert all(np.array_equal(kept[name], case["state"][name]) for name in kept)
    lost = case["state"].keys() - kept.keys()
    assert all("pooler" in name or "seq_relationship" in name for name in lost)
