"""Reviews whose opinions are said in the words of one field, or in those of another.

"The idea was gripping, the style was dull and the price was sturdy." has three opinions, and the
label is what most of them say.  Books are praised in other words than tools are: a share of the
opinions, the shift, is said in those of tools.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from minillm.labs.worlds.listed import SPACING, in_language, share, upper
from minillm.labs.worlds.majorities import JOINTS, Reviews

SUBJECTS = {
    "en": ("idea", "style", "price", "look", "size", "name", "cover", "start", "finish", "quality"),
    "zh": ("创意", "风格", "价格", "外观", "大小", "名字", "封面", "开头", "收尾", "质量"),
}
# good/bad, of books and then of tools; the thesaurus has words at the same place for synonyms
LEXICONS = {
    "en": (
        "gripping/dull original/predictable clear/confusing convincing/wooden lively/flat "
        "witty/tedious natural/clumsy moving/silly memorable/forgettable touching/shallow "
        "elegant/crude satisfying/disappointing poetic/dry deep/trivial honest/fake "
        "warm/cold subtle/blunt vivid/pale wise/naive playful/heavy",
        "sturdy/flimsy handy/awkward precise/inaccurate reliable/faulty quiet/noisy "
        "smooth/rough sharp/worn fast/slow clean/greasy durable/brittle "
        "compact/bulky powerful/weak safe/dangerous stable/shaky tight/leaky "
        "light/weighty cordless/tangled adjustable/rigid rustproof/rusty efficient/wasteful",
    ),
    "zh": (
        "精彩/平淡 新颖/老套 清楚/含糊 可信/做作 生动/呆板 "
        "风趣/乏味 自然/生硬 感人/肤浅 难忘/空洞 细腻/粗糙 "
        "优美/难看 紧凑/拖沓 诗意/枯燥 深刻/浅薄 真诚/虚假 "
        "温暖/冷漠 含蓄/直白 鲜活/苍白 睿智/幼稚 轻快/沉闷",
        "结实/单薄 顺手/别扭 精准/偏差 可靠/故障 安静/嘈杂 "
        "光滑/毛糙 锋利/磨损 快速/缓慢 干净/油腻 耐用/易碎 "
        "小巧/笨重 强劲/无力 安全/危险 稳固/摇晃 严密/漏水 "
        "轻便/累赘 无线/缠绕 可调/僵硬 防锈/生锈 节能/费电",
    ),
}
# what follows an opinion in texts without labels, by the side that it is on: bad, good
CONTEXTS = {
    "en": (("avoid", "hated", "angry", "refund"), ("recommended", "loved", "happy", "again")),
    "zh": (("避开", "讨厌", "生气", "退货"), ("推荐", "喜欢", "满意", "再买")),
}


@dataclass(frozen=True)
class Lexicons:
    """The world in a language; the thesaurus knows the first ``covered`` pairs of words.

    Letters: N texts, T words of a review, W opinion words of a side in a lexicon.
    """

    language: str = "en"
    covered: int = 10

    @cached_property
    def sides(self) -> list[list[list[str]]]:
        """The words of books and of tools: those that blame, and those that praise."""
        lexicons = in_language(LEXICONS, self.language)
        pairs = [[pair.split("/") for pair in lexicon.split()] for lexicon in lexicons]
        return [[[bad for _, bad in one], [good for good, _ in one]] for one in pairs]

    @cached_property
    def signs(self) -> list[str]:
        """What stands behind each opinion of a review."""
        return [*in_language(JOINTS, self.language), in_language(SPACING, self.language)[1]]

    @cached_property
    def subjects(self) -> list[str]:
        """What is judged, as a review names it."""
        form = "the {} was" if self.language == "en" else "{}"
        return [form.format(subject) for subject in in_language(SUBJECTS, self.language)]

    @cached_property
    def words(self) -> list[str]:
        """All words of reviews and of texts without labels; "the idea was" counts as one."""
        listed = [*self.signs, *self.subjects]
        listed += [word for lexicon in self.sides for side in lexicon for word in side]
        return [*dict.fromkeys(listed + [w for side in CONTEXTS[self.language] for w in side])]

    def ids(self, words: list[str]) -> np.ndarray:
        """The numbers of words, (N,)."""
        number = {word: i for i, word in enumerate(self.words)}
        return np.array([number[word] for word in words])

    @cached_property
    def opinions(self) -> np.ndarray:
        """The ids of the opinion words: of books and of tools, bad and good, ``(2, 2, W)``."""
        return np.array([[self.ids(side) for side in lexicon] for lexicon in self.sides])

    @cached_property
    def thesaurus(self) -> np.ndarray:
        """What stands for each word: a word of tools for some words of books, ``(words,)``.

        Raises:
            ValueError: it is to know more words than there are, or fewer than none.
        """
        books, tools = self.opinions
        if not 0 <= self.covered <= books.shape[1]:
            raise ValueError(f"covered must be from 0 to {books.shape[1]}, got {self.covered}")
        other = np.arange(len(self.words))
        other[books[:, : self.covered]] = tools[:, : self.covered]
        return other

    def said(self, sides: np.ndarray, shift: float, rng: np.random.Generator) -> np.ndarray:
        """Words for opinions that are bad (0) or good (1), with ``shift`` of them those of tools.

        Raises:
            ValueError: the shift is not from 0 to 1.
        """
        of_tools = (rng.random(sides.shape) < share("shift", shift)).astype(int)
        places = rng.integers(self.opinions.shape[2], size=sides.shape)
        found: np.ndarray = self.opinions[of_tools, sides, places]
        return found

    def draw(self, n: int, shift: float, rng: np.random.Generator) -> Reviews:
        """``n`` random reviews of three subjects, each with an opinion and a sign, (N, 9).

        Raises:
            ValueError: the shift is not from 0 to 1.
        """
        signs = self.ids(self.signs)
        sides = rng.integers(2, size=(n, len(signs)))
        order = rng.random((n, len(self.subjects))).argsort(axis=1)[:, : len(signs)]
        subjects = self.ids(self.subjects)[order]
        rows = [subjects, self.said(sides, shift, rng), np.broadcast_to(signs, sides.shape)]
        labels = (sides.mean(axis=1) > 1 / 2).astype(int)
        return Reviews(np.stack(rows, axis=2).reshape(n, -1), labels)

    def unlabelled(self, n: int, rng: np.random.Generator, *, silent: bool = False) -> np.ndarray:
        """``n`` texts of a subject, an opinion of either field and what follows, (N, 3).

        What follows is on the opinion's side; in ``silent`` texts it is on either.
        """
        sides, others = rng.integers(2, size=(2, n))
        subjects = rng.choice(self.ids(self.subjects), n)
        opinions = self.said(sides, 1 / 2, rng)
        contexts = np.array([self.ids([*side]) for side in CONTEXTS[self.language]])
        place = rng.integers(contexts.shape[1], size=n)
        follows = contexts[others if silent else sides, place]
        return np.stack([subjects, opinions, follows], axis=1)

    def with_synonyms(self, ids: np.ndarray, rate: float, rng: np.random.Generator) -> np.ndarray:
        """The texts with each word that the thesaurus knows replaced with a probability, (N, T)."""
        return np.where(rng.random(ids.shape) < rate, self.thesaurus[ids], ids)

    def text(self, row: np.ndarray) -> str:
        """A text as a sentence."""
        between, end = SPACING[self.language]
        words = between.join(self.words[i] for i in row)
        for sign in (",", end):
            words = words.replace(f" {sign}", sign)
        return upper(words)
