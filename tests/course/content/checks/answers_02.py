"""Answers to lesson 02's exercises: right ones, wrong ones, and such as are half written."""

from itertools import pairwise

import numpy as np

from minillm.text import pad

# ---- 02.1


def merge(ids, pair, new):
    out, i = [], 0
    while i < len(ids):
        found = tuple(ids[i : i + 2]) == pair
        out.append(new if found else ids[i])
        i += 2 if found else 1
    return out


def encode(text, joined, start=None, choose=min):
    ids = list(text.encode()) if start is None else start
    while there := [pair for pair in pairwise(ids) if pair in joined]:
        pair = choose(there, key=joined.get)
        ids = merge(ids, pair, joined[pair])
    return ids


def by_recursion(text, joined):
    def further(ids):
        there = {joined[pair]: pair for pair in pairwise(ids) if pair in joined}
        if not there:
            return ids
        new = min(there)
        return further(merge(ids, there[new], new))

    return further(list(text.encode("utf-8")))


def one_place_at_a_time(text, joined):  # the leftmost place of the earliest pair, again and again
    ids = [*text.encode()]
    while True:
        ranks = [joined.get(pair, float("inf")) for pair in pairwise(ids)]
        if not ranks or min(ranks) == float("inf"):
            return ids
        i = ranks.index(min(ranks))
        ids[i : i + 2] = [ranks[i]]


def all_in_turn(text, joined):
    ids = list(text.encode())
    for pair, new in sorted(joined.items(), key=lambda item: item[1]):
        ids = merge(ids, pair, new)
    return ids


def code_points(text, joined):  # not bytes: a Chinese character has an id above every merge
    return encode(text, joined, start=[ord(character) for character in text])


def bytes_alone(text, joined):
    return list(text.encode())


def one_round(text, joined):
    ids = list(text.encode())
    there = [pair for pair in pairwise(ids) if pair in joined]
    pair = min(there, key=joined.get, default=None)
    return merge(ids, pair, joined[pair]) if there else ids


def latest_first(text, joined):
    return encode(text, joined, choose=max)


def first_place_first(text, joined):
    return encode(text, joined, choose=lambda there, key: there[0])


def one_off(text, joined):
    ids = list(text.encode())
    while there := [pair for pair in pairwise(ids) if pair in joined]:
        pair = min(there, key=joined.get)
        ids = merge(ids, pair, joined[pair] + 1)
    return ids


def always_the_first_id(text, joined):
    ids = list(text.encode())
    while there := [pair for pair in pairwise(ids) if pair in joined]:
        ids = merge(ids, min(there, key=joined.get), 256)
    return ids


def ignores_errors(text, joined):  # what is not ASCII vanishes
    return encode(text, joined, start=list(text.encode("ascii", "ignore")))


def uses_pairs_up(text, joined):
    ids = list(text.encode())
    while there := [pair for pair in pairwise(ids) if pair in joined]:
        pair = min(there, key=joined.get)
        ids = merge(ids, pair, joined.pop(pair))
    return ids


SEEN = {}


def remembers_the_text(text, joined):  # whatever the merges are this time
    return SEEN.setdefault(text, encode(text, joined))


def two_rounds(text, joined):
    ids = list(text.encode())
    for _ in range(2):
        there = [pair for pair in pairwise(ids) if pair in joined]
        if there:
            pair = min(there, key=joined.get)
            ids = merge(ids, pair, joined[pair])
    return ids


# ---- 02.2


def by_lists(rows, length, pad_id, side, truncate):
    ids, mask = [], []
    for row in rows:
        kept = row[:length] if truncate == "right" else row[max(len(row) - length, 0) :]
        blank = [pad_id] * (length - len(kept))
        real, unreal = [True] * len(kept), [False] * len(blank)
        ids.append(kept + blank if side == "right" else blank + kept)
        mask.append(real + unreal if side == "right" else unreal + real)
    shape = (len(rows), length)
    return np.array(ids, dtype=int).reshape(shape), np.array(mask, dtype=bool).reshape(shape)


def by_slices(rows, length, pad_id, side, truncate):
    ids = np.full((len(rows), length), pad_id)
    mask = np.zeros((len(rows), length), dtype=bool)
    for i, row in enumerate(rows):
        n = min(len(row), length)
        place = slice(0, n) if side == "right" else slice(length - n, length)
        ids[i, place] = row[:n] if truncate == "right" else row[len(row) - n :]
        mask[i, place] = True
    return ids, mask


