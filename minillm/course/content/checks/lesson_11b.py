"""Exercises of lesson 11b: the loss of DPO from tokens, how far best-of-n is, advantages."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import SEEDS, Function, close, shaped, told
from minillm.course.exercises import Exercise, Property

Tokens = tuple[np.ndarray, np.ndarray, np.ndarray]


def tokens(pairs: int, length: int, seed: int, spread: float = 1.0) -> Tokens:
    """Log-probabilities of two models, and where answers stand: one token at least in each."""
    rng = np.random.default_rng(seed)
    policy, reference = (
        -np.round(spread * rng.uniform(0.1, 3.0, (pairs, 2, length)), 1) for _ in range(2)
    )
    written = rng.random((pairs, 2, length)) < 0.5
    written[:, :, -1] |= ~written.any(axis=-1)
    return policy, reference, written


def margins(policy: np.ndarray, reference: np.ndarray, written: np.ndarray) -> list[float]:
    """Pair by pair and token by token, for beta = 1."""
    found = []
    for b in range(len(policy)):
        sums = [0.0, 0.0]
        for kind, t in product(range(2), range(policy.shape[2])):
            if written[b, kind, t]:
                sums[kind] += float(policy[b, kind, t] - reference[b, kind, t])
        found.append(sums[0] - sums[1])
    return found


def loss_of(dpo: Function, given: Tokens, beta: float) -> np.ndarray:
    """The student's number."""
    return shaped(("the loss", "损失"), dpo(*given, beta), ())


def begins_at_ln_2(dpo: Function, pairs: int, length: int, beta: float, seed: int) -> None:
    """Where both models are one, whatever stands in prompts and padding."""
    policy, reference, written = tokens(pairs, length, seed)
    policy = np.where(written, reference, policy)
    found = loss_of(dpo, (policy, reference, written), beta)
    close(("the loss at the reference", "参考模型处的损失"), found, np.array(np.log(2)))


def is_the_loss(dpo: Function, pairs: int, length: int, beta: float, seed: int) -> None:
    """The mean over pairs of ln(1 + exp(-m)), the margins summed token by token."""
    given = tokens(pairs, length, seed)
    costs = [float(np.logaddexp(0.0, -beta * m)) for m in margins(*given)]
    close(("the loss", "损失"), loss_of(dpo, given, beta), np.array(np.mean(costs)))


def stays_finite(dpo: Function, pairs: int, length: int, size: int, beta: float, seed: int) -> None:
    """Margins of thousands: about 0 on the right side, the margin itself on the wrong one."""
    policy, reference, written = tokens(pairs, length, seed, spread=10.0**size)
    costs = [np.logaddexp(0.0, -beta * m) for m in margins(policy, reference, written)]
    wanted = float(np.mean(costs))
    found = float(loss_of(dpo, (policy, reference, written), beta))
    told(
        bool(np.isfinite(found)) and abs(found - wanted) <= 1e-6 * (1.0 + wanted),
        f"the loss is {found}, the margins are {np.round(margins(policy, reference, written), 1)}",
        f"损失是 {found}，间隔是 {np.round(margins(policy, reference, written), 1)}",
    )


