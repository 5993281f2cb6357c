"""The guide's program (section 5.2), on our layers: where it stops, and what it is not."""

import textwrap
from dataclasses import replace

import numpy as np
import pytest

from minillm import ops
from minillm.labs.guide_code import layers
from minillm.labs.guide_code.as_printed import AsPrinted
from minillm.labs.guide_code.layers import pad_sequences
from minillm.labs.guide_code.reviews_and_news import STUDY, pooled_fit
from minillm.models import AveragePoolingClassifier, Bert, SequenceClassifier
from minillm.models.pooling import at_first_real, mean_of_real
from minillm.nn import LearnedPositions, Module, MultiHeadAttention
from minillm.optim import Adam
from minillm.tasks import accuracy
from minillm.text import Labels, pad
from minillm.text.corpora import load_corpus
from tests.models.small_bert import CONFIG, IDS, MASK

ROWS = [[7, 8, 9, 7], [8]]


def kinds_of(model: Module) -> list[type]:
    return [type(module) for _, module in model.named_modules()]


def run(text: str, names: dict) -> dict:
    """The names that a program has defined in the end."""
    exec(textwrap.dedent(text), names)
    return names


@pytest.mark.guide("G61")
@pytest.mark.errata("A63")
def test_a63_a_model_that_is_built_and_never_trained_knows_nothing():
    corpus = load_corpus("topics", "en", sizes=(400, 0, 200))
    texts, names = zip(*corpus.test, strict=True)
    true = Labels(names).encode(names)
    settings = replace(STUDY.settings.pooled, width=32, hidden=(32,), updates=150)
    found = {}
    for rate in (0.0, 1e-2):
        p = pooled_fit(replace(settings, learning_rate=rate), seed=0)(corpus.train)(texts)
        loss = -np.log(p[np.arange(len(true)), true]).mean()
        found[rate] = loss, accuracy(p.argmax(axis=1), true)
    assert abs(found[0.0][0] - np.log(4)) < 0.02 and found[0.0][1] < 0.5
    assert found[1e-2][0] < 0.6 and found[1e-2][1] > 0.8


@pytest.mark.guide("G61")
@pytest.mark.errata("A64")
def test_a64_a_wrapper_that_hides_the_imported_function_calls_itself():
    program = """
        def {name}(rows, {length}):
            return pad_sequences(rows, maxlen={length})
    """

    def wrapper(name: str, length: str):
        return run(program.format(name=name, length=length), {"pad_sequences": pad_sequences})[name]

    with pytest.raises(TypeError, match="unexpected keyword argument 'maxlen'"):
        wrapper("pad_sequences", "max_length")(ROWS, max_length=3)
    with pytest.raises(RecursionError):
        wrapper("pad_sequences", "maxlen")(ROWS, maxlen=3)
    padded = wrapper("padded", "max_length")(ROWS, max_length=3)
    assert padded.tolist() == [[8, 9, 7], [0, 0, 8]]


@pytest.mark.guide("G61")
@pytest.mark.errata("A69")
def test_a69_a_name_that_the_block_does_not_import_is_not_defined():
    program = "def pooled(x): return layers.GlobalAveragePooling()(x)"
    x = ops.embedding(np.eye(3), ids=np.array([[0, 1]]))
    with pytest.raises(NameError, match="'layers' is not defined"):
        run(program, {"Dense": layers.Dense})["pooled"](x)
    assert run(program, {"layers": layers})["pooled"](x).data.tolist() == [[0.5, 0.5, 0]]


@pytest.mark.guide("G61")
@pytest.mark.errata("A68")
def test_a68_a_number_from_the_length_on_has_no_row(rng):
    model = AsPrinted(max_length=100, width=8, n_classes=10, hidden=(6,), rng=rng)
    ids = pad_sequences([[99, 4], [150]], maxlen=100)
    assert model(ids[:1]).shape == (1, 10)
    with pytest.raises(IndexError, match=r"token id 150 at position \(0, 99\) .* of 100"):
        model(ids[1:])


