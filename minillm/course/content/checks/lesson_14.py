"""Exercises of lesson 14: dropout, Adam with L2 and with decay, a penalty chosen on dev."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from minillm import Parameter
from minillm.course.content.checks.common import SEEDS, SIZES, Function, close, parts, shaped, told
from minillm.course.exercises import Exercise, Property
from minillm.optim import Adam, AdamW

RATES = st.sampled_from([0.1, 0.2, 0.3, 0.6, 0.8])
STRENGTHS = st.lists(
    st.sampled_from([0.0, 0.01, 0.1, 1.0, 10.0, 100.0]), min_size=2, max_size=4, unique=True
)
NUMBERS = st.integers(-20, 20).map(lambda i: i / 10)
Split = tuple[np.ndarray, np.ndarray]  # x, y
UNITS = 10_000  # a share is then within 0.02 of its expectation, with four standard deviations


def dropped(dropout: Function, x: np.ndarray, rate: float, seed: Any, training: bool = True) -> Any:
    """The answer's ``(y, keep)``, shapes checked; ``seed`` may be a generator."""
    given = x.copy()
    y, keep = parts(dropout(given, rate, np.random.default_rng(seed), training), "y", "keep")
    told(np.array_equal(given, x), "it has changed the x that it was given")
    return shaped("y", y, x.shape), shaped("keep", keep, x.shape)


def is_off_at_evaluation(dropout: Function, rate: float, seed: int) -> None:
    """Every unit as it was, every factor one."""
    x = np.round(np.random.default_rng(seed).standard_normal((2, 3)), 1)
    y, keep = dropped(dropout, x, rate, seed, training=False)
    close("y", y, x)
    close("keep", keep, np.ones_like(x))


def multiplies(dropout: Function, rate: float, n: int, m: int, seed: int) -> None:
    """y is x times keep, also for a single unit."""
    x = np.round(np.random.default_rng(seed).standard_normal((n, m)), 1)
    y, keep = dropped(dropout, x, rate, seed)
    close("y", y, x * keep)


