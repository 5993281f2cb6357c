"""A tokeniser that has learned something: which pairs of characters it writes as one token."""

from minillm.text import CharacterTokenizer


class Merges:
    """Characters, with pairs of neighbours merged in the order in which they were learned."""

    name = "merges"

    def __init__(self, pairs):
        self.pairs = [tuple(pair) for pair in pairs]

    def tokenize(self, text):
        """Merge each pair, from left to right."""
        tokens = CharacterTokenizer().tokenize(text)
        for pair in self.pairs:
            merged = []
            for token in tokens:
                if merged and (merged[-1], token) == pair:
                    merged[-1] += token
                else:
                    merged.append(token)
            tokens = merged
        return tokens

    def join(self, tokens):
        """The text again."""
        return CharacterTokenizer().join(tokens)

    def to_json(self):
        """The pairs."""
        return {"pairs": self.pairs}

    @classmethod
    def from_json(cls, state):
        """The tokeniser with these pairs."""
        return cls(state["pairs"])
