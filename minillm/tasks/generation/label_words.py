"""What a language model says of labels: how probable is the word of each behind a prompt?

Letters: N prompts, C labels, B rows that are read at once, T positions, D model width, V tokens.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minillm.backend import moved_like, to_numpy
from minillm.models.gpt import Gpt
from minillm.nn import KeyValueCache
from minillm.tasks.generation.language_model import LanguageModel
from minillm.text import encode_text, pad
from minillm.training import evaluating

ROWS = 64  # read at once
REDUCTIONS = ("sum", "mean")


def label_log_probabilities(
    language: LanguageModel,
    prompts: Sequence[str],
    words: Sequence[str],
    *,
    reduction: str = "sum",
    content_free: Sequence[str] = (),
    rows: int = ROWS,
) -> np.ndarray:
    """ln p(word | prompt) of every label's word behind every prompt; the highest is the answer::

        s_c = sum_i ln p(w_i | prompt, w_1 ... w_{i-1})       w_1 ... w_n: tokens of " " + words[c]

    Shapes: N prompts, C words ``-> (N, C)`` float64, in nats.

    ``reduction`` "mean" divides by n: under "sum" a word of many tokens is at a disadvantage.
    ``content_free`` are prompts with the same examples whose query says nothing, such as "N/A":
    the logarithm of the mean probability behind them is taken off, so that a word that is
    probable behind anything is not the answer for that reason (calibration).

    What the prompts have in common at their beginning, as examples before another query, is read
    once.  ``prompt_of`` makes such prompts.

    Raises:
        ValueError: no prompt; fewer than two words, or two of the same tokens; a word that the
            tokeniser does not know; a prompt with a word that is longer than the model reads; an
            unknown ``reduction``.
    Source: Brown et al. 2020, "Language Models are Few-Shot Learners", section 2.4; Zhao et al.
        2021, "Calibrate Before Use: Improving Few-Shot Performance of Language Models", section 5.
    Guide: 8.1.3 (G51).
    """
    if reduction not in REDUCTIONS:
        raise ValueError(f"reduction must be one of {', '.join(REDUCTIONS)}, got {reduction!r}")
    if not prompts or isinstance(prompts, str):
        raise ValueError(f"prompts must be a list with one text at least, got {prompts!r}")
    if len(words) < 2 or isinstance(words, str):
        raise ValueError(f"words must be a list of two words at least, got {words!r}")
    endings = [word_ids(language, word) for word in words]
    require_apart(words, endings)
    lengths = [len(ending) if reduction == "mean" else 1 for ending in endings]
    asked = [language.prompt(text) for text in (*prompts, *content_free)]
    scores = word_scores(language.model, asked, endings, rows) / np.array(lengths)
    answers, nothing = scores[: len(prompts)], scores[len(prompts) :]
    return calibrated(answers, nothing) if len(nothing) else answers


def calibrated(scores: np.ndarray, nothing: np.ndarray) -> np.ndarray:
    """Scores without what is said of nothing, in the logarithm::

        s_c - ln (1/M) sum_m exp(n_mc)

    Shapes: ``scores (N, C), nothing (M, C) -> (N, C)``.

    Source: Zhao et al. 2021, "Calibrate Before Use: Improving Few-Shot Performance of Language
        Models", section 5.
    """
    return scores - (np.logaddexp.reduce(nothing, axis=0) - np.log(len(nothing)))


def word_ids(language: LanguageModel, word: str) -> np.ndarray:
    """The ids of a label's word behind a blank.

    Raises:
        ValueError: it has no token, or one that is unknown.
    """
    ids = encode_text(f" {word}", language.tokenizer, language.vocabulary)
    unknown = [language.vocabulary.tokens[i] for i in ids[language.vocabulary.is_special(ids)]]
    if unknown or not len(ids):
        raise ValueError(
            f"the label word {word!r} is not among the tokens of this language model: "
            "take a word that occurs in its texts"
        )
    return ids


def require_apart(words: Sequence[str], endings: Sequence[np.ndarray]) -> None:
    """Refuse words between which no score could decide.

    Raises:
        ValueError: two have the same tokens.
    """
    seen: dict[tuple[int, ...], str] = {}
    for word, ending in zip(words, endings, strict=True):
        if tuple(ending) in seen:
            twin = seen[tuple(ending)]
            raise ValueError(f"the label words {twin!r} and {word!r} have the same tokens")
        seen[tuple(ending)] = word


def word_scores(
    model: Gpt, prompts: Sequence[np.ndarray], endings: Sequence[np.ndarray], rows: int
) -> np.ndarray:
    """The sum of ln p over the tokens of each ending behind each prompt, (N, C).

    Endings that differ in their last token only, as all of one token do, are read once.
    """
    alike: dict[tuple[int, ...], list[int]] = {}
    for c, ending in enumerate(endings):
        alike.setdefault(tuple(ending[:-1]), []).append(c)
    scores = np.zeros((len(prompts), len(endings)))
    with evaluating(model):
        for begun, columns in alike.items():
            texts = [np.array([*prompt, *begun], dtype=np.int64) for prompt in prompts]
            require_room(texts, model.config.max_length)
            for start in range(0, len(texts), rows):
                log_p = log_p_behind(model, texts[start : start + rows], 1 + len(begun))
                inside = sum(log_p[:, i, token] for i, token in enumerate(begun))
                last = log_p[:, -1, [endings[c][-1] for c in columns]]
                scores[start : start + rows, columns] = last + np.reshape(inside, (-1, 1))
    return scores


def log_p_behind(model: Gpt, texts: Sequence[np.ndarray], n: int) -> np.ndarray:
    """ln p of every token behind each of the last ``n`` tokens of each text, (B, n, V)."""
    shared = common_beginning(texts, leave=n)
    ids, mask = pad([text[shared:] for text in texts])
    caches = [KeyValueCache() for _ in model.blocks] if shared else None
    if caches is not None:
        model.hidden(texts[0][None, :shared], caches=caches)
        for cache in caches:
            cache.select(np.zeros(len(texts), dtype=np.int64))
    seen = np.concatenate([np.ones((len(texts), shared), dtype=bool), mask], axis=1)
    hidden = model.hidden(ids, seen, caches=caches)
    places = mask.sum(axis=1)[:, None] - n + np.arange(n)
    rows = np.arange(len(texts))[:, None]
    chosen = hidden[moved_like(rows, hidden.data), moved_like(places, hidden.data)]
    scores = to_numpy(model.logits(chosen).data).astype(np.float64)
    return scores - np.logaddexp.reduce(scores, axis=-1, keepdims=True)


def common_beginning(texts: Sequence[np.ndarray], leave: int) -> int:
    """How many tokens all texts begin with, at least ``leave`` of each being left behind them."""
    most = min(map(len, texts)) - leave
    first = np.array([text[:most] for text in texts])
    different = (first != first[0]).any(axis=0)
    return int(different.argmax()) if different.any() else most


def require_room(texts: Sequence[np.ndarray], longest: int) -> None:
    """Refuse prompts that the model cannot read at once.

    Raises:
        ValueError: one is longer than ``longest``; the message says which, and by how much.
    """
    for place, text in enumerate(texts):
        if len(text) > longest:
            raise ValueError(
                f"prompt {place} has {len(text)} tokens, the model reads max_length={longest}: "
                "give fewer or shorter examples, or a model with more positions"
            )
