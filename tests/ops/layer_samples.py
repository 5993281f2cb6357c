"""The rows of the ops that layers and losses are made of."""

import numpy as np

from tests.ops import naive
from tests.ops.table import RNG, Row, normal, refused, sample

OPS: dict[str, Row] = {}
SCORES = [
    sample(normal(7)),
    sample(normal(3, 5)),
    sample(normal(3, 5), axis=0),
    sample(normal(2, 3, 5), axis=-2),
    sample(normal(2, 3, 1)),
    sample(normal(0, 5)),
    sample(np.array([[1e3, -1e3, 0.0], [1e3, 1e3, 1e3]])),
    sample(np.array([[1e300, -1e300, 0.0]]), smooth=False, fits=False),
]
NO_AXIS = [
    refused(ValueError, r"empty axis: shape \(3, 0\), axis -1", np.ones((3, 0)), fault=23),
    refused(ValueError, r"axis 2 is out of range for shape \(3, 5\)", np.ones((3, 5)), axis=2),
    refused(ValueError, r"axis -1 is out of range for shape \(\)", np.array(1.0)),
]
OPS["softmax"] = Row(naive.softmax, SCORES, NO_AXIS)
OPS["log_softmax"] = Row(naive.log_softmax, SCORES, NO_AXIS)
OPS["layer_norm"] = Row(
    naive.layer_norm,
    [
        sample(normal(3, 7), normal(7), normal(7)),
        sample(normal(2, 3, 5), normal(5), normal(5), eps=0.1),
        sample(normal(7), normal(7), normal(7)),
        sample(normal(3, 1), normal(1), normal(1)),
        sample(normal(0, 5), normal(5), normal(5)),
        sample(1e3 + normal(3, 7), normal(7), normal(7)),
        sample(1e3 * normal(3, 7), normal(7), normal(7)),
        sample(np.zeros((2, 3)), normal(3), normal(3), eps=0.1),
        sample(np.ones((2, 3)), normal(3), normal(3), smooth=False),
    ],
    [
        refused(
            ValueError,
            r"x \(3, 7\) needs gain and bias \(7,\), got \(7, 1\) and \(7,\)",
            *(np.ones((3, 7)), np.ones((7, 1)), np.ones(7)),
            fault=36,
        ),
        refused(ValueError, r"got \(7,\) and \(1,\)", np.ones((3, 7)), np.ones(7), np.ones(1)),
        refused(ValueError, "no features", np.array(1.0), np.ones(1), np.ones(1)),
        refused(ValueError, "got -0.1", np.ones((3, 7)), np.ones(7), np.ones(7), eps=-0.1),
        refused(ValueError, r"\(3, 0\) has no features", np.ones((3, 0)), np.ones(0), np.ones(0)),
    ],
)
OPS["linear"] = Row(
    naive.linear,
    [
        sample(normal(3, 5), normal(7, 5), normal(7)),
        sample(normal(2, 3, 5), normal(7, 5), normal(7)),
        sample(normal(2, 3, 5), normal(7, 5)),
        sample(normal(5), normal(7, 5)),
        sample(normal(5), normal(7, 5), normal(7)),
        sample(normal(0, 3, 5), normal(7, 5), normal(7)),
        sample(normal(3, 0), normal(7, 0), normal(7)),
        sample(normal(3, 5), normal(0, 5), normal(0)),
        sample(normal(3, 1), normal(1, 1), normal(1)),
        sample(1e3 * normal(3, 5), normal(7, 5), normal(7)),
    ],
    [
        refused(
            ValueError,
            r"x \(3, 5\) needs a weight \(out, in\), got \(5, 7\); it is \(in, out\), transpose it",
            *(np.ones((3, 5)), np.ones((5, 7)), np.ones(7)),
            fault=35,
        ),
        refused(ValueError, r"got \(7, 11\)$", np.ones((3, 5)), np.ones((7, 11)), np.ones(7)),
        refused(ValueError, r"got \(5,\)$", np.ones((3, 5)), np.ones(5), np.ones(7)),
        refused(ValueError, r"x \(\) needs", np.array(1.0), np.ones((7, 5)), np.ones(7)),
        refused(
            ValueError,
            r"weight \(7, 5\) needs bias \(7,\), got \(5,\)",
            *(np.ones((3, 5)), np.ones((7, 5)), np.ones(5)),
        ),
    ],
)
OPS["embedding"] = Row(
    naive.embedding,
    [
        sample(normal(7, 5), ids=np.array([3, 0, 3, 6])),
        sample(normal(7, 5), ids=np.array([[1, 1, 1], [2, 0, 1]], dtype=np.int32)),
        sample(normal(7, 5), ids=np.array(2)),
        sample(normal(7, 5), ids=np.zeros((0, 3), dtype=np.int64)),
        sample(normal(7, 1), ids=np.array([6, 6])),
        sample(normal(7, 0), ids=np.array([1, 2])),
        sample(normal(301, 3), ids=np.array([255, 7, 255], dtype=np.uint8)),
        sample(normal(7, 5), ids=np.array([3, 0, 3, 6]), padding_idx=3, smooth=False),
        sample(normal(7, 5), ids=np.array([3, 0, 6]), padding_idx=np.int64(1)),
    ],
    [
        refused(
            IndexError,
            r"id 7 at position \(0, 1\) out of range .* of 7",
            np.ones((7, 5)),
            ids=np.array([[0, 7]]),
            fault=1,
        ),
        refused(IndexError, r"id -1 at position \(1,\)", np.ones((7, 5)), ids=[0, -1], fault=2),
        refused(IndexError, r"id -1 at position \(\)", np.ones((7, 5)), ids=-1),
        refused(IndexError, r"id 9 at position \(1,\)", np.ones((7, 5)), ids=(1, 9)),
        refused(TypeError, "integers, got float64", np.ones((7, 5)), ids=np.array([1.0]), fault=3),
        refused(TypeError, "integers, got bool", np.ones((7, 5)), ids=np.array([True]), fault=4),
        refused(ValueError, "ragged: lengths 1, 2", np.ones((7, 5)), ids=[[1], [1, 2]], fault=6),
        refused(ValueError, r"must be \(V, D\), got \(7,\)", np.ones(7), ids=[0]),
        *(
            refused(error, message, np.ones((7, 5)), ids=[0], padding_idx=row)
            for row, error, message in [
                (7, IndexError, "padding_idx 7 is out of range for a table of 7 rows"),
                (-1, IndexError, "padding_idx -1 is out of range"),
                (1.0, TypeError, r"padding_idx must be an integer, got 1\.0"),
                (True, TypeError, "padding_idx must be an integer, got True"),
            ]
        ),
    ],
)


def keep_factors(*shape: int) -> np.ndarray:
    return np.asarray((RNG.random(shape) >= 0.5) * 2.0)


OPS["dropout"] = Row(
    lambda x, *, keep: naive.elementwise(lambda a, b: a * b)(x, keep),
    [sample(normal(*shape), keep=keep_factors(*shape)) for shape in [(3, 5), (), (0, 3), (7, 1)]],
    [refused(ValueError, r"x is \(3, 5\).*are \(5,\)", np.ones((3, 5)), keep=np.ones(5))],
)
