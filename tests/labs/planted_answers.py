"""A reader whose answers to requests are known, word by word, with their probabilities."""

import numpy as np

from minillm.labs.worlds.requests import END


class Answering:
    """It answers or refuses, as likely as ``tells`` says of a request, and writes that to its end.

    ``asked`` are the requests that it knows.
    """

    max_length = 64

    def __init__(self, world, asked, tells):
        self.world, self.vocabulary_size = world, len(world.names)
        self.known = {
            tuple(world.encode(one.before)): (tells(one.request), world.answer(one.request))
            for one in asked
        }

    def start(self, ids, mask):
        """The first word of the answer, or that of a refusal."""
        pairs = zip(ids, mask, strict=True)
        self.rows, self.rest = [self.known[tuple(row[real])] for row, real in pairs], None
        logits = np.full((len(ids), self.vocabulary_size), -np.inf)
        for z, (p, answer) in zip(logits, self.rows, strict=True):
            with np.errstate(divide="ignore"):
                z[self.world.encode([answer[0], self.world.refusal[0]])] = np.log([p, 1.0 - p])
        return logits

    def step(self, tokens):
        """The next word of what was begun, and behind its last one the end."""
        world = self.world
        if self.rest is None:
            begun = zip(tokens, (answer for _, answer in self.rows), strict=True)
            whole = [a if t == world.ids[a[0]] else world.refusal for t, a in begun]
            self.rest = [world.encode([*words[1:], END]) for words in whole]
        logits = np.full((len(tokens), self.vocabulary_size), -np.inf)
        for z, rest in zip(logits, self.rest, strict=True):
            z[rest.pop(0) if rest else world.ids[END]] = 0.0
        return logits