@pytest.mark.guide("G61")
@pytest.mark.errata("A70", "A74")
@pytest.mark.parametrize("n_texts", [1, 3])
def test_a70_the_second_pooling_finds_two_axes(n_texts, rng):
    model = AsPrinted(max_length=100, width=128, n_classes=10, rng=rng)
    with pytest.raises(ValueError, match=rf"ndim=3 .* got ndim=2, shape \({n_texts}, 128\)"):
        model(pad_sequences([[4, 5]] * n_texts, maxlen=100))


@pytest.mark.errata("A71")
def test_a71_bert_has_attention_and_positions_and_the_guides_net_has_not(rng):
    bert = SequenceClassifier(Bert(CONFIG, rng=rng), 10, rng=rng)
    pooled = AveragePoolingClassifier(CONFIG.vocabulary_size, 10, rng=rng)
    parts = (MultiHeadAttention, LearnedPositions)
    assert [kinds_of(bert).count(part) for part in parts] == [CONFIG.n_layers, 1]
    assert [kinds_of(pooled).count(part) for part in parts] == [0, 0]
    swapped = IDS.copy()
    swapped[0, [1, 3]] = IDS[0, [3, 1]]
    moved = [
        np.abs(net(swapped, MASK).data - net(IDS, MASK).data)[0].max() for net in (bert, pooled)
    ]
    assert moved[0] > 1e-4 and moved[1] < 1e-6


@pytest.mark.guide("G61")
@pytest.mark.errata("A72")
def test_a72_the_loss_wants_one_hot_rows_and_class_numbers_have_another(rng):
    scores, classes = rng.standard_normal((5, 10)), rng.integers(10, size=5)
    with pytest.raises(ValueError, match=r"\(5, 10\) and probabilities \(5,\) need the same shape"):
        ops.cross_entropy_with_probabilities(scores, probabilities=classes)
    rows = ops.cross_entropy_with_probabilities(scores, probabilities=np.eye(10)[classes])
    numbers = ops.cross_entropy(scores, targets=classes)
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    by_hand = -np.log(p[np.arange(5), classes]).mean()
    np.testing.assert_allclose([rows.data, numbers.data], by_hand, atol=1e-12)
    model = AveragePoolingClassifier(100, 10, rng=rng)
    start = model.loss(*pad([rng.integers(100, size=9) for _ in classes]), classes)
    assert abs(float(start) - np.log(10)) < 0.01


@pytest.mark.errata("A73")
def test_a73_bert_reads_the_vector_at_cls_and_no_mean(rng):
    hidden = ops.embedding(rng.standard_normal((6, 4)), ids=np.array([[0, 1, 2], [3, 4, 5]]))
    mask = np.ones((2, 3), dtype=bool)
    assert np.array_equal(at_first_real(hidden, mask).data, hidden.data[:, 0])
    assert np.abs(mean_of_real(hidden, mask).data - hidden.data[:, 0]).max() > 0.1
    assert SequenceClassifier(Bert(CONFIG, rng=rng), 2, rng=rng).pooling == "cls"


@pytest.mark.guide("G61")
def test_g61_the_repair_is_trained_and_pays_no_attention_to_order(rng):
    """Each text and its reverse have one class: learned. Two classes: never."""
    texts = [[1, 2, 3], [3, 2, 1], [4, 5, 6], [6, 5, 4]]
    for classes, best in (([0, 0, 1, 1], 1.0), ([0, 1, 0, 1], 0.5)):
        model = AveragePoolingClassifier(7, 2, width=8, hidden=(8,), rng=rng)
        optimizer = Adam(model.parameters(), lr=0.03)
        ids, mask = pad(texts)
        for _ in range(60):
            model.loss(ids, mask, np.array(classes)).backward()
            optimizer.step()
            optimizer.zero_grad()
        found = model(ids, mask).data
        assert accuracy(found.argmax(axis=1), classes) == best
        assert abs(float(model.loss(ids, mask, np.array(classes))) - np.log(2) * (best < 1)) < 0.1
