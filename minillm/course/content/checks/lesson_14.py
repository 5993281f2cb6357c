"""Exercises of lesson 14: dropout, Adam with L2 and with decay, a penalty chosen on dev."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks import choosing, decay, dropout
from minillm.course.exercises import Exercise, Property

SEEDS = st.integers(0, 2)
RATES = st.sampled_from([0.1, 0.2, 0.3, 0.5, 0.6, 0.8])
TENTHS = st.integers(-20, 20).map(lambda i: i / 10)
RATES_OF_LEARNING = st.sampled_from([0.1, 0.01, 0.5])
WEIGHTS = st.lists(TENTHS, min_size=1, max_size=3)
STRENGTHS = st.lists(
    st.sampled_from([0.01, 0.1, 1.0, 10.0, 100.0]), min_size=2, max_size=4, unique=True
)


def filled(shape: tuple[int, ...]) -> st.SearchStrategy[np.ndarray]:
    """Arrays of that shape, of small integers."""
    size = int(np.prod(shape))
    numbers = st.lists(st.integers(-3, 3), min_size=size, max_size=size)
    return numbers.map(lambda values: np.reshape(values, shape).astype(float))


INPUTS = st.sampled_from([(1,), (4,), (2, 3), (2, 1, 2)]).flatmap(filled)
DROPOUT_CASES = {"rate": RATES, "seed": SEEDS}
RIDGE_CASES = {"strengths": STRENGTHS, **choosing.splits()}
CHECKS = {
    "14.1": Exercise(
        Property(
            "at evaluation nothing is dropped and nothing is scaled",
            "评估时不丢弃，也不缩放",
            dropout.is_off_at_evaluation,
            {"x": INPUTS, **DROPOUT_CASES},
        ),
        Property(
            "the noise comes from the generator and moves it on",
            "噪声取自所给的随机数生成器，每次调用各不相同",
            dropout.draws_from_the_generator,
            DROPOUT_CASES,
        ),
        Property(
            "in training y is x times the factors it returns",
            "训练时，y 等于 x 乘以所返回的系数",
            dropout.multiplies,
            {"x": INPUTS, **DROPOUT_CASES},
        ),
        Property(
            "each unit is dropped on its own, with probability rate",
            "每个单元各自独立，以概率 rate 被丢弃",
            dropout.drops_that_share,
            DROPOUT_CASES,
        ),
        Property(
            "the number dropped varies from call to call as that of independent units does",
            "每次丢弃的个数有多有少，与各单元相互独立时一样",
            dropout.drops_a_varying_number,
            DROPOUT_CASES,
        ),
        Property(
            "the mean is preserved, the variance is rate / (1 - rate), one factor for all draws",
            "均值不变，方差为 rate / (1 - rate)，留下的单元每次都乘同一个系数",
            dropout.keeps_mean_and_variance,
            DROPOUT_CASES,
        ),
    ),
    "14.2": Exercise(
        Property(
            "step by step the weight is that of Adam with L2, or of AdamW",
            "逐步计算的权重与带 L2 的 Adam（或 AdamW）一致",
            decay.is_the_librarys_step,
            {
                "w": WEIGHTS,
                "gradients": st.lists(TENTHS, min_size=1, max_size=4),
                "lr": RATES_OF_LEARNING,
                "decoupled": st.booleans(),
                "strength": st.sampled_from([0.0, 0.1, 0.5]),
            },
        ),
        Property(
            "parting names the first step after which the weights differ by more than 1e-9 (0 if "
            "there is none), and the difference after the last step",
            "parting 给出权重相差首次超过 1e-9 的那一步（没有则为 0），以及末步之后的差值",
            decay.finds_the_step,
            {
                "w": st.sampled_from([0.0, 1.0, -0.5, 1e-8, 1e-6, -2e-9]),
                "gradients": st.lists(
                    st.sampled_from([0.0, 1.0, -2.0, 0.5]), min_size=1, max_size=4
                ),
            },
        ),
    ),
    "14.3": Exercise(
        Property(
            "the choice does not depend on the test data",
            "选择与测试数据无关",
            choosing.is_blind_to_test,
            RIDGE_CASES,
        ),
        Property(
            "of the models fitted on train, the chosen one has the smallest error on dev",
            "在训练集上拟合的各个模型中，选出的那个在开发集上误差最小",
            choosing.is_best_on_dev,
            RIDGE_CASES,
        ),
        Property(
            "the error it reports is that of the chosen model on test",
            "报告的误差是所选模型在测试集上的误差",
            choosing.reports_the_test,
            RIDGE_CASES,
        ),
    ),
}
