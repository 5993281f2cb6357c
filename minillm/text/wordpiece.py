"""WordPiece: words cut into the longest pieces that a vocabulary has."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Self

from minillm.text.bert_cleaning import bert_words, words_in_place
from minillm.text.cleaning import require_texts
from minillm.text.merging_fast import learn_merges_fast
from minillm.text.special_tokens import BERT_SPECIAL, first_problem

INSIDE = "##"  # how a piece begins that is not the first of its word
UNKNOWN = BERT_SPECIAL["unknown"]
LONGEST_WORD = 100  # characters; a longer word is unknown
KEPT = 100_000  # words whose pieces are remembered


class WordPieceTokenizer:
    """BERT's tokens: words, and pieces of rare ones, of which all but the first begin with ##::

        "Unaffable, 你好"  ->  un  ##aff  ##able  ,  你  好

    ``tokens`` are the pieces in the order of their ids.  With ``lower`` (an uncased vocabulary)
    accents and capitals are taken away first, see ``bert_words``; ``strip_accents`` says of
    accents alone whether they are, if that is not as ``lower`` says.  A word that cannot be
    cut into pieces, or has more than 100 characters, is the one token [UNK].  What cleaning takes
    away does not come back: ``join`` gives a text to read, not the original.

    Raises:
        ValueError: a piece is empty, given twice, does not fit on one line of a file, or is
            [UNK], which is for the vocabulary to hold.
    Source: Schuster and Nakajima 2012, "Japanese and Korean Voice Search"; Devlin et al. 2019,
    "BERT", section 3.
    Guide: 2.1, 5.2.1 (G2).
    """

    name = "wordpiece"

    def __init__(
        self, tokens: Iterable[str], *, lower: bool = True, strip_accents: bool | None = None
    ) -> None:
        self.tokens, self.lower = tuple(tokens), lower
        self.strip_accents = lower if strip_accents is None else strip_accents
        if UNKNOWN in self.tokens:
            raise ValueError(
                f"WordPieceTokenizer: {UNKNOWN} stands for what has no pieces: leave it out"
            )
        problem = first_problem(self.tokens)
        if problem:
            raise ValueError(f"WordPieceTokenizer: piece at position {problem[0]} {problem[1]}")
        self.pieces = frozenset(self.tokens)
        self.longest = max(map(len, self.tokens), default=0)
        self.known: dict[str, list[str]] = {}

    @classmethod
    def train(
        cls, texts: Iterable[str], *, size: int, min_count: int = 2, lower: bool = True
    ) -> Self:
        """The tokeniser that some training texts teach, with at most ``size`` pieces.

        The pieces are the characters of the texts, as the first of a word and inside one, and
        then what byte pair encoding joins, which is how the library ``tokenizers`` trains
        WordPiece.  The original rule joins the pair that raises the likelihood of the texts most.

        Raises:
            ValueError: ``size`` leaves no room for the characters; ``min_count`` is below 1.
            TypeError: ``texts`` is one text.
        """
        require_texts(texts)
        if min_count < 1:
            raise ValueError(f"min_count must be at least 1, got {min_count}")
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(bert_words(text, lower=lower))
        letters = sorted({character for word in counts for character in word})
        inside = sorted({INSIDE + character for word in counts for character in word[1:]})
        if size < len(letters) + len(inside):
            raise ValueError(
                f"size must be at least {len(letters) + len(inside)}, a piece for every character "
                f"of the texts, got {size}"
            )
        return cls(learn_pieces(counts, [*letters, *inside], size, min_count), lower=lower)

    def tokenize(self, text: str) -> list[str]:
        """The pieces of a text, after BERT's cleaning.

        Raises:
            TypeError: ``text`` is not a string.
        """
        known, tokens = self.known, []
        for word in bert_words(text, lower=self.lower, strip_accents=self.strip_accents):
            tokens += known.get(word) or self.tokens_of(word)
        return tokens

    def tokens_of(self, word: str) -> list[str]:
        """The pieces of one word, which are remembered: few words make up most of a text."""
        if len(word) > LONGEST_WORD:
            return [UNKNOWN]
        if len(self.known) >= KEPT:
            self.known.clear()
        self.known[word] = tokens = longest_pieces(word, self.pieces, self.longest)
        return tokens

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where each token of ``tokenize(text)`` lies: it was made of ``text[start:stop]``."""
        spans = []
        cleaned = words_in_place(text, lower=self.lower, strip_accents=self.strip_accents)
        for word, places in cleaned:
            stop = 0
            for token in self.tokens_of(word):
                inside = len(INSIDE) if stop else 0
                length = len(word) if token == UNKNOWN else len(token) - inside
                start, stop = stop, stop + length
                spans.append((places[start], places[stop - 1] + 1))
        return spans

    def join(self, tokens: Iterable[str]) -> str:
        """A text to read: pieces joined into words, no blank before a full stop."""
        text = ""
        for token in tokens:
            if not text:
                text = token
            elif token.startswith(INSIDE):
                text += token.removeprefix(INSIDE)
            else:
                text += token if token[0] in ".?!," else f" {token}"
        return text

    def to_json(self) -> dict[str, Any]:
        """The pieces, whether letters are made small, and of accents if that is otherwise."""
        accents = {} if self.strip_accents == self.lower else {"strip_accents": self.strip_accents}
        return {"tokens": list(self.tokens), "lower": self.lower, **accents}

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> Self:
        """The tokeniser with these pieces.

        Raises:
            KeyError: pieces or case are missing.
            ValueError: as the constructor.
        """
        accents = state.get("strip_accents")
        return cls(state["tokens"], lower=state["lower"], strip_accents=accents)


def longest_pieces(word: str, pieces: Collection[str], longest: int) -> list[str]:
    """The word cut from the left, each time after the longest piece that fits::

        unaffable  ->  un|affable  ->  un|aff|able       each piece but the first with ##

    If nothing fits at some place the whole word is unknown.
    """
    found: list[str] = []
    start = 0
    while start < len(word):
        prefix = INSIDE if start else ""
        for stop in range(min(len(word), start + longest), start, -1):
            if prefix + word[start:stop] in pieces:
                break
        else:
            return [UNKNOWN]
        found.append(prefix + word[start:stop])
        start = stop
    return found


def learn_pieces(
    counts: Mapping[str, int], alphabet: list[str], size: int, min_count: int
) -> list[str]:
    """The alphabet, and the pieces that byte pair encoding joins from it in counted words."""
    number = {piece: i for i, piece in enumerate(alphabet)}
    words = [
        ([number[INSIDE * (i > 0) + c] for i, c in enumerate(word)], times)
        for word, times in counts.items()
    ]
    pieces = list(alphabet)
    for first, second in learn_merges_fast(
        words, n_merges=size - len(alphabet), first_new=len(alphabet), min_count=min_count
    ):
        pieces.append(pieces[first] + pieces[second].removeprefix(INSIDE))
    return pieces
