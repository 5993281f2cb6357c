"""What a model says of a response: the loss over its tokens alone, and its log-probability.

Letters: B texts, T positions, V vocabulary.
"""

from __future__ import annotations

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import moved_like
from minillm.backend.ids import IGNORE, integer_array
from minillm.ops import cross_entropy


def response_targets(ids: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """What the model has to say at every position but the last: the next token, where it answers::

        targets[b, t] = ids[b, t + 1]  where answers[b, t + 1],   else IGNORE

    Shapes: ``ids (B, T), answers (B, T) bool -> (B, T - 1)``.  ``answers`` is True at the tokens of
    the response, its end among them; prompts and padding are False.

    Raises:
        ValueError: other shapes; a text without a token to learn, or whose first token is one,
            before which nothing stands.
        TypeError: ids that are not integers, or ``answers`` that are not booleans.
    """
    ids, answers = integer_array(ids), np.asarray(answers)
    if ids.ndim != 2 or ids.shape[1] < 2 or answers.shape != ids.shape:
        raise ValueError(
            f"ids {ids.shape} and answers {answers.shape} must both be (B, T), T at least 2"
        )
    if answers.dtype != bool:
        raise TypeError(f"answers must be booleans, True at a response, got {answers.dtype}")
    for wrong, problem in (
        (answers[:, 0], "begins with a token of the response: nothing stands before it"),
        (~answers.any(axis=1), "has nothing to learn from: none of its tokens is of a response"),
    ):
        if wrong.any():
            raise ValueError(f"text {int(wrong.argmax())} of the batch {problem}")
    return np.where(answers[:, 1:], ids[:, 1:], IGNORE)


def response_loss(logits: Tensor, *, ids: np.ndarray, answers: np.ndarray) -> Tensor:
    """Cross-entropy of responses given their prompts: what was asked is read, and not learnt::

        L = -(1/n) sum_{b,t: answer} ln p(y_bt | y_b1 ... y_b,t-1),     n: tokens of all responses
        dL/dz = (p - onehot(y)) / n  where the next token is of a response,  else 0

    Shapes: ``logits (B, T, V), ids (B, T), answers (B, T) bool -> ()``, in nats; ``logits`` are
    those of ``model(ids, mask)``.  Every token counts alike, so that a long response counts more.

    Raises:
        ValueError, TypeError, IndexError: as ``response_targets`` and ``cross_entropy``.
    Source: Touvron et al. 2023, "Llama 2: Open Foundation and Fine-Tuned Chat Models", section 3.1.
    Guide: 9.2 (G40).
    """
    targets = response_targets(ids, answers)
    return cross_entropy(logits[:, :-1], targets=moved_like(targets, logits.data))


def token_log_probabilities(logits: Tensor, *, ids: np.ndarray, answers: np.ndarray) -> Tensor:
    """ln p of every token of the responses, given what stands before it; 0 elsewhere::

        l[b, t] = ln p(y_b,t+1 | y_b1 ... y_bt)         dl/dz = g (onehot(y) - p)

    Shapes: ``logits (B, T, V), ids (B, T), answers (B, T) bool -> (B, T - 1)``, in nats.

    Raises:
        ValueError, TypeError, IndexError: as ``response_targets`` and ``cross_entropy``.
    """
    targets = moved_like(response_targets(ids, answers), logits.data)
    return -cross_entropy(logits[:, :-1], targets=targets, reduction="none")


def sequence_log_probability(logits: Tensor, *, ids: np.ndarray, answers: np.ndarray) -> Tensor:
    """ln p of every response as a whole, given its prompt: the sum over its tokens::

        ln p(y | x) = sum_t ln p(y_t | x, y_1 ... y_{t-1})

    Shapes: ``logits (B, T, V), ids (B, T), answers (B, T) bool -> (B,)``, in nats.  It is not
    divided by the length: DPO is about the probability of the whole response.

    Raises:
        ValueError, TypeError, IndexError: as ``response_targets`` and ``cross_entropy``.
    Source: Rafailov et al. 2023, "Direct Preference Optimization: Your Language Model is Secretly
        a Reward Model", section 4, eq. 7.
    """
    return token_log_probabilities(logits, ids=ids, answers=answers).sum(axis=1)
