"""What fairness cannot give at once where groups differ in their base rates.

Both identities hold in every group by itself.  What they say of two groups with the same precision
and TPR, or the same mean score of positives, differs as soon as the base rates do.
"""

from __future__ import annotations


def implied_false_positive_rate(
    base_rate: float, *, precision: float, true_positive_rate: float
) -> float:
    """The FPR that base rate, precision and TPR leave no choice of::

        FPR = p / (1 - p)  (1 - precision) / precision  TPR,      p = P(true = 1)

    With equal precision and equal TPR (that is, equal FNR = 1 - TPR) the FPRs of two groups are to
    each other as the odds of their base rates: unequal, but where the precision is 1 or the TPR 0.

    Raises:
        ValueError: a base rate not between 0 and 1, a precision that is 0, or a rate outside
            [0, 1].
    Source: Chouldechova 2017, "Fair Prediction with Disparate Impact: A Study of Bias in
        Recidivism Prediction Instruments", arXiv:1703.00056, section 2.
    Guide: 8.2.3 (G55).
    """
    if not 0 < base_rate < 1 or not 0 < precision <= 1 or not 0 <= true_positive_rate <= 1:
        raise ValueError(
            "implied_false_positive_rate: needs a base rate between 0 and 1, a precision above 0 "
            f"and rates up to 1, got {base_rate}, {precision}, {true_positive_rate}"
        )
    return base_rate / (1 - base_rate) * (1 - precision) / precision * true_positive_rate


def implied_negative_score(base_rate: float, *, positive_score: float) -> float:
    """The mean score of a group's negatives, if its scores are calibrated::

        p x + (1 - p) y = p,    so    y = p (1 - x) / (1 - p)

    x and y are the mean scores of its positives and of its negatives, p its base rate: calibrated
    scores add up to the number of positives.  Equal x and equal y in groups of unequal p are only
    possible with x = 1 and y = 0.

    Raises:
        ValueError: a base rate not between 0 and 1, or a score outside [0, 1].
    Source: Kleinberg, Mullainathan & Raghavan 2016, "Inherent Trade-Offs in the Fair
        Determination of Risk Scores", arXiv:1609.05807, section 2.
    Guide: 8.2.3 (G55).
    """
    if not 0 < base_rate < 1 or not 0 <= positive_score <= 1:
        raise ValueError(
            "implied_negative_score: needs a base rate between 0 and 1 and a score from 0 to 1, "
            f"got {base_rate} and {positive_score}"
        )
    return base_rate * (1 - positive_score) / (1 - base_rate)
