"""The row of the mean over real positions."""

import numpy as np

from tests.ops.table import RNG, Row, normal, refused, sample


def mean_of_real(x: np.ndarray, *, mask: np.ndarray) -> np.ndarray:
    """One sequence after another, its real vectors picked out."""
    y = np.zeros((*x.shape[:-2], x.shape[-1]))
    for place in np.ndindex(*x.shape[:-2]):
        real = x[place][mask[place]]
        y[place] = sum(real) / len(real) if len(real) else 0.0
    return y


X, SOME = np.ones((2, 3, 5)), np.array([[True, False, True], [False, False, False]])
OPS: dict[str, Row] = {}
OPS["masked_mean"] = Row(
    mean_of_real,
    [
        sample(normal(2, 3, 5), mask=SOME),
        sample(normal(2, 3, 5), mask=np.ones((2, 3), dtype=bool)),
        sample(normal(3, 5), mask=SOME[0]),
        sample(normal(2, 3, 7, 5), mask=RNG.random((2, 3, 7)) < 0.5),
        sample(normal(2, 1, 1), mask=SOME[:, :1]),
        sample(normal(2, 0, 5), mask=SOME[:, :0]),
        sample(normal(0, 3, 5), mask=SOME[:0]),
        sample(1e3 * normal(2, 3, 5), mask=SOME),
    ],
    [
        refused(TypeError, "boolean, True = counts, got float64", X, mask=np.ones((2, 3))),
        refused(TypeError, "boolean, True = counts, got int64", X, mask=np.ones((2, 3), int)),
        refused(TypeError, "boolean, True = counts, got list", X, mask=SOME.tolist()),
        refused(ValueError, r"x \(2, 3, 5\) needs a mask \(2, 3\), got \(3,\)", X, mask=SOME[0]),
        refused(ValueError, r"x \(5,\) needs a mask \(\), got \(\)", X[0, 0], mask=np.array(True)),
        refused(ValueError, r"x \(\) needs a mask", np.array(1.0), mask=np.array(True)),
    ],
)
