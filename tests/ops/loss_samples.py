"""The rows of the losses of numbers, and of RMS normalization."""

import numpy as np

from tests.ops import naive_losses
from tests.ops.class_loss_samples import UNKNOWN, WIDE, reduced
from tests.ops.table import Row, normal, refused, sample

OPS: dict[str, Row] = {}

OPS["rms_norm"] = Row(
    naive_losses.rms_norm,
    [
        sample(normal(3, 7), normal(7)),
        sample(normal(2, 3, 5), normal(5), eps=0.1),
        sample(normal(7), normal(7)),
        sample(normal(3, 1), normal(1)),
        sample(normal(0, 5), normal(5)),
        sample(1e3 + normal(3, 7), normal(7)),
        sample(1e3 * normal(3, 7), normal(7)),
        sample(np.zeros((2, 3)), normal(3), eps=0.1),
        sample(np.zeros((2, 3)), normal(3), smooth=False),
        sample(normal(3, 7), normal(7), eps=np.float64(1e-5)),
    ],
    [
        refused(ValueError, r"x \(3, 7\) needs a gain \(7,\), got \(7, 1\)", WIDE, np.ones((7, 1))),
        refused(ValueError, r"got \(1,\)", WIDE, np.ones(1)),
        refused(ValueError, r"x \(\) has no features", np.array(1.0), np.ones(1)),
        refused(ValueError, r"\(3, 0\) has no features", WIDE[:, :0], np.ones(0)),
    ],
)
PAIR = np.array([1.0, -2.0])
OPS["squared_error"] = Row(
    naive_losses.squared_error,
    [
        sample(normal(7), targets=normal(7)),
        sample(normal(3, 5), targets=normal(3, 5)),
        sample(normal(), targets=np.array(2.0)),
        sample(normal(3, 1), targets=np.array([[1], [0], [7]])),
        sample(normal(2, 3), targets=np.array([[True, False, True], [False, False, True]])),
        sample(1e3 * normal(3), targets=1e3 * normal(3)),
        *reduced(normal(3, 5), targets=normal(3, 5)),
        *reduced(normal(), targets=np.array(2.0)),
        *reduced(normal(0, 5), targets=normal(0, 5)),
        sample(np.array([1e150]), targets=np.array([-1e150]), smooth=False, fits=False),
    ],
    [
        refused(
            ValueError,
            r"squared_error: targets are \(3,\), predictions \(3, 1\)",
            np.ones((3, 1)),
            targets=np.ones(3),
        ),
        refused(
            ValueError, r"mean of no elements, shape \(0, 3\)", WIDE[:0, :3], targets=WIDE[:0, :3]
        ),
        refused(TypeError, "targets must be real numbers, got complex128", PAIR, targets=PAIR * 1j),
        refused(TypeError, "got object", PAIR, targets=[None, 1.0]),
        refused(ValueError, UNKNOWN, PAIR, targets=PAIR, reduction="average"),
    ],
)
OPS["binary_cross_entropy_with_logits"] = Row(
    naive_losses.binary_cross_entropy_with_logits,
    [
        sample(normal(7), targets=np.array([0, 1, 1, 0, 1, 0, 0])),
        sample(normal(2, 3), targets=np.array([[0.0, 1.0, 0.25], [1.0, 0.5, 0.0]])),
        sample(normal(2, 3), targets=np.eye(2, 3, dtype=bool), weight_of_positive=2.5),
        sample(normal(), targets=np.array(1.0)),
        sample(normal(3, 1), targets=np.array([[1], [0], [1]]), weight_of_positive=np.float64(0.1)),
        sample(normal(3), targets=np.array([1, 0, 1]), weight_of_positive=0),
        sample(normal(2, 3), targets=np.eye(2, 3), weights=np.arange(6.0).reshape(2, 3)),
        sample(normal(3), targets=np.array([1, 0, 1]), weights=np.zeros(3), weight_of_positive=2.0),
        *reduced(normal(2, 3), targets=np.eye(2, 3), weights=np.arange(6).reshape(2, 3)),
        *reduced(normal(), targets=np.array(0.3)),
        *reduced(normal(0, 5), targets=normal(0, 5)),
        sample(np.array([0.0, -0.0]), targets=np.array([1.0, 0.0])),
        sample(np.array([1e3, -1e3, 1e3, -1e3]), targets=np.array([0, 1, 1, 0])),
        sample(np.array([1e300, -1e300]), targets=np.array([0, 0]), smooth=False, fits=False),
    ],
    [
        refused(
            ValueError, r"targets are \(2, 1\), predictions \(2,\)", PAIR, targets=np.ones((2, 1))
        ),
        refused(
            ValueError, r"target 2\.0 at position \(1,\) is not in \[0, 1\]", PAIR, targets=[0, 2]
        ),
        refused(ValueError, r"target -1\.0 at position \(0,\)", PAIR, targets=[-1.0, 1.0]),
        refused(ValueError, "target nan at", PAIR, targets=[0.0, np.nan]),
        refused(ValueError, "mean of no elements", PAIR[:0], targets=PAIR[:0]),
        refused(ValueError, "got -1.0", PAIR, targets=[0, 1], weight_of_positive=-1.0),
        refused(ValueError, "got nan", PAIR, targets=[0, 1], weight_of_positive=np.nan),
        refused(TypeError, "got <U3", PAIR, targets=["yes", "no"]),
        refused(ValueError, UNKNOWN, PAIR, targets=[0, 1], reduction="average"),
        refused(
            ValueError, r"weights are \(1,\), predictions \(2,\)", PAIR, targets=[0, 1], weights=[1]
        ),
        refused(
            ValueError,
            r"weight -1\.0 at position \(1,\) is not at least 0",
            PAIR,
            targets=[0, 1],
            weights=[1, -1],
        ),
        refused(ValueError, "weight nan at", PAIR, targets=[0, 1], weights=[np.nan, 1]),
    ],
)
