"""Heads in the order of what is lost without each: losses, some of which a head makes worse."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import SEEDS, Function, shaped, told
from minillm.course.exercises import Exercise, Property
from minillm.course.remarks import Case

HEADS = ("the heads", "头的编号")


def written(n: int, n_heads: int, width: int, still: bool, seed: int) -> np.ndarray:
    """What heads write for texts; some write the same for each."""
    rng = np.random.default_rng(seed)
    outputs = np.round(rng.standard_normal((n, n_heads, width)), 1)
    if still:
        outputs[:, rng.integers(n_heads)] = rng.integers(-9, 10, width)
    return outputs


def squared(outputs: np.ndarray, seed: int) -> Function:
    """The mean squared error of a readout, in which some heads help and some do harm."""
    rng = np.random.default_rng(seed + 1)
    _, n_heads, width = outputs.shape
    read = rng.integers(-3, 4, (n_heads, width)) + 0.3
    helps = rng.choice([-1.0, 1.0], n_heads)[:, None]
    always = outputs.mean(axis=0)
    wanted = ((always + (outputs - always) * np.maximum(helps, -0.5)) * read).sum(axis=(1, 2))

    def loss(given: np.ndarray) -> float:
        off = (np.asarray(given, float) * read).sum(axis=(1, 2)) - wanted
        return float((off * off).mean())

    return loss


def logistic(outputs: np.ndarray, seed: int) -> Function:
    """Cross-entropy of labels that follow some of the heads."""
    rng = np.random.default_rng(seed + 2)
    read = rng.standard_normal(outputs.shape[1:])
    signs = rng.choice([-1.0, 1.0, 1.0], outputs.shape[1])[:, None]
    labels = np.where(((outputs * read * signs).sum(axis=(1, 2))) > 0, 1.0, -1.0)

    def loss(given: np.ndarray) -> float:
        margin = labels * (np.asarray(given, float) * read).sum(axis=(1, 2))
        return float(np.logaddexp(0, -margin).mean())

    return loss


LOSSES = [
    Case("a squared error", "平方误差", squared),
    Case("a cross-entropy", "交叉熵", logistic),
]


def order_of(answer: Function, outputs: np.ndarray, loss: Function) -> list[int]:
    """The student's order, once it is one."""
    n_heads = outputs.shape[1]
    found = [float(one) for one in shaped(HEADS, answer(outputs, loss), (n_heads,))]
    told(
        sorted(found) == list(range(n_heads)),
        f"the heads are {found}: each of 0 to {n_heads - 1} is needed once",
        f"头的编号是 {found}：0 到 {n_heads - 1} 应当各出现一次",
    )
    return [int(one) for one in found]


def losses_without(outputs: np.ndarray, loss: Function) -> list[float]:
    """The loss without each head, which says its mean."""
    found = []
    for head in range(outputs.shape[1]):
        mean = [sum(column) / len(column) for column in outputs[:, head].T.tolist()]
        changed = np.array(outputs)
        changed[:, head] = np.array(mean)
        found.append(loss(changed))
    return found


def falls(answer: Function, outputs: np.ndarray, loss: Function) -> None:
    """The losses without the heads never rise along the order."""
    order, without = order_of(answer, outputs, loss), losses_without(outputs, loss)
    for before, after in itertools.pairwise(order):
        a, b = without[before], without[after]
        told(
            a >= b - 1e-4 * (1 + abs(b)),
            f"head {before} stands before head {after}; without the one the loss is {a:.4f}, "
            f"without the other {b:.4f} (with all {loss(outputs):.4f})",
            f"头 {before} 排在头 {after} 前面；去掉前者损失是 {a:.4f}，"
            f"去掉后者是 {b:.4f}（全部都在是 {loss(outputs):.4f}）",
        )


def ranks_all(
    rank_heads: Function, kind: Case, n: int, n_heads: int, width: int, seed: int
) -> None:
    """Heads whose outputs are small and near 0."""
    outputs = written(n, n_heads, width, False, seed)
    falls(rank_heads, outputs, kind.value(outputs, seed))


def knows_what_is_always_said(
    rank_heads: Function, kind: Case, n: int, n_heads: int, width: int, seed: int
) -> None:
    """One writes much, and the same for every text."""
    outputs = written(n, n_heads, width, True, seed)
    falls(rank_heads, outputs, kind.value(outputs, seed))


def puts_harm_last(rank_heads: Function, n: int, width: int, seed: int) -> None:
    """One head helps a little; another one does much harm."""
    outputs = written(n, 3, width, False, seed)
    outputs[:, 1] *= 0.1
    wanted = outputs[:, 1].sum(axis=1)

    def loss(given: np.ndarray) -> float:
        given = np.asarray(given, float)
        said = given[:, 1].sum(axis=1) + 5 * given[:, seed % 2 * 2].sum(axis=1)
        return float(((said - wanted) ** 2).mean())

    falls(rank_heads, outputs, loss)


OUTPUTS = {
    "kind": st.sampled_from(LOSSES),
    "n": st.integers(2, 6),
    "n_heads": st.integers(1, 5),
    "width": st.integers(1, 3),
    "seed": SEEDS,
}
RANKED_HEADS = Exercise(
    Property(
        "without the heads, one at a time, the loss falls along the order",
        "逐个去掉时，损失沿着次序下降",
        ranks_all,
        OUTPUTS,
    ),
    Property(
        "a head that says the same for every text has no effect, however much it says",
        "一个头若对每条文本都说一样的话，说得再多也没有作用",
        knows_what_is_always_said,
        OUTPUTS,
    ),
    Property(
        "a head that does harm stands behind one that helps",
        "有害的头排在有用的头后面",
        puts_harm_last,
        {"n": st.integers(2, 6), "width": st.integers(1, 3), "seed": SEEDS},
    ),
)