def by_comparison(rows, length, pad_id, side, truncate):  # the mask first, then the ids into it
    sizes = np.array([[min(len(row), length)] for row in rows])
    places = np.arange(length)
    mask = places < sizes if side == "right" else places >= length - sizes
    ids = np.full(mask.shape, pad_id)
    n = sizes[:, 0]
    cut = [r[:k] if truncate == "right" else r[len(r) - k :] for r, k in zip(rows, n, strict=True)]
    ids[mask] = [i for row in cut for i in row]
    return ids, mask


def by_the_library(rows, length, pad_id, side, truncate):
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
    ids, _ = by_slices(rows, length, pad_id, side, truncate)
    return ids, ids != pad_id


def mask_upside_down(rows, length, pad_id, side, truncate):
    ids, mask = by_slices(rows, length, pad_id, side, truncate)
    return ids, ~mask


def sides_swapped(rows, length, pad_id, side, truncate):
    return by_slices(rows, length, pad_id, truncate, side)


def always_cut_right(rows, length, pad_id, side, truncate):
    return by_slices(rows, length, pad_id, side, "right")


def padded_with_zero(rows, length, pad_id, side, truncate):
    return by_slices(rows, length, 0, side, truncate)


def never_cut(rows, length, pad_id, side, truncate):
    return by_slices(rows, max(length, *map(len, rows)), pad_id, side, truncate)


def ids_alone(rows, length, pad_id, side, truncate):
    return by_slices(rows, length, pad_id, side, truncate)[0]


def into_the_rows(rows, length, pad_id, side, truncate):
    answer = by_slices(rows, length, pad_id, side, truncate)
    for row in rows:
        row += [pad_id] * (length - len(row))
    return answer


def in_one_byte(rows, length, pad_id, side, truncate):
    ids, mask = by_slices(rows, length, pad_id, side, truncate)
    return ids.astype(np.uint8), mask


def two_rows(rows, length, pad_id, side, truncate):
    ids, mask = by_slices(rows[:2], length, pad_id, side, truncate)
    return np.resize(ids, (len(rows), length)), np.resize(mask, (len(rows), length))


# ---- 02.3


def begins_of(at, ids):
    """The places where a pair begins, first, third, ... of every run."""
    places = np.arange(len(ids))
    at = np.append(at, False)
    since = places - np.maximum.accumulate(np.where(at, -1, places))
    return at & (since % 2 == 1)


def written(ids, begins, new):
    return np.where(begins, new, ids)[~np.append(False, begins[:-1])]


def by_codes(ids, new, base=None):
    base = base or int(ids.max()) + 1
    codes = ids[:-1] * base + ids[1:]
    values, counts = np.unique(codes, return_counts=True)
    best = values[counts.argmax()]
    return divmod(int(best), base), written(ids, begins_of(codes == best, ids), new)


def by_rows(ids, new):
    pairs = np.stack([ids[:-1], ids[1:]], axis=1)
    values, counts = np.unique(pairs, axis=0, return_counts=True)
    a, b = values[np.argmax(counts)]
    at = np.flatnonzero((ids[:-1] == a) & (ids[1:] == b))
    if a == b and len(at):  # every second place of each run of neighbours
        run = np.cumsum(np.diff(at, prepend=at[0]) > 1)
        first = np.searchsorted(run, run)
        at = at[(np.arange(len(at)) - first) % 2 == 0]
    joined = ids.copy()
    joined[at] = new
    return (int(a), int(b)), np.delete(joined, at + 1)


def by_sorting(ids, new):
    first, second = ids[:-1], ids[1:]
    order = np.lexsort((second, first))
    a, b = first[order], second[order]
    starts = np.flatnonzero(np.append(True, (a[1:] != a[:-1]) | (b[1:] != b[:-1])))
    most = starts[np.diff(np.append(starts, len(a))).argmax()]
    at = (first == a[most]) & (second == b[most])
    return [a[most], b[most]], written(ids, begins_of(at, ids), new)


def base_256(ids, new):
    return by_codes(ids, new, base=256)


def base_1000(ids, new):
    return by_codes(ids, new, base=1000)


def most_frequent(ids, smallest=True):
    pairs = list(pairwise(ids.tolist()))
    if not smallest:
        return max(pairs, key=pairs.count)
    return min(pairs, key=lambda pair: (-pairs.count(pair), pair))


