"""Byte-level BPE: bytes, and the pairs of them that were frequent in some training texts."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from minillm.text.byte_alphabet import ALPHABET, as_bytes, as_characters, as_text
from minillm.text.cleaning import require_text, require_texts
from minillm.text.merging_fast import apply_merges_fast, learn_merges_fast
from minillm.text.pretokens import pretokens

KEPT, LONGEST = 100_000, 60  # words whose tokens are remembered, and their most characters


class BytePairTokenizer:
    """The bytes of a text, with pairs of neighbours joined as in training: GPT-2's tokens::

        "I like tea."  ->  I  Ġlike  Ġtea  .        (Ġ is the blank, see ``as_characters``)

    ``merges`` are the pairs in the order in which they were learned, and ``tokens`` are all
    tokens in the order of their ids: the 256 bytes, then what each merge gives.  Nothing is ever
    unknown: ``join(tokenize(text))`` is the text, exactly, in whatever script.  How pairs are
    learned and joined is in ``learn_merges`` and ``apply_merges``.  With ``add_prefix_space`` a
    blank is put before a text that does not begin with one, so that its first word gives the
    tokens that it would give inside a text; ``join`` then gives that blank too.

    Raises:
        ValueError: a merge is not a pair, names a token that no merge before it builds, or
            builds one that is there already.
    Source: Sennrich, Haddow and Birch 2016, "Neural Machine Translation of Rare Words with
    Subword Units"; Radford et al. 2019, "Language Models are Unsupervised Multitask Learners",
    section 2.2.
    Guide: 2.1, 5.2.1 (G2).
    """

    name = "byte_pairs"

    def __init__(self, merges: Iterable[Sequence[str]], *, add_prefix_space: bool = False) -> None:
        listed = [tuple(merge) for merge in merges]
        problem = first_bad_merge(listed)
        if problem:
            raise ValueError(f"BytePairTokenizer: merge number {problem[0]} {problem[1]}")
        self.ranks = {(first, second): rank for rank, (first, second) in enumerate(listed)}
        self.merges = tuple(self.ranks)
        self.tokens = (*ALPHABET, *map("".join, listed))
        self.bytes_of = {token: as_bytes(token) for token in self.tokens}
        self.known: dict[str, list[str]] = {}
        self.add_prefix_space = add_prefix_space

    @classmethod
    def train(cls, texts: Iterable[str], *, size: int, min_count: int = 2) -> Self:
        """The tokeniser that some training texts teach, with at most ``size`` tokens.

        256 of them are the bytes.  A pair that occurs fewer than ``min_count`` times is not
        joined.

        Raises:
            ValueError: ``size`` is below 256; ``min_count`` is below 1.
            TypeError: ``texts`` is one text.
        """
        if size < len(ALPHABET):
            raise ValueError(f"size must be at least 256, a token for every byte, got {size}")
        if min_count < 1:
            raise ValueError(f"min_count must be at least 1, got {min_count}")
        require_texts(texts)
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(pretokens(text))
        number = {character: i for i, character in enumerate(ALPHABET)}
        words = [([number[c] for c in as_characters(w)], times) for w, times in counts.items()]
        learned = learn_merges_fast(
            words, n_merges=size - len(ALPHABET), first_new=len(ALPHABET), min_count=min_count
        )
        tokens = list(ALPHABET)
        for first, second in learned:
            tokens.append(tokens[first] + tokens[second])
        return cls((tokens[first], tokens[second]) for first, second in learned)

    def tokenize(self, text: str) -> list[str]:
        """The tokens of a text, which is not normalised.

        Raises:
            TypeError: ``text`` is not a string.
        """
        known, tokens = self.known, []
        for word in pretokens(self.prefix_of(text) + text):
            tokens += known.get(word) or self.tokens_of(word)
        return tokens

    def prefix_of(self, text: str) -> str:
        """The blank that is put before a text, or nothing."""
        require_text(text)
        return " " if self.add_prefix_space and text and not text.startswith(" ") else ""

    def tokens_of(self, word: str) -> list[str]:
        """The tokens of one pre-token, which are remembered: few words make up most of a text."""
        tokens = apply_merges_fast(as_characters(word), self.ranks)
        if len(word) <= LONGEST:
            if len(self.known) >= KEPT:
                self.known.clear()
            self.known[word] = tokens
        return tokens

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where each token of ``tokenize(text)`` lies: it has bytes of ``text[start:stop]``.

        Tokens that share the bytes of one character have that character's place, all of them.
        """
        owner = [i for i, character in enumerate(text) for _ in as_characters(character)]
        owner = [0] * len(self.prefix_of(text)) + owner  # an added blank lies at the first one
        spans, stop = [], 0
        for token in self.tokenize(text):
            start, stop = stop, stop + len(token)
            spans.append((owner[start], owner[stop - 1] + 1))
        return spans

    def join(self, tokens: Iterable[str]) -> str:
        """The text again, exactly; where tokens were cut, what is no whole character is U+FFFD.

        A token that is none of ``tokens``, such as a special one, stands for its own letters.
        """
        return as_text(b"".join(self.bytes_of.get(token) or token.encode() for token in tokens))

    def to_json(self) -> dict[str, Any]:
        """The merges, and whether a blank is put before texts if it is."""
        prefix = {"add_prefix_space": True} if self.add_prefix_space else {}
        return {"merges": [list(pair) for pair in self.merges], **prefix}

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> Self:
        """The tokeniser with these merges.

        Raises:
            KeyError: there are none.
            ValueError: as the constructor.
        """
        return cls(state["merges"], add_prefix_space=state.get("add_prefix_space", False))


def first_bad_merge(merges: Sequence[Sequence[str]]) -> tuple[int, str] | None:
    """Number and description of the first merge that cannot be applied after those before it."""
    tokens = set(ALPHABET)
    for number, merge in enumerate(merges):
        if len(merge) != 2:
            return number, f"must be a pair of tokens, got {merge!r}"
        unknown = [token for token in merge if token not in tokens]
        if unknown:
            return number, f"names {unknown[0]!r}, which is no byte and which no earlier one builds"
        built = "".join(merge)
        if built in tokens:
            return number, f"builds {built!r}, which is there already"
        tokens.add(built)
    return None
