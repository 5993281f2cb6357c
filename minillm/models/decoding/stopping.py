"""Where a text ends: at a string, which may be spread over several tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

Decode = Callable[[Sequence[int]], str]


def stop_at(strings: Sequence[str], decode: Decode) -> Callable[[Sequence[int]], bool]:
    """A ``stop`` for generation: true once the decoded text has one of ``strings`` in it.

    Raises:
        ValueError: there is no string, or an empty one, which every text has in it.
        TypeError: one string in the place of several.
    Guide: 9.2 (G40).
    """
    check_strings(strings)
    return lambda tokens: any(one in decode(tokens) for one in strings)


def before_stop(text: str, strings: Sequence[str]) -> str:
    """The text up to the first of ``strings`` in it, which is left out.

    Raises:
        ValueError, TypeError: as ``stop_at``.
    """
    check_strings(strings)
    return text[: min((place for one in strings if (place := text.find(one)) >= 0), default=None)]


def stream_text(
    tokens: Iterable[int], decode: Decode, strings: Sequence[str] = ()
) -> Iterator[str]:
    """The text of tokens in pieces, as soon as it is certain::

        decoded "ab", "abE", "abEN", "abEND" and the string "END"   ->   "ab"

    Held back is what may become a stop string, and a character of which some bytes are missing,
    which decoders show as U+FFFD at the end.  The pieces joined are the text before the one of
    ``strings`` that is complete first; reading of ``tokens`` ends with it.

    Raises:
        ValueError, TypeError: as ``stop_at``, where there are strings at all.
    """
    if strings:
        check_strings(strings)
    return text_pieces(tokens, decode, strings)


def text_pieces(tokens: Iterable[int], decode: Decode, strings: Sequence[str]) -> Iterator[str]:
    """The loop of ``stream_text``."""
    so_far: list[int] = []
    shown, text = 0, ""
    for token in tokens:
        so_far.append(token)
        text = decode(so_far)
        if any(one in text for one in strings):
            text = before_stop(text, strings)
            break
        certain = len(text) - open_end(text, strings)
        if certain > shown:
            yield text[shown:certain]
            shown = certain
    if len(text) > shown:
        yield text[shown:]


def open_end(text: str, strings: Sequence[str]) -> int:
    """How many characters at the end may still change or become a stop string."""
    whole = text.rstrip("\N{REPLACEMENT CHARACTER}")  # what is behind may become anything
    begun = (n for one in strings for n in range(1, len(one)) if whole.endswith(one[:n]))
    return len(text) - len(whole) + max(begun, default=0)


def check_strings(strings: Sequence[str]) -> None:
    """Refuse what cannot end a text.

    Raises:
        ValueError, TypeError: see ``stop_at``.
    """
    if isinstance(strings, str):
        raise TypeError(f"stop strings must be a list of them, got the string {strings!r}")
    if not strings or not all(isinstance(one, str) and one for one in strings):
        raise ValueError(f"stop strings must be strings that are not empty, got {strings!r}")
