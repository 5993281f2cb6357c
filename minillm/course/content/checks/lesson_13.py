"""Exercises of lesson 13: F1 of names, the sum over all paths of tags, the best path."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import SEEDS, Function, close, shaped, told
from minillm.course.exercises import Exercise, Property

F1, TAGS = "F1", ("the tags", "标签")
LOG_Z = "ln Z"
Sentences = list[list[str]]


def rows_of_tags(n: int, longest: int, seed: int) -> Sentences:
    """Tags at random, legal or not."""
    rng = np.random.default_rng(seed)
    tags = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
    return [[tags[i] for i in rng.integers(5, size=rng.integers(longest + 1))] for _ in range(n)]


def names(sentences: Sentences) -> set[tuple[int, int, int, str]]:
    """Every run of words that starts as a name, goes on as one, and goes no further."""
    found = set()
    for n, row in enumerate(sentences):
        around = ["O", *row, "O"]
        joins = [b[0] == "I" and a[2:] == b[2:] for a, b in itertools.pairwise(around)]
        for start, stop in itertools.combinations(range(len(row) + 1), 2):
            inside = all(joins[start + 1 : stop])
            if row[start] != "O" and not joins[start] and inside and not joins[stop]:
                found.add((n, start, stop, row[start][2:]))
    return found


def same_f1(span_f1: Function, true: Sentences, said: Sentences) -> None:
    """Compare with the names counted one by one."""
    there, found = names(true), names(said)
    n = len(there) + len(found)
    wanted = 2 * len(there & found) / n if n else 0.0
    close(F1, shaped(F1, span_f1(true, said), ()), np.array(wanted))


def is_one_where_all_is_right(span_f1: Function, n: int, longest: int, seed: int) -> None:
    """The true tags themselves, with a name in each sentence."""
    true = [[*row, "B-PER", "I-PER"] for row in rows_of_tags(n, longest, seed)]
    same_f1(span_f1, true, [list(row) for row in true])


def is_nothing_without_names(span_f1: Function, n: int, longest: int, seed: int) -> None:
    """O everywhere, where there are names and where there are none."""
    true = rows_of_tags(n, longest, seed)
    nothing = [["O"] * len(row) for row in true]
    same_f1(span_f1, true, nothing)
    same_f1(span_f1, nothing, nothing)


def counts_whole_names(span_f1: Function, n: int, longest: int, share: float, seed: int) -> None:
    """Some tags are changed: names get other ends, other types, or break in two."""
    true, other = rows_of_tags(n, longest, seed), rows_of_tags(n, longest, seed + 100)
    rng = np.random.default_rng(seed)
    said = [
        [b if t < len(new) and rng.random() < share else a for t, (a, b) in enumerate(pairs)]
        for new, pairs in (
            (new, [*zip(row, [*new, *row[len(new) :]], strict=False)])
            for row, new in zip(true, other, strict=True)
        )
    ]
    same_f1(span_f1, true, said)


def field(
    words: int, tags: int, forbidden: float, size: float, seed: int
) -> tuple[np.ndarray, ...]:
    """Scores, in which the path of tag 0 alone is never forbidden."""
    rng = np.random.default_rng(seed)
    e = np.round(size * rng.standard_normal((words, tags)), 1)
    a = np.round(size * rng.standard_normal((tags + 1, tags + 1)), 1)
    closed = rng.random(a.shape) < forbidden
    closed[np.ix_([0, -1], [0, -1])] = False
    return e, np.where(closed, -np.inf, a)


def enumerated(e: np.ndarray, a: np.ndarray) -> tuple[list[tuple[int, ...]], np.ndarray]:
    """All paths and their scores, one by one."""
    words, end = len(e), len(a) - 1
    paths = list(itertools.product(range(end), repeat=words))
    scores = [
        sum(e[t, j] for t, j in enumerate(y))
        + sum(a[i, j] for i, j in itertools.pairwise((end, *y, end)))
        for y in paths
    ]
    return paths, np.array(scores)


def sums_all(
    log_z: Function, words: int, tags: int, forbidden: float, size: float, seed: int
) -> None:
    """The sum of all paths."""
    e, a = field(words, tags, forbidden, size, seed)
    scores = enumerated(e, a)[1]
    wanted = scores.max() + np.log(np.exp(scores - scores.max()).sum())
    close(LOG_Z, shaped(LOG_Z, log_z(e, a), ()), wanted)


def of_one_word(log_z: Function, tags: int, seed: int) -> None:
    """A start, a tag, an end."""
    sums_all(log_z, 1, tags, 0.0, 1.0, seed)


def of_some_words(log_z: Function, words: int, tags: int, seed: int) -> None:
    """Every step is allowed."""
    sums_all(log_z, words, tags, 0.0, 1.0, seed)


def of_legal_paths(log_z: Function, words: int, tags: int, seed: int) -> None:
    """Some steps are forbidden."""
    sums_all(log_z, words, tags, 0.4, 1.0, seed)


def of_large_scores(log_z: Function, words: int, tags: int, seed: int) -> None:
    """In the thousands, on either side of 0."""
    sums_all(log_z, words, tags, 0.0, 2000.0, seed)


def finds_best(viterbi: Function, words: int, tags: int, forbidden: float, seed: int) -> None:
    """A path of the highest score of all."""
    e, a = field(words, tags, forbidden, 1.0, seed)
    paths, scores = enumerated(e, a)
    found = tuple(shaped(TAGS, viterbi(e, a), (words,)).tolist())
    whole = ", ".join(f"{tag:g}" for tag in found)
    told(
        found in paths,
        f"the tags are {whole}: there are those from 0 to {tags - 1}",
        f"标签是 {whole}：只有 0 到 {tags - 1}",
    )
    score, best = float(scores[paths.index(found)]), float(scores.max())
    told(
        score >= best - 1e-9,
        f"the path {whole} has the score {score:.1f}, the best one has {best:.1f}",
        f"路径 {whole} 的分数是 {score:.1f}，最好的是 {best:.1f}",
    )


def best_of_one_word(viterbi: Function, tags: int, seed: int) -> None:
    """A start, a tag, an end."""
    finds_best(viterbi, 1, tags, 0.0, seed)


def best_of_all(viterbi: Function, words: int, tags: int, seed: int) -> None:
    """Every step is allowed."""
    finds_best(viterbi, words, tags, 0.0, seed)


def best_of_legal(viterbi: Function, words: int, tags: int, seed: int) -> None:
    """Some steps are forbidden."""
    finds_best(viterbi, words, tags, 0.4, seed)


ROWS = {"n": st.integers(1, 4), "longest": st.integers(0, 6), "seed": SEEDS}
ONE = {"tags": st.integers(1, 4), "seed": SEEDS}
SOME = {**ONE, "words": st.integers(1, 5)}

CHECKS = {
    "13.1": Exercise(
        Property(
            "1 where all names are right",
            "名字全对时是 1",
            is_one_where_all_is_right,
            ROWS,
        ),
        Property(
            "0 where no name is said, and where there is none",
            "一个名字也没说出时是 0，一个名字也没有时也是 0",
            is_nothing_without_names,
            ROWS,
        ),
        Property(
            "a name counts if all its words and its type are right, over all sentences together",
            "词和类型全对的名字才算数，全部句子合计",
            counts_whole_names,
            {**ROWS, "share": st.sampled_from([0.1, 0.3, 1.0])},
        ),
    ),
    "13.2": Exercise(
        Property("one word: start, tag, end", "一个词：开头、标签、结尾", of_one_word, ONE),
        Property("the sum over all paths, one by one", "等于逐条路径相加", of_some_words, SOME),
        Property(
            "a path with a forbidden step adds nothing",
            "有禁止的步的路径不计入",
            of_legal_paths,
            SOME,
        ),
        Property("scores in the thousands", "分数上千时也对", of_large_scores, SOME),
    ),
    "13.3": Exercise(
        Property("one word: start, tag, end", "一个词：开头、标签、结尾", best_of_one_word, ONE),
        Property("the best of all paths", "所有路径中最好的", best_of_all, SOME),
        Property("no forbidden step", "绝不走禁止的步", best_of_legal, SOME),
    ),
}
