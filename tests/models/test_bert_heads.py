import numpy as np
import pytest

from minillm.autograd import Parameter, check_module, gradients_of
from minillm.backend import kernels, to_numpy
from minillm.models import Bert, BertConfig, MaskedLanguageModel, SequenceClassifier
from minillm.ops import IGNORE, cross_entropy, gelu, layer_norm
from minillm.optim import AdamW
from minillm.training import fit
from tests.models.small_bert import (
    CLASSES,
    CONFIG,
    IDS,
    MASK,
    SEGMENTS,
    TARGETS,
    on_strict_double,
    small_bert,
    small_classifier,
    small_masked_model,
)
from tests.strict import SYNCS

CHOSEN = [1, 3, 6]  # where TARGETS ask for a token, counted through the rows


def log_probabilities(logits):
    """The logarithm of the softmax, the plain way."""
    return logits - np.log(np.sum(np.exp(logits), axis=-1, keepdims=True))


# The classifier


def test_the_classifier_reads_the_first_position_through_a_tanh():
    model = small_classifier()
    s = model.state_dict()
    first = model.bert(IDS, MASK, SEGMENTS).data[:, 0]
    pooled = np.tanh(first @ s["pooler.weight"].T + s["pooler.bias"])
    expected = pooled @ s["output.weight"].T + s["output.bias"]
    logits = model(IDS, MASK, SEGMENTS)
    assert logits.shape == (2, 3)
    np.testing.assert_allclose(logits.data, expected, rtol=0, atol=1e-14)


def test_the_loss_of_the_classifier_is_the_mean_cross_entropy():
    model = small_classifier()
    log_p = log_probabilities(model(IDS, MASK, SEGMENTS).data)
    loss = model.loss(IDS, MASK, CLASSES, SEGMENTS)
    assert float(loss) == pytest.approx(-(log_p[0, 1] + log_p[1, 0]) / 2, abs=1e-14)


@pytest.mark.guide("G22")
def test_the_loss_of_the_classifier_has_right_gradients():
    model = small_classifier()
    rng = np.random.default_rng(1)
    error = check_module(model, lambda: model.loss(IDS, MASK, CLASSES, SEGMENTS), rng=rng)
    assert error < 1e-6


def test_a_padded_sentence_gets_the_logits_that_it_gets_alone():
    model = small_classifier()
    alone = model(IDS[1:, :3], MASK[1:, :3]).data
    np.testing.assert_allclose(model(IDS, MASK).data[1:], alone, rtol=0, atol=1e-12)


def test_the_pooled_vector_is_dropped_in_training_only():
    model = small_classifier(dropout=0.5)
    assert np.abs(model(IDS, MASK).data - model(IDS, MASK).data).max() > 0.01
    assert model.dropout.calls == 2
    model.eval()
    np.testing.assert_array_equal(model(IDS, MASK).data, model(IDS, MASK).data)


@pytest.mark.parametrize("n_classes", [1, 0, -3])
def test_fewer_than_two_classes_are_refused(n_classes, rng):
    with pytest.raises(ValueError, match=f"needs at least 2 classes, got {n_classes}"):
        SequenceClassifier(Bert(CONFIG, rng=rng), n_classes, rng=rng)


@pytest.mark.parametrize(
    ("classes", "error", "message"),
    [
        ([3, 0], IndexError, r"class 3 at position \(0,\) out of range"),
        ([0, -1], IndexError, r"class -1 at position \(1,\)"),
        ([0.0, 1.0], TypeError, "integers, got float64"),
        ([0], ValueError, r"need targets \(2,\), got \(1,\)"),
        ([[0], [1]], ValueError, r"need targets \(2,\), got \(2, 1\)"),
    ],
)
def test_wrong_classes_are_refused(classes, error, message):
    with pytest.raises(error, match=message):
        small_classifier().loss(IDS, MASK, np.array(classes))


# The masked language model


