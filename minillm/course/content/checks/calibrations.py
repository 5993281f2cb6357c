"""What a calibration error must be, text by text: for exercise 16.2."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import SEEDS, Function, close, shaped
from minillm.course.exercises import Exercise, Property

ERROR = ("the calibration error", "校准误差")
EXACT = (1, 2, 4, 8)  # bins whose borders are floats
TEXTS = {"n": st.integers(1, 12), "n_classes": st.integers(2, 4), "seed": SEEDS}


def answers(n: int, n_classes: int, seed: int, borders: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities; with ``borders`` many lie on those of so many bins, some are 1, some tied.

    That many are one of ``EXACT``.  The borders of other numbers of bins are no floats: on which
    side of 3/5 the float 0.6 lies depends on how it is worked out.
    """
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(n_classes), size=n)
    for i in range(0, n if borders else 0, 2):
        top = rng.integers(n_classes)
        border = max(1, int(rng.integers(borders // 2, borders + 1))) / borders
        p[i] = (1 - border) / max(n_classes - 1, 1)
        p[i, top] = border
    return p, rng.integers(n_classes, size=n)


def error_of(p: np.ndarray, y: np.ndarray, bins: int) -> float:
    """The calibration error, text by text."""
    apart = [0.0] * bins
    for row, label in zip(p, y, strict=True):
        sure = float(row.max())
        place = min(int(sure * bins), bins - 1)
        apart[place] += float(int(row.argmax()) == label) - sure
    return sum(map(abs, apart)) / len(y)


def is_the_calibration_error(
    miscalibrated: Function, n: int, n_classes: int, bins: int, seed: int
) -> None:
    """Many bins, of which some are empty."""
    p, y = answers(n, n_classes, seed)
    found = shaped(ERROR, miscalibrated(p, y, bins), ())
    close(ERROR, found, np.array(error_of(p, y, bins)))


def puts_borders_above(
    miscalibrated: Function, n: int, n_classes: int, bins: int, seed: int
) -> None:
    """Borders, the last bin, ties."""
    p, y = answers(n, n_classes, seed, borders=bins)
    found = shaped(ERROR, miscalibrated(p, y, bins), ())
    close(ERROR, found, np.array(error_of(p, y, bins)))


def is_zero_where_right_and_sure(
    miscalibrated: Function, n: int, n_classes: int, seed: int
) -> None:
    """Sure and right: nothing is off.  Sure and wrong: all is."""
    y = np.random.default_rng(seed).integers(n_classes, size=n)
    p = np.eye(n_classes)[y]
    for labels, wanted in ((y, 0.0), ((y + 1) % n_classes, 1.0)):
        close(ERROR, shaped(ERROR, miscalibrated(p, labels, 10), ()), np.array(wanted))


def is_the_gap_in_one_bin(miscalibrated: Function, n: int, n_classes: int, seed: int) -> None:
    """With one bin it is how far mean confidence and accuracy are apart."""
    p, y = answers(n, n_classes, seed)
    wanted = abs((p.argmax(axis=1) == y).mean() - p.max(axis=1).mean())
    close(ERROR, shaped(ERROR, miscalibrated(p, y, 1), ()), np.array(wanted))


MISCALIBRATED = Exercise(
    Property(
        "0 where all answers are sure and right, 1 where they are sure and wrong",
        "全都确信且答对时是 0，全都确信却答错时是 1",
        is_zero_where_right_and_sure,
        TEXTS,
    ),
    Property(
        "with one bin it is how far mean confidence and accuracy are apart",
        "只有一格时，是平均置信度与准确率之差",
        is_the_gap_in_one_bin,
        TEXTS,
    ),
    Property(
        "for any number of bins, empty ones among them",
        "任意多格，其中可以有空格",
        is_the_calibration_error,
        {**TEXTS, "bins": st.integers(1, 12)},
    ),
    Property(
        "also where a confidence is on a border, 1 among them",
        "置信度正好落在边界上，或者是 1，也要对",
        puts_borders_above,
        {**TEXTS, "bins": st.sampled_from(EXACT)},
    ),
)
