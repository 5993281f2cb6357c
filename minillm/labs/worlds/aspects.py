"""Two aspects in one sentence, each with words of its own: no conflict that must be.

"The soup was really tasty and the waiter was quite rude.": task 1 asks for the food, task 2 for
the service, and the clauses stand in either order.  A model that tells both apart is right in all
sentences.  One that hands on a single number to two linear heads cannot be: two thresholds cut a
line into three parts, so that of the four pairs of labels one is never predicted, and in each of
its sentences a head is wrong.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

from minillm.labs.worlds.listed import Listed, Sentence, in_language, share

# language -> task -> subjects, adjectives that praise, adjectives that blame
WORDS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "en": (
        (
            "the_soup_was the_bread_was",
            "tasty fresh juicy warm",
            "bland stale burnt cold",
        ),
        (
            "the_waiter_was the_cook_was",
            "friendly quick polite helpful",
            "rude slow surly lazy",
        ),
    ),
    "zh": (
        ("这里_的_汤 这里_的_面包", "美味 新鲜 可口 地道", "寡淡 难吃 油腻 咸涩"),
        ("这里_的_服务员 这里_的_老板", "热情 麻利 客气 周到", "冷淡 磨蹭 粗鲁 懒散"),
    ),
}
DEGREES = {"en": "really quite", "zh": "真 很"}
JOINT = {"en": "and", "zh": "，"}


@dataclass(frozen=True)
class Aspects:
    """The language, and how probable it is that the labels of a sentence differ."""

    language: str = "en"
    differ: float = 0.5

    def every(self) -> Listed:
        """All sentences, with the labels of food and service: 1 is praise.

        Raises:
            ValueError: another language, or a probability that is not from 0 to 1.
        """
        tasks, joint = in_language(WORDS, self.language), JOINT[self.language]
        differ, degrees = share("differ", self.differ), DEGREES[self.language]
        sentences = []
        for (food, y1), (service, y2) in product(*(clauses(task, degrees) for task in tasks)):
            chance = differ if y1 != y2 else 1 - differ
            for first, second in ((food, service), (service, food)):
                sentences.append(Sentence((*first, joint, *second), (y1, y2), chance))
        return Listed(sentences, self.language)


def clauses(task: tuple[str, str, str], degrees: str) -> list[tuple[list[str], int]]:
    """What can be said of one aspect, and whether it is praise."""
    subjects, praise, blame = (words.split() for words in task)
    return [
        ([*subject.split("_"), degree, adjective], label)
        for label, adjectives in ((1, praise), (0, blame))
        for subject, degree, adjective in product(subjects, degrees.split(), adjectives)
    ]


def least_errors(differ: float) -> float:
    """What the error rates of both tasks add up to at least, if one number serves both heads.

    It is the probability of the rarest pair of labels, ``min(q, 1 - q) / 2`` where labels differ
    with the probability q.  Reached by never predicting that pair, and by one wrong head in each of
    its sentences.
    """
    return min(differ, 1 - differ) / 2


def ceiling(differ: float) -> float:
    """The highest accuracy that both tasks can have at once then: they share the errors."""
    return 1 - least_errors(differ) / 2


def least_losses(differ: float) -> float:
    """What the cross-entropies of both tasks add up to at least, if one number serves both heads::

        L_1 + L_2 >= min(q, 1 - q) ln 2        q the probability that the labels differ

    Let both heads grow with the number, and take a sentence a with labels (0, 1) and a sentence b
    with (1, 0).  If a has the smaller number, the second head gives it no more than b, although a
    is praised and b is not, which costs 2 ln 2 at least; else the same holds for the first head.
    Where one head falls, (0, 0) and (1, 1) are such a pair.

    The bound is reached in the limit where one task has no loss and the other one p = 1/2 in all
    these sentences, which is right in half of them at best and may be in none: least
    cross-entropies and least errors are not the same.
    """
    return min(differ, 1 - differ) * math.log(2)
