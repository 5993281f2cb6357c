"""Answers to lesson 02's exercises: right ones, wrong ones, and such as are half written."""

from itertools import pairwise

import numpy as np

from minillm.text import pad


def merge(ids, pair, new):
    out, i = [], 0
    while i < len(ids):
        found = tuple(ids[i : i + 2]) == pair
        out.append(new if found else ids[i])
        i += 2 if found else 1
    return out


def encode(text, merges, start=None, choose=min, once=False):
    ids, rank = (
        list(text.encode()) if start is None else start,
        {p: i for i, p in enumerate(merges)},
    )
    while there := [pair for pair in pairwise(ids) if pair in rank]:
        pair = choose(there, key=rank.get)
        ids = merge(ids, pair, 256 + rank[pair])
        if once:
            break
    return ids


def code_points(text, merges):  # not bytes: a Chinese character has an id above every merge
    return encode(text, merges, start=[ord(character) for character in text])


def bytes_alone(text, merges):
    return list(text.encode())


def one_round(text, merges):
    return encode(text, merges, once=True)


def latest_first(text, merges):
    return encode(text, merges, choose=max)


def first_place_first(text, merges):
    return encode(text, merges, choose=lambda there, key: there[0])


def longest_match(text, merges):  # greedy from the left, as WordPiece does
    tokens = [bytes([i]) for i in range(256)]
    for first, second in merges:
        tokens.append(tokens[first] + tokens[second])
    data, ids = text.encode(), []
    while data:
        best = max(range(len(tokens)), key=lambda i: data.startswith(tokens[i]) * len(tokens[i]))
        ids.append(best)
        data = data[len(tokens[best]) :]
    return ids


def one_off(text, merges):
    ids, rank = list(text.encode()), {pair: i for i, pair in enumerate(merges)}
    while there := [pair for pair in pairwise(ids) if pair in rank]:
        pair = min(there, key=rank.get)
        ids = merge(ids, pair, 257 + rank[pair])
    return ids


def ignores_errors(text, merges):  # what is not ASCII vanishes
    return encode(text, merges, start=list(text.encode("ascii", "ignore")))


def to_length(rows, length, pad_id, side, truncate):
    return pad(rows, length=length, pad_id=pad_id, side=side, truncate=truncate)


def minus_length(rows, length, pad_id, side, truncate):  # row[-0:] is the whole row
    ids, mask = [], []
    for row in rows:
        kept = row[:length] if truncate == "right" else row[-length:]
        rest = length - len(kept)
        blank, real = [pad_id] * rest, [True] * len(kept)
        ids.append(kept + blank if side == "right" else blank + kept)
        mask.append(real + [False] * rest if side == "right" else [False] * rest + real)
    return np.array(ids).reshape(len(rows), -1), np.array(mask).reshape(len(rows), -1)


def mask_by_value(rows, length, pad_id, side, truncate):
    ids, _ = to_length(rows, length, pad_id, side, truncate)
    return ids, ids != pad_id


def mask_upside_down(rows, length, pad_id, side, truncate):
    ids, mask = to_length(rows, length, pad_id, side, truncate)
    return ids, ~mask


def sides_swapped(rows, length, pad_id, side, truncate):
    return to_length(rows, length, pad_id, truncate, side)


def always_cut_right(rows, length, pad_id, side, truncate):
    return to_length(rows, length, pad_id, side, "right")


def padded_with_zero(rows, length, pad_id, side, truncate):
    return to_length(rows, length, 0, side, truncate)


def never_cut(rows, length, pad_id, side, truncate):
    return to_length(rows, max(length, *map(len, rows)), pad_id, side, truncate)


def ids_alone(rows, length, pad_id, side, truncate):
    return to_length(rows, length, pad_id, side, truncate)[0]


def most_frequent(ids, smallest=True):
    pairs = list(pairwise(ids.tolist()))
    if not smallest:
        return max(pairs, key=pairs.count)
    return min(pairs, key=lambda pair: (-pairs.count(pair), pair))


def bpe_step(ids, new):
    pair = most_frequent(ids)
    return pair, np.array(merge(ids.tolist(), pair, new))


def ties_by_place(ids, new):
    pair = most_frequent(ids, smallest=False)
    return pair, np.array(merge(ids.tolist(), pair, new))


def ties_by_size(ids, new):
    pairs = list(pairwise(ids.tolist()))
    pair = max(pairs, key=lambda pair: (pairs.count(pair), pair))
    return pair, np.array(merge(ids.tolist(), pair, new))


def counted_apart(ids, new):  # aaa counts as one pair
    pairs = sorted(set(pairwise(ids.tolist())))
    pair = max(pairs, key=lambda pair: merge(ids.tolist(), pair, new).count(new))
    return pair, np.array(merge(ids.tolist(), pair, new))


def with_overlap(ids, new):  # aaa becomes two new ones
    pair = most_frequent(ids)
    begins = np.append((ids[:-1] == pair[0]) & (ids[1:] == pair[1]), False)
    return pair, np.where(begins, new, ids)[begins | ~np.append(False, begins[:-1])]


def from_the_right(ids, new):
    pair = most_frequent(ids)
    turned = merge(ids.tolist()[::-1], pair[::-1], new)
    return pair, np.array(turned[::-1])


def first_place_alone(ids, new):
    pair = most_frequent(ids)
    i = list(pairwise(ids.tolist())).index(pair)
    return pair, np.array([*ids[:i], new, *ids[i + 2 :]])


def second_id_kept(ids, new):
    pair = most_frequent(ids)
    begins = np.append((ids[:-1] == pair[0]) & (ids[1:] == pair[1]), False)
    return pair, np.where(begins, new, ids)


RIGHT = {"02.1": (encode,), "02.2": (to_length,), "02.3": (bpe_step,)}
WRONG = [
    *(("02.1", (f,)) for f in (code_points, bytes_alone, one_round, latest_first)),
    *(("02.1", (f,)) for f in (first_place_first, longest_match, one_off, ignores_errors)),
    *(("02.2", (f,)) for f in (minus_length, mask_by_value, mask_upside_down, sides_swapped)),
    *(("02.2", (f,)) for f in (always_cut_right, padded_with_zero, never_cut, ids_alone)),
    *(("02.3", (f,)) for f in (ties_by_place, ties_by_size, counted_apart, with_overlap)),
    *(("02.3", (f,)) for f in (from_the_right, first_place_alone, second_id_kept)),
]
HALF = [
    ("02.1", (lambda text, merges: ...,)),
    ("02.2", (lambda rows, length, pad_id, side, truncate: ...,)),
    ("02.2", (lambda rows, length, pad_id, side, truncate: (..., ...),)),
    ("02.3", (lambda ids, new: ...,)),
    ("02.3", (lambda ids, new: (most_frequent(ids), ...),)),
]
MESSAGES = {
    ("02.1", one_off): ("decoding gives the text again", "text = 'aa'", "there is no token 257"),
    ("02.1", one_round): ("learned first", "merges = [(97, 97), (98, 98)]", "[256, 98, 98]"),
    ("02.2", mask_by_value): ("exactly at real ids", "pad_id = 0", "[False]"),
    ("02.3", from_the_right): ("without overlap", "ids = [0, 0, 0]", "[0, 9]"),
}
