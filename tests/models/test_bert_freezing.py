import numpy as np

from minillm.autograd import gradients_of
from tests.models.small_bert import CLASSES, IDS, MASK, small_classifier


def test_on_a_frozen_bert_only_the_head_is_recorded_and_its_gradients_are_the_same():
    model = small_classifier()
    head = [p for name, p in model.named_parameters() if not name.startswith("bert.")]
    expected = gradients_of(model.loss(IDS, MASK, CLASSES), head)
    model.bert.freeze()
    assert [id(p) for p in model.trainable_parameters()] == [id(p) for p in head]
    loss = model.loss(IDS, MASK, CLASSES)
    nodes, waiting = set(), [loss.node]
    while waiting:
        nodes.add(node := waiting.pop())
        waiting.extend(parent for parent in node.parents if parent)
    leaves = {node for node in nodes if node.vjp is None}
    assert leaves == {p.node for p in head}
    assert sorted(n.name for n in nodes - leaves) == ["cross_entropy", "linear", "linear", "tanh"]
    for a, b in zip(gradients_of(loss, model.trainable_parameters()), expected, strict=True):
        np.testing.assert_array_equal(a, b)
