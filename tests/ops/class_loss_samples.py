"""The rows of the losses of a choice among classes."""

import numpy as np

from tests.ops import naive, naive_losses
from tests.ops.table import Row, Sample, normal, refused, sample

OPS: dict[str, Row] = {}
WIDE = np.ones((3, 7))
UNKNOWN = "reduction must be 'mean', 'sum' or 'none', got 'average'"


def reduced(*operands: np.ndarray, **settings: object) -> list[Sample]:
    """The call with each of the two reductions that are not the default."""
    return [sample(*operands, reduction=how, **settings) for how in ("sum", "none")]


TARGETS = [
    refused(
        IndexError,
        r"target class 7 at position \(1,\) out of range for a set of classes of 7",
        WIDE,
        targets=np.array([0, 7, 1]),
    ),
    refused(IndexError, "target class -1", WIDE, targets=[0, -1, 1], fault=8),
    refused(IndexError, "target class -100", WIDE[:1], targets=[-100], ignore_index=-1),
    refused(TypeError, "integers, got float64", WIDE[:1], targets=np.array([1.0])),
    refused(TypeError, "integers, got bool", WIDE[:1], targets=np.array([True])),
    refused(
        ValueError,
        r"\(3, 7\) need targets \(3,\), got \(3, 1\); the classes stand last",
        WIDE,
        targets=np.zeros((3, 1), dtype=int),
        fault=10,
    ),
    refused(ValueError, r"\(\) need targets", np.array(1.0), targets=0),
    refused(ValueError, UNKNOWN, WIDE, targets=[0, 1, 2], reduction="average"),
    refused(ValueError, "got None", WIDE, targets=[0, 1, 2], reduction=None),
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
        *reduced(
            normal(2, 3, 5), targets=np.array([[4, 0, -100], [1, -100, 2]]), weights=np.arange(5.0)
        ),
        *reduced(normal(7), targets=np.array(3)),
        *reduced(normal(0, 5), targets=np.zeros(0, dtype=np.int64)),
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
        *reduced(normal(2, 3, 5), targets=np.array([[4, 0, -100], [1, -100, 2]]), smoothing=0.2),
        *reduced(normal(7), targets=np.array(3), smoothing=0.2),
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
OPS["cross_entropy"] = Row(
    naive_losses.cross_entropy,
    [
        sample(normal(5, 7), targets=np.array([6, 0, 3, 3, 1])),
        sample(normal(2, 3, 5), targets=np.array([[4, 0, -100], [1, -100, 2]])),
        sample(normal(3, 5), targets=np.array([1, 2, 0]), ignore_index=2),
        sample(normal(3, 5), targets=np.array([-100, -100, -100])),
        sample(normal(0, 5), targets=np.zeros(0, dtype=np.int64)),
        *reduced(normal(2, 3, 5), targets=np.array([[4, 0, -100], [1, -100, 2]])),
        *reduced(normal(3, 5), targets=np.array([-100, -100, -100])),
        *reduced(normal(0, 5), targets=np.zeros(0, dtype=np.int64)),
        *reduced(normal(7), targets=np.array(3)),
        sample(normal(7), targets=np.array(3)),
        sample(normal(3, 1), targets=np.array([0, 0, 0], dtype=np.uint8)),
        sample(np.array([[1e3, -1e3, 0.0], [-1e3, 1e3, 0.0]]), targets=np.array([1, 1])),
        sample(np.array([[1e300, 0.0]]), targets=np.array([1]), smooth=False, fits=False),
    ],
    [
        refused(
            IndexError,
            r"target class 5 at position \(1,\) out of range for a set of classes of 5",
            np.ones((3, 5)),
            targets=np.array([0, 5, 1]),
            fault=7,
        ),
        refused(IndexError, "target class -1", np.ones((3, 5)), targets=[0, -1, 1]),
        refused(IndexError, "target class -100", np.ones((1, 5)), targets=[-100], ignore_index=-1),
        refused(TypeError, "integers, got float64", np.ones((1, 5)), targets=np.array([1.0])),
        refused(TypeError, "integers, got bool", np.ones((1, 5)), targets=np.array([True])),
        refused(
            ValueError,
            r"logits \(3, 5\) need targets \(3,\), got \(3, 1\); the classes stand last",
            np.ones((3, 5)),
            targets=np.zeros((3, 1), dtype=int),
        ),
        refused(ValueError, "ragged", np.ones((2, 2, 5)), targets=[[0], [1, 2]]),
        *TARGETS[-2:],
    ],
)
OPS["cross_entropy_with_probabilities"] = Row(
    naive_losses.cross_entropy_with_probabilities,
    [
        sample(normal(5, 7), probabilities=naive.softmax(normal(5, 7))),
        sample(normal(2, 3, 5), probabilities=naive.softmax(normal(2, 3, 5))),
        sample(normal(7), probabilities=naive.softmax(normal(7))),
        sample(normal(3, 5), probabilities=np.eye(5)[[1, 4, 1]]),
        sample(normal(3, 5), probabilities=np.eye(5, dtype=bool)[[1, 4, 1]]),
        sample(normal(3, 5), probabilities=3.0 * naive.softmax(normal(3, 5))),
        sample(normal(3, 5), probabilities=np.diag([1.0, 0.0, 0.5, 0.0, 0.0])[:3]),
        *reduced(normal(2, 3, 5), probabilities=naive.softmax(normal(2, 3, 5))),
        *reduced(normal(7), probabilities=naive.softmax(normal(7))),
        *reduced(normal(0, 5), probabilities=np.ones((0, 5))),
        sample(np.array([[1e3, -1e3, 0.0]]), probabilities=np.array([[0.5, 0.25, 0.25]])),
    ],
    [
        refused(
            ValueError,
            r"logits \(3, 5\) and probabilities \(5,\) need the same shape",
            np.ones((3, 5)),
            probabilities=np.ones(5),
        ),
        refused(
            ValueError,
            r"no positions: logits \(0, 5\)",
            np.ones((0, 5)),
            probabilities=np.ones((0, 5)),
        ),
        refused(ValueError, UNKNOWN, WIDE, probabilities=WIDE, reduction="average"),
        refused(TypeError, "probabilities must be real numbers, got <U1", WIDE, probabilities="a"),
        refused(ValueError, r"logits \(\) and", np.array(1.0), probabilities=1.0),
    ],
)
OPS["contrastive_loss"] = Row(
    naive_losses.contrastive_loss,
    [
        sample(normal(5, 5)),
        sample(normal(1, 1)),
        sample(1e3 + normal(3, 3)),
        sample(np.array([[1e3, 0.0], [-1e3, 0.0]])),
        sample(np.zeros((4, 4))),
        sample(np.array([[1e300, 0.0], [0.0, 0.0]]), smooth=False, fits=False),
    ],
    [
        refused(ValueError, r"scores must be \(N, N\), .* got \(3, 7\)", WIDE),
        refused(ValueError, r"got \(3,\)", np.ones(3)),
        refused(ValueError, r"got \(0, 0\)", np.ones((0, 0))),
        refused(ValueError, r"scores must be \(N, N\), .* got \(\)", np.array(1.0)),
    ],
)
