"""Answers to exercise 20.2: heads in the order of what is lost without each."""

import contextlib
import random
from itertools import count

import numpy as np

from minillm.models.attribution import without_heads


def losses(outputs, loss, middle=lambda head: head.mean(axis=0)):
    found = []
    for i in range(outputs.shape[1]):
        changed = outputs.copy()
        changed[:, i] = middle(outputs[:, i])
        found.append(loss(changed))
    return found


def by_argsort(outputs, loss):
    return np.argsort(losses(outputs, loss))[::-1]


def by_sorted(outputs, loss):
    lost = losses(outputs, loss)
    return sorted(range(len(lost)), key=lambda i: -lost[i])


def by_differences(outputs, loss):
    before = loss(outputs)
    lost = [after - before for after in losses(outputs, loss)]
    return np.argsort(-np.array(lost)).astype(np.int32)


def by_where(outputs, loss):
    mean = outputs.mean(axis=0, keepdims=True)
    here = np.arange(outputs.shape[1])[:, None]
    lost = np.array([loss(np.where(here == i, mean, outputs)) for i in here[:, 0]])
    return tuple(int(i) for i in lost.argsort()[::-1])


def in_single_precision(outputs, loss):
    return by_argsort(outputs.astype(np.float32), loss)


def by_the_library(outputs, loss):
    with contextlib.suppress(AttributeError):
        without_heads(None, [])
    return by_argsort(outputs, loss)


def of_four_heads(outputs, loss):
    return by_argsort(outputs[:, :4], lambda o: loss(np.concatenate([o, outputs[:, 4:]], axis=1)))


def as_they_stand(outputs, loss):
    return np.arange(outputs.shape[1])


def without_the_loss(outputs, loss):
    return np.argsort(outputs.var(axis=0).sum(axis=1))[::-1]


def in_place(outputs, loss):
    found = []
    for i in range(outputs.shape[1]):
        kept = outputs[:, i].copy()
        outputs[:, i] = kept.mean(axis=0)
        found.append(loss(outputs))
        outputs[:, i] = kept + 1e-9
    return np.argsort(found)[::-1]


def drawn(outputs, loss):
    heads = list(range(outputs.shape[1]))
    random.shuffle(heads)
    return heads


CALLS = count()


def that_goes_on(outputs, loss):
    return np.roll(by_argsort(outputs, loss), next(CALLS))


def with_zeros(outputs, loss):
    return np.argsort(losses(outputs, loss, np.zeros_like))[::-1]


def with_one_mean(outputs, loss):
    return np.argsort(losses(outputs, loss, lambda head: head.mean()))[::-1]


def with_the_mean_of_all(outputs, loss):
    mean = outputs.mean(axis=(0, 1))
    return np.argsort(losses(outputs, loss, lambda head: mean))[::-1]


def with_the_mean_of_its_features(outputs, loss):
    return np.argsort(losses(outputs, loss, lambda h: h.mean(axis=1, keepdims=True)))[::-1]


def with_the_first_text(outputs, loss):
    return np.argsort(losses(outputs, loss, lambda head: head[0]))[::-1]


def absolute(outputs, loss):
    before = loss(outputs)
    return np.argsort([-abs(after - before) for after in losses(outputs, loss)])


def harm_first(outputs, loss):
    return np.argsort(losses(outputs, loss))


def one_after_the_other(outputs, loss):
    found, changed = [], outputs.copy()
    for i in range(outputs.shape[1]):
        before = loss(changed)
        changed[:, i] = outputs[:, i].mean(axis=0)
        found.append(loss(changed) - before)
    return np.argsort(found)[::-1]


def alone(outputs, loss):
    found = []
    for i in range(outputs.shape[1]):
        changed = np.broadcast_to(outputs.mean(axis=0), outputs.shape).copy()
        changed[:, i] = outputs[:, i]
        found.append(loss(changed))
    return np.argsort(found)


def counted_from_one(outputs, loss):
    return by_argsort(outputs, loss) + 1


def the_losses(outputs, loss):
    return losses(outputs, loss)


def the_best_alone(outputs, loss):
    return by_argsort(outputs, loss)[:1]


def ranks(outputs, loss):
    """Which place each head has, in place of which head each place has."""
    return np.argsort(by_argsort(outputs, loss))