def test_the_logits_of_a_hidden_token_are_products_with_the_token_table():
    model = small_masked_model()
    s = model.state_dict()
    hidden = model.bert(IDS, MASK, SEGMENTS).data.reshape(10, 6)[CHOSEN]
    bent = gelu(hidden @ s["transform.weight"].T + s["transform.bias"]).data
    h = layer_norm(bent, s["norm.weight"], s["norm.bias"]).data
    expected = h @ s["bert.tokens.weight"].T + s["bias"]
    logits = model(IDS, MASK, np.array(CHOSEN), SEGMENTS)
    assert logits.shape == (3, 13)
    np.testing.assert_allclose(logits.data, expected, rtol=0, atol=1e-13)


@pytest.mark.guide("G27")
@pytest.mark.errata("A23")
def test_the_loss_is_asked_at_the_chosen_positions_alone():
    model = small_masked_model()
    everywhere = log_probabilities(model(IDS, MASK, np.arange(10), SEGMENTS).data)
    expected = -np.mean([everywhere[1, 9], everywhere[3, 12], everywhere[6, 4]])
    loss = float(model.loss(IDS, MASK, TARGETS, SEGMENTS))
    assert loss == pytest.approx(expected, abs=1e-13)
    all_logits = model(IDS, MASK, np.arange(10), SEGMENTS)
    ignoring = float(cross_entropy(all_logits, targets=TARGETS.reshape(10)))
    assert loss == pytest.approx(ignoring, abs=1e-13)


def test_without_a_chosen_position_loss_and_gradients_are_zero():
    model = small_masked_model()
    loss = model.loss(IDS, MASK, np.full_like(IDS, IGNORE))
    assert float(loss) == 0.0
    for gradient in gradients_of(loss, model.parameters()):
        assert np.all(gradient == 0.0)


def test_the_loss_of_the_masked_model_has_right_gradients():
    model = small_masked_model()
    rng = np.random.default_rng(1)
    error = check_module(model, lambda: model.loss(IDS, MASK, TARGETS, SEGMENTS), rng=rng)
    assert error < 1e-6


def test_the_gradient_of_the_tied_table_is_the_sum_of_both_its_roles():
    model = small_masked_model()
    table = model.bert.tokens.weight
    wanted = TARGETS[TARGETS != IGNORE]

    def loss_with(read_from, compared_with):
        """The loss with each role of the table played by the tensor that is given."""
        model.bert.tokens.weight = read_from
        hidden = model.bert(IDS, MASK)
        chosen = hidden.reshape(10, 6)[np.array(CHOSEN)]
        h = model.norm(gelu(model.transform(chosen)))
        model.bert.tokens.weight = table
        return cross_entropy(h @ compared_with.T + model.bias, targets=wanted)

    frozen = Parameter(table.data)
    frozen.requires_grad = False
    (both,) = gradients_of(model.loss(IDS, MASK, TARGETS), [table])
    (as_input,) = gradients_of(loss_with(table, frozen), [table])
    (as_output,) = gradients_of(loss_with(frozen, table), [table])
    np.testing.assert_allclose(both, as_input + as_output, rtol=0, atol=1e-14)
    assert np.abs(as_input).max() > 1e-4
    assert np.abs(as_output).max() > 1e-4


def test_the_tied_table_is_one_parameter():
    model = small_masked_model()
    names = [name for name, _ in model.named_parameters()]
    assert names.count("bert.tokens.weight") == 1
    assert model.parameter_count() == model.bert.parameter_count() + (36 + 6) + 12 + 13


@pytest.mark.parametrize(
    ("targets", "error", "message"),
    [
        (TARGETS[:, :4], ValueError, r"targets \(2, 4\) must have the shape of ids \(2, 5\)"),
        (TARGETS.reshape(5, 2), ValueError, r"targets \(5, 2\) must have the shape of ids"),
        (np.where(TARGETS == 12, 13, TARGETS), IndexError, r"target 13 at position \(1,\)"),
        (np.where(TARGETS == 9, -1, TARGETS), IndexError, "target -1"),
    ],
)
def test_wrong_targets_are_refused(targets, error, message):
    with pytest.raises(error, match=message):
        small_masked_model().loss(IDS, MASK, targets)


