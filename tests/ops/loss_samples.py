"""The rows of the losses beside cross-entropy, and of RMS normalization."""

import numpy as np

from tests.ops import naive, naive_losses
from tests.ops.table import Row, normal, refused, sample

OPS: dict[str, Row] = {}
WIDE = np.ones((3, 7))

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
TARGETS = [
    refused(
        IndexError,
        r"target class 7 at position \(1,\) out of range for a set of classes of 7",
        WIDE,
        targets=np.array([0, 7, 1]),
    ),
    refused(IndexError, "target class -1", WIDE, targets=[0, -1, 1]),
    refused(IndexError, "target class -100", WIDE[:1], targets=[-100], ignore_index=-1),
    refused(TypeError, "integers, got float64", WIDE[:1], targets=np.array([1.0])),
    refused(TypeError, "integers, got bool", WIDE[:1], targets=np.array([True])),
    refused(
        ValueError,
        r"\(3, 7\) need targets \(3,\), got \(3, 1\)",
        WIDE,
        targets=np.zeros((3, 1), dtype=int),
    ),
    refused(ValueError, r"\(\) need targets", np.array(1.0), targets=0),
]
OPS["nll_loss"] = Row(
    naive_losses.nll_loss,
    [
        sample(naive.log_softmax(normal(5, 7)), targets=np.array([6, 0, 3, 3, 1])),
        sample(
            naive.log_softmax(normal(2, 3, 5)),
            targets=np.array([[4, 0, -100], [1, -100, 2]]),
            weights=np.array([0.5, 2.0, 1.0, 7.0, 0.1]),
        ),
        sample(normal(3, 5), targets=np.array([1, 2, 0]), ignore_index=2),
        sample(normal(3, 5), targets=np.array([1, 1, 0]), weights=np.array([1.0, 0, 0, 0, 0])),
        sample(normal(3, 5), targets=np.array([1, 1, 2]), weights=np.array([1.0, 0, 0, 0, 0])),
        sample(normal(3, 5), targets=np.array([-100, -100, -100])),
        sample(normal(0, 5), targets=np.zeros(0, dtype=np.int64), weights=np.ones(5)),
        sample(normal(7), targets=np.array(3), weights=np.arange(7.0)),
        sample(normal(3, 1), targets=np.array([0, 0, 0], dtype=np.uint8)),
        sample(normal(2, 3), targets=np.array([0, 2]), weights=np.array([3, 1, 2])),
        sample(np.array([[-1e3, 0.0], [0.0, -1e3]]), targets=np.array([0, 1])),
        sample(np.array([[-1e300, 0.0]]), targets=np.array([0]), smooth=False, fits=False),
    ],
    [
        *TARGETS,
        refused(
            ValueError,
            r"nll_loss: 7 classes need as many weights, got \(3,\)",
            WIDE,
            targets=[0, 1, 2],
            weights=np.ones(3),
        ),
        refused(
            TypeError, "weights must be real numbers", WIDE, targets=[0, 1, 2], weights="1234567"
        ),
    ],
)
OPS["smoothed_cross_entropy"] = Row(
    naive_losses.smoothed_cross_entropy,
    [
        sample(normal(5, 7), targets=np.array([6, 0, 3, 3, 1]), smoothing=0.1),
        sample(normal(2, 3, 5), targets=np.array([[4, 0, -100], [1, -100, 2]]), smoothing=0.3),
        sample(normal(3, 5), targets=np.array([1, 2, 0]), smoothing=0.1, ignore_index=2),
        sample(normal(3, 5), targets=np.array([1, 2, 0]), smoothing=0),
        sample(normal(3, 5), targets=np.array([1, 2, 0]), smoothing=1.0),
        sample(normal(3, 5), targets=np.array([1, 2, 0]), smoothing=np.float64(0.5)),
        sample(normal(3, 5), targets=np.array([-100, -100, -100]), smoothing=0.1),
        sample(normal(0, 5), targets=np.zeros(0, dtype=np.int64), smoothing=0.1),
        sample(normal(7), targets=np.array(3), smoothing=0.1),
        sample(normal(3, 1), targets=np.array([0, 0, 0], dtype=np.uint8), smoothing=0.1),
        sample(np.array([[1e3, -1e3, 0.0]]), targets=np.array([1]), smoothing=0.1),
        sample(
            np.array([[1e300, 0.0]]), targets=np.array([1]), smoothing=0.5, smooth=False, fits=False
        ),
    ],
    [
        *(call._replace(settings={**call.settings, "smoothing": 0.1}) for call in TARGETS),
        refused(ValueError, r"in \[0, 1\], got -0\.1", WIDE, targets=[0, 1, 2], smoothing=-0.1),
        refused(ValueError, r"in \[0, 1\], got 1\.5", WIDE, targets=[0, 1, 2], smoothing=1.5),
        refused(ValueError, "got nan", WIDE, targets=[0, 1, 2], smoothing=float("nan")),
        refused(ValueError, "empty axis", WIDE[:0, :0], targets=[], smoothing=0.1),
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
    ],
)