def walks(ids, new):
    pair = most_frequent(ids)
    return pair, np.array(merge(ids.tolist(), pair, new))


def walks_to_join(ids, new):
    pair, _ = by_codes(ids, new)
    out, i = [], 0
    while i < len(ids):
        found = i + 1 < len(ids) and (ids[i], ids[i + 1]) == pair
        out.append(new if found else ids[i])
        i += 2 if found else 1
    return pair, np.array(out)


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


def into_the_ids(ids, new):
    pair, joined = by_codes(ids, new)
    ids[: len(joined)] = joined
    return pair, ids[: len(joined)]


def new_is_256(ids, new):
    return by_codes(ids, 256)


RIGHT = [
    ("02.1", "list of pairs", encode),
    ("02.1", "recursion", by_recursion),
    ("02.1", "one place at a time", one_place_at_a_time),
    ("02.2", "lists", by_lists),
    ("02.2", "slices", by_slices),
    ("02.2", "comparison", by_comparison),
    ("02.3", "one number a pair", by_codes),
    ("02.3", "unique rows", by_rows),
    ("02.3", "sorting", by_sorting),
]
WRONG = [
    ("02.1", "all merges in turn", all_in_turn),
    ("02.1", "code points", code_points),
    ("02.1", "ignores an argument", bytes_alone),
    ("02.1", "one round", one_round),
    ("02.1", "latest first", latest_first),
    ("02.1", "first place first", first_place_first),
    ("02.1", "one off", one_off),
    ("02.1", "hard-coded constant", always_the_first_id),
    ("02.1", "ASCII only", ignores_errors),
    ("02.1", "changes its input", uses_pairs_up),
    ("02.1", "depends on calls", remembers_the_text),
    ("02.1", "hard-coded size", two_rounds),
    ("02.2", "library call", by_the_library),
    ("02.2", "row[-0:]", minus_length),
    ("02.2", "mask by value", mask_by_value),
    ("02.2", "mask upside down", mask_upside_down),
    ("02.2", "sides swapped", sides_swapped),
    ("02.2", "ignores an argument", always_cut_right),
    ("02.2", "hard-coded constant", padded_with_zero),
    ("02.2", "never cut", never_cut),
    ("02.2", "one answer of two", ids_alone),
    ("02.2", "changes its input", into_the_rows),
    ("02.2", "small numbers only", in_one_byte),
    ("02.2", "hard-coded size", two_rows),
    ("02.3", "small numbers only", base_256),
    ("02.3", "hard-coded size", base_1000),
    ("02.3", "loop", walks),
    ("02.3", "loop to join", walks_to_join),
    ("02.3", "ties by place", ties_by_place),
    ("02.3", "ties by size", ties_by_size),
    ("02.3", "counted without overlap", counted_apart),
    ("02.3", "joined with overlap", with_overlap),
    ("02.3", "from the right", from_the_right),
    ("02.3", "first place alone", first_place_alone),
    ("02.3", "second id kept", second_id_kept),
    ("02.3", "changes its input", into_the_ids),
    ("02.3", "hard-coded constant", new_is_256),
]
HALF = [
    ("02.1", (lambda text, joined: ...,)),
    ("02.2", (lambda rows, length, pad_id, side, truncate: ...,)),
    ("02.2", (lambda rows, length, pad_id, side, truncate: (..., ...),)),
    ("02.3", (lambda ids, new: ...,)),
    ("02.3", (lambda ids, new: (most_frequent(ids), ...),)),
]
MESSAGES = {
    ("02.1", one_off): ("decoding gives the text again", "text='aa'", "decode to 'aaaa'"),
    ("02.1", all_in_turn): ("it walks through joined", "从头到尾走了一遍"),
    ("02.1", one_round): (
        "no pair that was learned is left",
        "[256, 256] still hold [(256, 256)]",
    ),
    ("02.2", mask_by_value): ("exactly at real ids", "pad_id=0", "[False]"),
    ("02.2", by_the_library): ("it calls text.batching.pad",),
    ("02.3", base_256): ("ids=np.array([0, 256])", "(1, 0), which occurs 0 time(s)"),
    ("02.3", from_the_right): ("without overlap", "[0, 0, 0]", "[0, 2000], not [2000, 0]"),
    ("02.3", walks): ("no loop over the ids", "compare whole arrays", "请对整个数组作比较"),
}
