"""Learning and examining, by hand."""

import numpy as np

from minillm.autograd import Parameter
from minillm.labs.transformer.training import learn, share_right
from minillm.nn import Module
from minillm.ops import embedding


class Table(Module):
    """Two scores for each of three ids."""

    def __init__(self, scores):
        self.scores = Parameter(np.array(scores))

    def forward(self, ids):
        return embedding(self.scores, ids=ids)


def test_the_share_of_right_answers_by_hand():
    table = Table([[2.0, 1.0], [0.0, 3.0], [1.0, 0.0]])
    assert share_right(table, (np.array([0, 1, 2, 2]), np.array([0, 1, 1, 0]))) == 0.75


def test_a_batch_is_one_step_of_adam_towards_its_classes():
    table, batch = Table(np.zeros((3, 2))), (np.array([0, 1]), np.array([0, 1]))
    learn(table, [batch], rate=0.1)
    np.testing.assert_allclose(table.scores.data, [[0.1, -0.1], [-0.1, 0.1], [0, 0]], rtol=1e-6)
