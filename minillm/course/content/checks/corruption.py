"""What a sampler of hidden words must have, exercise 09.1: its rates are judged by chi-squared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from minillm.course.content.checks.common import Function, parts, shaped, told

NOT_ASKED = -100
SHARES = 0.85, 0.15 * 0.8, 0.15 * 0.1, 0.15 * 0.1  # left alone, [MASK], any word, kept


@dataclass(frozen=True)
class Corpus:
    """Sentences to corrupt; a case shows its sizes."""

    rows: int
    length: int
    first: int  # ordinary ids are first, first + 2, ...: not all that lie between are
    words: int
    seed: int

    def drawn(self) -> dict[str, Any]:
        """The arguments: framed and padded sentences, where a word may be hidden, the ids."""
        rng = np.random.default_rng(self.seed)
        ordinary = self.first + 2 * np.arange(self.words)
        ids = rng.choice(ordinary, (self.rows, self.length))
        eligible = np.ones(ids.shape, dtype=bool)
        eligible[:, 0] = eligible[0, -2:] = False
        ids[:, 0], ids[0, -2:] = 2, 0  # [CLS], padding
        return {"ids": ids, "eligible": eligible, "ordinary": ordinary, "mask_id": 4}


def corrupted(corrupt: Function, given: dict[str, Any], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The student's two arrays, of the shape of ``ids``."""
    found = corrupt(*given.values(), np.random.default_rng(seed))
    names = "corrupted", "targets"
    shape = given["ids"].shape
    first, second = (
        shaped(name, part, shape) for name, part in zip(names, parts(found, *names), strict=True)
    )
    return first, second


def leaves_the_rest_alone(corrupt: Function, corpus: Corpus, seed: int) -> None:
    """Frame and padding are never asked for, and never changed."""
    given = corpus.drawn()
    ids, targets = corrupted(corrupt, given, seed)
    closed = ~given["eligible"]
    asked = int((targets[closed] != NOT_ASKED).sum())
    told(asked == 0, f"{asked} of these are asked for", f"其中 {asked} 个被选中")
    changed = int((ids[closed] != given["ids"][closed]).sum())
    told(changed == 0, f"{changed} of these are changed", f"其中 {changed} 个被改动")


def asks_for_the_originals(corrupt: Function, corpus: Corpus, seed: int) -> None:
    """A target is the original id or -100; what is not asked for stays; what stands is a word."""
    given = corpus.drawn()
    ids, targets = corrupted(corrupt, given, seed)
    asked = targets != NOT_ASKED
    wrong = int((targets[asked] != given["ids"][asked]).sum())
    told(
        wrong == 0,
        f"{wrong} targets are neither -100 nor the id that stood there",
        f"有 {wrong} 个目标既不是 -100，也不是原来的编号",
    )
    moved = int((ids[~asked] != given["ids"][~asked]).sum())
    told(
        moved == 0,
        f"{moved} words were changed that are not asked for",
        f"有 {moved} 个没有选中的词被改动",
    )
    strange = ~np.isin(ids[asked], [*given["ordinary"], given["mask_id"]])
    told(
        not strange.any(),
        f"in their places stand {np.unique(ids[asked][strange]).tolist()}, which are no words",
        f"换上的 {np.unique(ids[asked][strange]).tolist()} 不是普通词的编号",
    )


def keeps_the_rates(corrupt: Function, corpus: Corpus, seed: int) -> None:
    """The four fates of a word, counted over many."""
    given = corpus.drawn()
    ids, targets = corrupted(corrupt, given, seed)
    asked = (targets != NOT_ASKED)[given["eligible"]]
    now, before = ids[given["eligible"]], given["ids"][given["eligible"]]
    masked, same = asked & (now == given["mask_id"]), asked & (now == before)
    counts = [(~asked).sum(), masked.sum(), (asked & ~masked & ~same).sum(), same.sum()]
    alike = SHARES[2] / corpus.words  # a random word may be the old one
    expected = np.array([*SHARES[:2], SHARES[2] - alike, SHARES[3] + alike])
    listed = [int(n) for n in counts]
    refuse_unlikely(
        f"left alone, [MASK], another word, kept: {listed}",
        f"未选中、[MASK]、换成别的词、保持原词的个数是 {listed}",
        np.array(counts),
        expected,
    )


def chooses_everywhere_alike(corrupt: Function, corpus: Corpus, seed: int) -> None:
    """Each place as often as any other, and each random word as often as any other."""
    given = corpus.drawn()
    ids, targets = corrupted(corrupt, given, seed)
    asked = (targets != NOT_ASKED) & given["eligible"]
    weights = given["eligible"].sum(axis=0)[1:]
    by_place = asked.sum(axis=0)[1:]
    refuse_unlikely(
        f"a place is chosen {by_place.min()} to {by_place.max()} times",
        f"各位置被选中的次数从 {by_place.min()} 到 {by_place.max()}",
        by_place,
        weights / weights.sum(),
    )
    other = ids[asked & (ids != given["mask_id"]) & (ids != given["ids"])]
    by_word = np.array([(other == word).sum() for word in given["ordinary"]])
    refuse_unlikely(
        f"a random word is drawn {by_word.min()} to {by_word.max()} times",
        f"各词被随机换上的次数从 {by_word.min()} 到 {by_word.max()}",
        by_word,
        np.full(corpus.words, 1 / corpus.words),
    )


def refuse_unlikely(english: str, chinese: str, counts: np.ndarray, expected: np.ndarray) -> None:
    """Refuse counts whose chi-squared one right answer in a billion would exceed::

        chi² = sum (n - N p)² / (N p)

    The quantile is that of Wilson & Hilferty 1931.
    """
    wanted = counts.sum() * expected
    chi = float(((counts - wanted) ** 2 / np.maximum(wanted, 1e-9)).sum())
    k = len(counts) - 1
    most = k * (1 - 2 / (9 * k) + 6 * (2 / (9 * k)) ** 0.5) ** 3
    told(
        chi < most and counts.sum() > 0,
        f"{english}: chi-squared is {chi:.0f}, and may be {most:.0f}",
        f"{chinese}：卡方是 {chi:.0f}，至多应为 {most:.0f}",
    )
