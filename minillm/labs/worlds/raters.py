"""Two raters who read the same sentence and judge some words differently: a conflict in the data.

"The band was really great.": of the adjectives one third praises, one third blames, and the rest is
ambiguous.  Rater 1 takes an ambiguous word for praise, rater 2 for blame; otherwise they agree.
One probability p of praise has to serve both.  Where the sentence is clear it can be right for
both; where it is ambiguous, with the share d of all sentences, the least of w L_1 + (1 - w) L_2 is
at p = w, so that the Pareto front of the two cross-entropies is known::

    L_1 = -d ln w,    L_2 = -d ln(1 - w)
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from minillm.labs.worlds.listed import Listed, Sentence, in_language, share

# language -> subjects, degrees, then adjectives that praise, that blame, that are ambiguous
WORDS: dict[str, tuple[str, str, str, str, str]] = {
    "en": (
        "the_band_was the_film_was the_play_was the_song_was "
        "the_party_was the_show_was the_book_was the_speech_was",
        "really quite rather",
        "great lovely superb brilliant wonderful excellent charming delightful",
        "awful dull dreadful terrible boring poor horrible dreary",
        "wild spicy loud strange bold raw odd sharp",
    ),
    "zh": (
        "这支_乐队 这部_电影 这出_话剧 这首_歌曲 这场_晚会 这档_节目 这本_小说 这场_演讲",
        "真 很 相当",
        "精彩 出色 动人 美妙 优秀 迷人 高明 成功",
        "糟糕 无聊 乏味 失败 平庸 枯燥 拙劣 沉闷",
        "奇特 辛辣 热闹 大胆 粗犷 另类 古怪 犀利",
    ),
}


@dataclass(frozen=True)
class Raters:
    """The language, and the share d of ambiguous sentences."""

    language: str = "en"
    ambiguous: float = 0.3

    def every(self) -> Listed:
        """All sentences, with the labels of rater 1 and rater 2: 1 is praise.

        Raises:
            ValueError: another language, or a share that is not from 0 to 1.
        """
        subjects, degrees, *kinds = (part.split() for part in in_language(WORDS, self.language))
        ambiguous = share("ambiguous", self.ambiguous)
        labels, chances = [(1, 1), (0, 0), (1, 0)], [(1 - ambiguous) / 2] * 2 + [ambiguous]
        return Listed(
            [
                Sentence((*subject.split("_"), degree, adjective), label, chance)
                for words, label, chance in zip(kinds, labels, chances, strict=True)
                for subject, degree, adjective in product(subjects, degrees, words)
            ],
            self.language,
        )


def front(weight: np.ndarray | float, ambiguous: float) -> np.ndarray:
    """The point of the front where ``w L_1 + (1 - w) L_2`` is least: ``-d ln w, -d ln(1 - w)``.

    Shapes: ``weight (...) -> (..., 2)``, from 0 to 1, where a loss may be infinite.
    """
    w = np.asarray(weight, dtype=np.float64)
    with np.errstate(divide="ignore"):
        return -ambiguous * np.log(np.stack([w, 1 - w], axis=-1))


def above_front(losses: np.ndarray, ambiguous: float) -> np.ndarray:
    """How far a point is above the front, in nats: both losses must fall by so much to be on it.

    On the front ``exp(-L_1/d) + exp(-L_2/d) = 1``; with both losses less by x the sum is
    ``exp(x/d)`` times as large, hence ``x = -d ln(exp(-L_1/d) + exp(-L_2/d))``.

    Shapes: ``losses (..., 2) -> (...)``; no model can be below 0.
    """
    found: np.ndarray = -ambiguous * np.logaddexp(*np.moveaxis(-losses / ambiguous, -1, 0))
    return found
