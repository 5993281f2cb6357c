"""Answers to exercise c1.2, right and wrong."""

from minillm.text import Example, clean

SEEN = set()


def key(text):
    return " ".join(text.lower().split())


def deduplicate(examples, key=key):
    labels = {}
    for text, label in examples:
        labels.setdefault(key(text), set()).add(label)
    kept = {}
    for text, label in examples:
        if len(labels[key(text)]) == 1:
            kept.setdefault(key(text), (text, label))
    return list(kept.values())


def pair_by_pair(examples):
    kept = []
    for i, (text, label) in enumerate(examples):
        same = [j for j, (other, _) in enumerate(examples) if key(other) == key(text)]
        agree = all(examples[j][1] == label for j in same)
        if agree and same[0] == i:
            kept.append((text, label))
    return kept


def none_where_they_differ(examples):
    found = {}
    for text, label in examples:
        name = " ".join(text.casefold().split())
        if name in found and (found[name] is None or found[name][1] != label):
            found[name] = None
        else:
            found.setdefault(name, (text, label))
    return [pair for pair in found.values() if pair is not None]


def by_clean(examples):
    kept, _ = clean([Example(text, label) for text, label in examples])
    return [tuple(example) for example in kept]


def two_labels_only(examples):
    labels = {(key(text), label) for text, label in examples}
    both = [text for text, _ in labels if {(text, "+"), (text, "-")} <= labels]
    return [pair for pair in deduplicate(examples, key=str) if key(pair[0]) not in both]


def ignores_labels(examples):
    kept = {}
    for text, label in examples:
        kept.setdefault(key(text), (text, label))
    return list(kept.values())


def pops_them(examples):
    kept = deduplicate(examples)
    while examples:
        examples.pop()
    return kept


def remembers(examples):
    new = [pair for pair in deduplicate(examples) if pair not in SEEN]
    SEEN.update(new)
    return new


def neighbours_only(examples):
    return [
        pair
        for before, pair in zip([("", ""), *examples], examples, strict=False)
        if key(before[0]) != key(pair[0])
    ]


def exact_texts_only(examples):
    return deduplicate(examples, key=lambda text: text)


def without_any_blanks(examples):
    return deduplicate(examples, key=lambda text: "".join(text.lower().split()))


def case_only(examples):
    return deduplicate(examples, key=str.lower)


def two_blanks_only(examples):
    return deduplicate(examples, key=lambda text: text.lower().strip().replace("  ", " "))


def first_letter_only(examples):
    def small(text):
        words = " ".join(text.split())
        return words[:1].lower() + words[1:]

    return deduplicate(examples, key=small)


def last_one_stays(examples):
    return list({key(text): (text, label) for text, label in deduplicate(examples[::-1])}.values())[
        ::-1
    ]


def pairs_as_a_set(examples):
    return sorted(set(deduplicate(examples)))


def normal_texts(examples):
    return [(key(text), label) for text, label in deduplicate(examples)]


def contradiction_drops_later_ones_only(examples):
    kept = {}
    for text, label in examples:
        first = kept.setdefault(key(text), (text, label))
        if first[1] != label:
            kept[key(text)] = (text, label)
    return [pair for pair in examples if pair in kept.values()]