def answers_of(answers: int, levels: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities above 0, and rewards of which some may be equal."""
    rng = np.random.default_rng(seed)
    p = rng.integers(1, 9, answers).astype(float) ** 2
    unit = rng.choice([0.5, 2.0**-21, 40.0])
    return p / p.sum(), 5 + unit * rng.integers(-levels, levels + 1, answers)


def kept_of(p: np.ndarray, r: np.ndarray, n: int) -> np.ndarray:
    """How probable it is that each answer is kept, sequence by sequence of draws."""
    kept = np.zeros(len(p))
    for draws in product(range(len(p)), repeat=n):
        probability = 1.0
        for a in draws:
            probability *= float(p[a])
        kept[max(draws, key=lambda a: r[a])] += probability  # the first of the best
    return kept


def distance_of(best_of_n_distance: Function, p: np.ndarray, r: np.ndarray, n: int) -> np.ndarray:
    """The student's number."""
    return shaped(("the distance", "距离"), best_of_n_distance(p, r, n), ())


def is_nothing(best_of_n_distance: Function, answers: int, n: int, seed: int) -> None:
    """One draw leaves no choice, and neither do equal rewards."""
    p, r = answers_of(answers, 3, seed)
    for english, chinese, rewards, draws in (
        ("the distance for n = 1", "n = 1 时的距离", r, 1),
        ("the distance for equal rewards", "奖励全都相等时的距离", 0 * r + 0.5, n),
    ):
        found = distance_of(best_of_n_distance, p, rewards, draws)
        close((english, chinese), found, np.array(0.0))


def is_the_distance(
    best_of_n_distance: Function, counts: tuple[int, int], levels: int, seed: int
) -> None:
    """By the definition, from all sequences of draws."""
    answers, n = counts
    p, r = answers_of(answers, levels, seed)
    kept = kept_of(p, r, n)
    wanted = sum(float(q) * float(np.log(q / one)) for q, one in zip(kept, p, strict=True) if q)
    found = distance_of(best_of_n_distance, p, r, n)
    close(("the distance", "距离"), found, np.array(wanted))


def groups(questions: int, size: int, seed: int) -> np.ndarray:
    """Rewards of some groups, no group of which agrees."""
    rng = np.random.default_rng(seed)
    rewards = rng.integers(-3, 4, (questions, size)) / 4
    rewards[:, 0] = rewards[:, 1:].max(axis=1) + rng.integers(1, 4, questions) / 4
    return rng.permuted(rewards, axis=1)


def advantages_of(advantages: Function, rewards: np.ndarray) -> np.ndarray:
    """The student's numbers."""
    return shaped(("the advantages", "优势"), advantages(rewards), rewards.shape)


def sums_to_nothing(advantages: Function, questions: int, size: int, seed: int) -> None:
    """Every group by itself."""
    sums = advantages_of(advantages, groups(questions, size, seed)).sum(axis=1)
    told(
        bool(np.allclose(sums, 0, atol=1e-7)),
        f"the groups sum to {sums.tolist()}, computed in {sums.dtype}",
        f"各组之和是 {sums.tolist()}，以 {sums.dtype} 计算",
    )


def are_the_advantages(
    advantages: Function, questions: int, size: int, unit: int, shift: float, seed: int
) -> None:
    """Number by number, whatever the unit and the zero of the rewards are."""
    rewards = groups(questions, size, seed)
    wanted = np.zeros(rewards.shape)
    for i, group in enumerate(rewards):
        mean = sum(float(x) for x in group) / size
        std = (sum((float(x) - mean) ** 2 for x in group) / size) ** 0.5
        wanted[i] = [(float(x) - mean) / std for x in group]
    scaled = 10.0**unit * (rewards + shift)
    found = advantages_of(advantages, scaled)
    close(("the advantages", "优势"), found, wanted)


def is_nothing_where_all_agree(
    advantages: Function, size: int, reward: float, alone: bool, seed: int
) -> None:
    """A group of equal rewards, alone or beside one that differs: exactly 0."""
    rewards = np.full((1, size), reward)
    rewards = rewards if alone else np.concatenate([rewards, groups(1, size, seed)])
    found = advantages_of(advantages, rewards)[0]
    told(
        bool((found == 0).all()),
        f"the rewards {rewards[0].tolist()} are equal, their advantages are {found.tolist()}",
        f"奖励 {rewards[0].tolist()} 全都相等，优势却是 {found.tolist()}",
    )


PAIRS = {"pairs": st.integers(1, 5), "length": st.integers(1, 8), "seed": SEEDS}
BETAS = st.sampled_from([0.1, 1.0, 0.5, 3.0, 0.37, 1.9])
COUNTS = ((2, 2), (3, 2), (4, 2), (5, 3), (4, 4), (3, 6), (2, 8))  # of answers, and of draws
GROUPS = {"questions": st.integers(1, 5), "size": st.integers(2, 9), "seed": SEEDS}

CHECKS = {
    "11b.1": Exercise(
        Property(
            "at the reference the loss is ln 2, whatever stands in prompts and padding",
            "在参考模型处损失是 ln 2，提示和填充里是什么数都一样",
            begins_at_ln_2,
            {**PAIRS, "beta": BETAS},
        ),
        Property(
            "it is the mean of -ln sigmoid(beta * margin), the margins being sums over tokens",
            "它是 -ln sigmoid(beta * 间隔) 的均值，间隔是各词元之和",
            is_the_loss,
            {**PAIRS, "beta": BETAS},
        ),
        Property(
            "margins of thousands give a finite loss",
            "间隔有几千时，损失仍然有限",
            stays_finite,
            {**PAIRS, "size": st.integers(3, 4), "beta": BETAS},
        ),
    ),
    "11b.2": Exercise(
        Property(
            "it is 0 for one draw, and for rewards that are all equal",
            "只抽一次，或者奖励全都相等，距离是 0",
            is_nothing,
            {"answers": st.integers(1, 4), "n": st.integers(2, 4), "seed": SEEDS},
        ),
        Property(
            "it is the exact KL where no two rewards need be equal, and where some are",
            "它是精确的 KL，奖励互不相等或有相等的，都是如此",
            is_the_distance,
            {
                "counts": st.sampled_from(COUNTS),
                "levels": st.integers(1, 4),
                "seed": SEEDS,
            },
        ),
    ),
    "11b.3": Exercise(
        Property(
            "the advantages of a group sum to 0",
            "一组的优势之和为 0",
            sums_to_nothing,
            GROUPS,
        ),
        Property(
            "they are what a reward is above the mean of its group, in standard deviations, in "
            "any unit",
            "它们是奖励高出本组均值多少，以标准差为单位，与奖励的单位无关",
            are_the_advantages,
            {
                **GROUPS,
                "unit": st.sampled_from([0, 3, -3, -6, -9, -12]),
                "shift": st.sampled_from([0.0, 2.0, -1.5, 1e6]),
            },
        ),
        Property(
            "a group whose rewards are all equal has the advantages 0, exactly",
            "一组奖励全都相等，优势恰好都是 0",
            is_nothing_where_all_agree,
            {
                "size": st.integers(2, 7),
                "reward": st.sampled_from([1.0, 0.0, 0.1, 1 / 3, 0.7, -1e-6]),
                "alone": st.booleans(),
                "seed": SEEDS,
            },
        ),
    ),
}
