"""What dropout has to be: noise of mean 1, each unit by itself, in training only."""

from __future__ import annotations

import numpy as np

from minillm.course.content.checks.common import Function, close, parts, shaped, told

UNITS = 2500  # a share is then within 0.04 of its expectation, with four standard deviations
CALLS = 25  # their counts vary by 0.1 to 4 times the expected variance, but once in 10^9


def dropped(
    dropout: Function,
    x: np.ndarray,
    rate: float,
    rng: np.random.Generator,
    training: bool = True,
) -> tuple[np.ndarray, np.ndarray]:
    """The answer's ``(y, keep)``, shapes checked."""
    y, keep = parts(dropout(x, rate, rng, training), "y", "keep")
    return shaped("y", y, x.shape), shaped("keep", keep, x.shape)


def is_off_at_evaluation(dropout: Function, x: np.ndarray, rate: float, seed: int) -> None:
    """Every unit as it was, every factor one."""
    y, keep = dropped(dropout, x, rate, np.random.default_rng(seed), training=False)
    close("y", y, x)
    close("keep", keep, np.ones_like(x))


def multiplies(dropout: Function, x: np.ndarray, rate: float, seed: int) -> None:
    """y is x times keep, also for a single unit."""
    y, keep = dropped(dropout, x, rate, np.random.default_rng(seed))
    close("y", y, x * keep)


def drops_that_share(dropout: Function, rate: float, seed: int) -> None:
    """The share of zeros is the rate, and rows and columns do not share their draws."""
    x = np.ones((UNITS // 50, 50))
    zeros = dropped(dropout, x, rate, np.random.default_rng(seed))[1] == 0
    found = zeros.mean()
    told(
        abs(found - rate) < 0.04,
        f"{found:.3f} of {UNITS} units are dropped, not about {rate}",
        f"{UNITS} 个单元中，丢弃的比例是 {found:.3f}，应约为 {rate}",
    )
    for axis, (english, chinese) in enumerate((("columns", "列"), ("rows", "行"))):
        share = (zeros.all(axis=axis) | ~zeros.any(axis=axis)).mean()
        told(
            share < 0.2,
            f"{share:.0%} of the {english} are dropped or kept as a whole",
            f"{share:.0%} 的{chinese}整{chinese}丢弃或整{chinese}保留",
        )


def drops_a_varying_number(dropout: Function, rate: float, seed: int) -> None:
    """Call by call the number dropped varies as that of independent units does."""
    x, rng = np.ones(100), np.random.default_rng(seed)
    counts = [int((dropped(dropout, x, rate, rng)[1] == 0).sum()) for _ in range(CALLS)]
    ratio = float(np.var(counts, ddof=1) / (x.size * rate * (1 - rate)))
    shown = ", ".join(map(str, counts[:10]))
    told(
        ratio > 0.1,
        f"ten calls on 100 units drop {shown}: units that are dropped each on its own vary more",
        f"对 100 个单元调用十次，分别丢弃 {shown} 个：每个单元各自独立时，个数不会这样整齐",
    )
    told(
        ratio < 4,
        f"ten calls on 100 units drop {shown}: units that are dropped each on its own vary less",
        f"对 100 个单元调用十次，分别丢弃 {shown} 个：每个单元各自独立时，个数不会相差这么大",
    )


def keeps_mean_and_variance(dropout: Function, rate: float, seed: int) -> None:
    """On ones, y has mean 1 and variance rate / (1 - rate); the factor depends on no draw."""
    x, rng = np.ones(UNITS), np.random.default_rng(seed)
    seen = [dropped(dropout, x, rate, rng)[0] for _ in range(2)]
    mean, variance, wanted = seen[0].mean(), seen[0].var(), rate / (1 - rate)
    told(
        abs(mean - 1) < 4.5 * (wanted / UNITS) ** 0.5,
        f"where every x is 1 the mean of y is {mean:.2f}, not about 1",
        f"x 全为 1 时，y 的均值是 {mean:.2f}，应约为 1",
    )
    told(
        abs(variance / wanted - 1) < 0.3,
        f"where every x is 1 the variance of y is {variance:.3f}, not about {wanted:.3f}",
        f"x 全为 1 时，y 的方差是 {variance:.3f}，应约为 {wanted:.3f}",
    )
    first, second = (float(y.max()) for y in seen)
    told(
        bool(np.isclose(first, second, rtol=1e-7)),
        f"units that are kept are multiplied by {first:.5f} in one call, {second:.5f} in another",
        f"留下的单元，一次调用乘以 {first:.5f}，另一次乘以 {second:.5f}",
    )


def draws_from_the_generator(dropout: Function, rate: float, seed: int) -> None:
    """One generator asked twice gives two masks, and two seeds do."""
    x, rng = np.ones(100), np.random.default_rng(seed)
    first, again = (dropped(dropout, x, rate, rng)[1] for _ in range(2))
    told(
        not np.array_equal(first, again),
        "the same generator, asked twice, gives the same mask twice",
        "同一个生成器用了两次，得到的掩码却完全相同",
    )
    other = dropped(dropout, x, rate, np.random.default_rng(seed + 100))[1]
    told(
        not np.array_equal(first, other),
        "two generators of different seeds give the same mask",
        "种子不同的两个生成器，得到的掩码却完全相同",
    )
