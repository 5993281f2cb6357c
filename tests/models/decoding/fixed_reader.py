"""A "model" whose next token depends on the last one alone, by a table that a test can read."""

import numpy as np


class FixedReader:
    """``logits = table[last token]``; counts how often it begins and what it reads."""

    def __init__(self, table, max_length=100):
        self.table = np.asarray(table, dtype=np.float64)
        self.max_length, self.vocabulary_size = max_length, self.table.shape[1]
        self.starts, self.steps = [], 0

    def start(self, ids, mask):
        self.starts.append((ids, mask))
        return self.table[ids[:, -1]]

    def step(self, tokens):
        self.steps += 1
        return self.table[tokens]

    def select(self, rows):
        self.selected = rows


def cycle(size):
    """Token i is followed by i + 1, and the last one by 0."""
    return FixedReader(9.0 * np.roll(np.eye(size), 1, axis=1))