def drops_that_share(dropout: Function, rate: float, seed: int) -> None:
    """The share of zeros is the rate, and rows and columns do not share their draws."""
    _, keep = dropped(dropout, np.ones((UNITS // 100, 100)), rate, seed)
    zeros = keep == 0
    told(abs(zeros.mean() - rate) < 0.02, f"{zeros.mean():.3f} of {UNITS} units are dropped")
    for axis, name in enumerate(("column", "row")):
        share = (zeros.all(axis=axis) | ~zeros.any(axis=axis)).mean()
        told(share < 0.1, f"{share:.0%} of the {name}s are dropped or kept as a whole")


def keeps_mean_and_variance(dropout: Function, rate: float, seed: int) -> None:
    """On ones, y has mean 1 and variance rate / (1 - rate); the factor depends on no draw."""
    seen = [dropped(dropout, np.ones(UNITS), rate, seed + i)[0] for i in range(2)]
    mean, variance = seen[0].mean(), seen[0].var()
    wanted = rate / (1 - rate)
    told(abs(mean - 1) < 0.08, f"the mean of y is {mean:.2f} where every x is 1")
    told(abs(variance / wanted - 1) < 0.15, f"the variance of y is {variance:.3f}")
    factors = [float(y.max()) for y in seen]
    same = bool(np.isclose(factors[0], factors[1], rtol=1e-7))
    told(same, f"two draws scale by {factors[0]:.5f} and {factors[1]:.5f}")


def draws_from_the_generator(dropout: Function, rate: float, seed: int) -> None:
    """Equal generators give equal masks, one generator asked twice gives two."""
    x, rng = np.ones(100), np.random.default_rng(seed)
    first, again = (dropped(dropout, x, rate, seed)[1] for _ in range(2))
    told(np.array_equal(first, again), "two generators of the same seed give different masks")
    masks = [dropped(dropout, x, rate, rng)[1] for _ in range(2)]
    told(not np.array_equal(*masks), "the same generator, asked twice, gives the same mask twice")


def stepped(
    w: float, gradients: list[float], *, decoupled: bool, lr: float, strength: float
) -> list[float]:
    """The weight before and after each step of the library's optimisers."""
    p = Parameter(np.array([w]))
    optimizer = AdamW([p], lr=lr, weight_decay=strength) if decoupled else Adam([p], lr=lr)
    path = [w]
    for g in gradients:
        optimizer.step([np.array([g]) + (0.0 if decoupled else strength) * p.data])
        path.append(float(p.data[0]))
    return path


def is_the_librarys_step(
    adam_step: Function, parting: Function, w: float, gradients: list[float], **settings: Any
) -> None:
    """Several steps in a row, the moments handed on; ``settings`` are decoupled and strength."""
    wanted = stepped(w, gradients, lr=0.1, **settings)
    here, m, v = np.array([w]), np.zeros(1), np.zeros(1)
    for t, g in enumerate(gradients, start=1):
        found = adam_step(here.copy(), np.array([g]), m.copy(), v.copy(), t, lr=0.1, **settings)
        here, m, v = (shaped("each of w, m, v", x, (1,)) for x in parts(found, "w", "m", "v"))
        right = bool(np.isclose(here[0], wanted[t], rtol=1e-9, atol=1e-12))
        told(right, f"after step {t} the weight is {here[0]:.6g}")


def finds_the_step(
    adam_step: Function, parting: Function, w: float, gradients: list[float]
) -> None:
    """The first step after which the two forms differ, or 0."""
    both = [stepped(w, gradients, decoupled=d, lr=0.1, strength=0.1) for d in (False, True)]
    apart = np.abs(np.subtract(both[0], both[1])) > 1e-9
    wanted = int(apart.argmax()) if apart.any() else 0
    found = parting(w, list(gradients))
    told(found == wanted, f"it says {found}")


def splits(n: int, seed: int) -> list[Split]:
    """Train, dev and test of one linear problem with three features and noise."""
    rng = np.random.default_rng(seed)
    w = rng.standard_normal(3)
    xs = [rng.standard_normal((size, 3)) for size in (n, 6, 6)]
    return [(x, x @ w + rng.standard_normal(len(x))) for x in xs]


def error_of(strength: float, train: Split, part: Split) -> float:
    """Mean squared error on ``part`` of ridge regression fitted on ``train``."""
    x, y = train
    w = np.linalg.solve(x.T @ x + strength * np.eye(x.shape[1]), x.T @ y)
    return float(((part[0] @ w - part[1]) ** 2).mean())


def chosen(choose: Function, strengths: list[float], data: Any) -> tuple[float, float]:
    """The answer's strength and error, the data beyond its reach."""
    copies = [(x.copy(), y.copy()) for x, y in data]
    strength, error = parts(choose(list(strengths), *copies), "strength", "error")
    told(strength in strengths, f"it chooses {strength}, which is not one of the strengths")
    return float(strength), float(error)


def is_blind_to_test(choose: Function, strengths: list[float], n: int, seed: int) -> None:
    """Other test data, the same choice."""
    train, dev, _ = splits(n, seed)
    tests = [splits(n, seed + i)[2] for i in (1, 2)]
    picks = [chosen(choose, strengths, (train, dev, test))[0] for test in tests]
    told(picks[0] == picks[1], f"it chooses {picks[0]}, and with other test data {picks[1]}")


def is_best_on_dev(choose: Function, strengths: list[float], n: int, seed: int) -> None:
    """No other strength, fitted on train, has a smaller error on dev."""
    train, dev, test = splits(n, seed)
    pick, _ = chosen(choose, strengths, (train, dev, test))
    errors = {s: error_of(s, train, dev) for s in strengths}
    seen = f"it chooses {pick}; on dev that has the error {errors[pick]:.4f}, another has less"
    told(errors[pick] <= min(errors.values()) + 1e-9, seen)


def reports_the_test(choose: Function, strengths: list[float], n: int, seed: int) -> None:
    """The error reported is the chosen model's on test."""
    train, dev, test = splits(n, seed)
    pick, error = chosen(choose, strengths, (train, dev, test))
    right = bool(np.isclose(error, error_of(pick, train, test), rtol=1e-7))
    told(right, f"with the strength {pick} it reports the error {error:.4f}")


DROPOUT_CASES = {"rate": RATES, "seed": SEEDS}
RIDGE_CASES = {"strengths": STRENGTHS, "n": st.integers(4, 8), "seed": SEEDS}
CHECKS = {
    "14.1": Exercise(
        Property(
            "at evaluation nothing is dropped and nothing is scaled",
            "评估时不丢弃，也不缩放",
            is_off_at_evaluation,
            DROPOUT_CASES,
        ),
        Property(
            "in training y is x times the factors it returns",
            "训练时，y 等于 x 乘以所返回的系数",
            multiplies,
            {"rate": RATES, "n": SIZES, "m": SIZES, "seed": SEEDS},
        ),
        Property(
            "each unit is dropped on its own, with probability rate",
            "每个单元各自独立，以概率 rate 被丢弃",
            drops_that_share,
            DROPOUT_CASES,
        ),
        Property(
            "the mean is preserved, the variance is rate / (1 - rate), one factor for all draws",
            "均值不变，方差为 rate / (1 - rate)，留下的单元每次都乘同一个系数",
            keeps_mean_and_variance,
            DROPOUT_CASES,
        ),
        Property(
            "the noise comes from the generator and moves it on",
            "噪声取自所给的随机数生成器，每次调用各不相同",
            draws_from_the_generator,
            DROPOUT_CASES,
        ),
        allows=("minillm",),
    ),
    "14.2": Exercise(
        Property(
            "step by step the weight is that of Adam with L2, or of AdamW",
            "逐步计算的权重与带 L2 的 Adam（或 AdamW）一致",
            is_the_librarys_step,
            {
                "w": NUMBERS,
                "gradients": st.lists(NUMBERS, min_size=1, max_size=4),
                "decoupled": st.booleans(),
                "strength": st.sampled_from([0.0, 0.1, 0.5]),
            },
        ),
        Property(
            "parting names the first step after which the two weights differ, 0 if there is none",
            "parting 给出两种权重首次不同的那一步；始终相同则为 0",
            finds_the_step,
            {
                "w": st.sampled_from([0.0, 1.0, -0.5]),
                "gradients": st.lists(st.sampled_from([0.0, 1.0, -2.0]), min_size=1, max_size=4),
            },
        ),
        allows=("minillm",),
    ),
    "14.3": Exercise(
        Property(
            "the choice does not depend on the test data",
            "选择与测试数据无关",
            is_blind_to_test,
            RIDGE_CASES,
        ),
        Property(
            "of the models fitted on train, the chosen one has the smallest error on dev",
            "在训练集上拟合的各个模型中，选出的那个在开发集上误差最小",
            is_best_on_dev,
            RIDGE_CASES,
        ),
        Property(
            "the error it reports is that of the chosen model on test",
            "报告的误差是所选模型在测试集上的误差",
            reports_the_test,
            RIDGE_CASES,
        ),
        allows=("minillm",),
    ),
}