@pytest.mark.parametrize(("position", "named"), [(10, "position 10"), (-1, "position -1")])
def test_positions_outside_the_batch_are_refused(position, named):
    with pytest.raises(IndexError, match=f"{named} at position"):
        small_masked_model()(IDS, MASK, np.array([position]))


# Both


@pytest.mark.guide("G22")
def test_the_classifier_overfits_one_batch_of_four():
    rng = np.random.default_rng(0)
    config = BertConfig(vocabulary_size=31, width=32, hidden=64, max_length=7, dropout=0.0)
    model = SequenceClassifier(Bert(config, rng=rng), 3, rng=rng)
    batch = rng.integers(5, 31, (4, 7)), rng.random((4, 7)) < 0.8, np.array([0, 1, 2, 1])
    batch[1][:, 0] = True
    optimizer = AdamW(model.parameters(), lr=3e-3)
    *_, last = fit(lambda _: model.loss(*batch), range(60), optimizer)
    assert float(last.loss) < 0.01


@pytest.mark.errata("A41")
def test_the_masked_model_overfits_one_batch_of_four():
    rng = np.random.default_rng(0)
    config = BertConfig(vocabulary_size=31, width=32, hidden=64, max_length=7, dropout=0.0)
    model = MaskedLanguageModel(Bert(config, rng=rng), rng=rng)
    ids, mask = rng.integers(5, 31, (4, 7)), np.ones((4, 7), dtype=bool)
    targets = np.where(rng.random((4, 7)) < 0.3, ids, IGNORE)
    hidden = np.where(targets == IGNORE, ids, 4)
    optimizer = AdamW(model.parameters(), lr=3e-3)
    *_, last = fit(lambda _: model.loss(hidden, mask, targets), range(200), optimizer)
    assert float(last.loss) < 0.01


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("make", "targets"), [(small_classifier, CLASSES), (small_masked_model, TARGETS)]
)
def test_training_on_the_strict_double_equals_numpy_bit_for_bit(make, targets, dtype):
    """No hard-coded NumPy, no look at a value but one a step: the loss, to stop at a NaN."""

    def trained(place):
        model = place(make(dropout=0.3).to_dtype(dtype))
        batches = [(IDS, MASK, targets, SEGMENTS)] * 3
        optimizer = AdamW(model.parameters(), lr=0.01)
        SYNCS.clear()
        steps = list(fit(lambda batch: model.loss(*batch), batches, optimizer))
        assert len(SYNCS) <= len(batches)
        numbers = [step.loss for step in steps] + [step.gradient_norm for step in steps]
        return [to_numpy(number) for number in numbers], model.state_dict()

    with kernels("off"):  # they add up in another order
        numbers, state = trained(lambda model: model)
    strict_numbers, strict_state = trained(on_strict_double)
    np.testing.assert_array_equal(strict_numbers, numbers)
    for name, array in state.items():
        np.testing.assert_array_equal(strict_state[name], array, err_msg=name)
        assert strict_state[name].dtype == dtype


def test_attention_weights_on_the_strict_double_equal_numpys():
    plain = list(small_bert().attention_weights(IDS, MASK))
    strict_ones = list(on_strict_double(small_bert()).attention_weights(IDS, MASK))
    np.testing.assert_array_equal([to_numpy(w) for w in strict_ones], plain)


@pytest.mark.guide("G22")
def test_the_check_passes_at_the_first_values_too_where_embeddings_are_small(rng):
    config = BertConfig(31, width=12, n_layers=2, n_heads=3, hidden=20, max_length=7, dropout=0.0)
    model = SequenceClassifier(Bert(config, rng=rng), 3, rng=rng).to_dtype(np.float64)
    ids, targets = rng.integers(0, 31, (4, 7)), np.array([0, 2, 1, 1])
    mask = np.arange(7) < np.array([[7], [5], [3], [6]])
    assert np.std(model.bert.tokens.weight.data) < 0.03
    assert check_module(model, lambda: model.loss(ids, mask, targets), rng=rng) < 1e-6
