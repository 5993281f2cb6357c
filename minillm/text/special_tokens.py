"""What tokens a vocabulary may hold, and the roles that some of them play."""

from collections.abc import Collection, Iterable, Mapping, Sequence

# role -> token: BERT's, and two in its style
BERT_SPECIAL: Mapping[str, str] = {
    "pad": "[PAD]",
    "unknown": "[UNK]",
    "cls": "[CLS]",
    "sep": "[SEP]",
    "mask": "[MASK]",
    "bos": "[BOS]",
    "eos": "[EOS]",
}
# a GPT's, as GPT-2 begins and ends a document, and those of whoever speaks in a conversation
GPT_SPECIAL: Mapping[str, str] = {
    "bos": "<|endoftext|>",
    "eos": "<|endoftext|>",
    "system": "<|system|>",
    "user": "<|user|>",
    "assistant": "<|assistant|>",
    "turn_end": "<|end|>",
}
ROLES = tuple({**BERT_SPECIAL, **GPT_SPECIAL})


def in_order_of_roles(special: Mapping[str, str]) -> dict[str, str]:
    """The same roles and tokens in the order of ``ROLES``.

    Raises:
        ValueError: a role does not exist, or its token is one that no vocabulary can hold.
    """
    for role, token in special.items():
        if role not in ROLES:
            raise ValueError(f"special: {role!r} is not a role; roles are {', '.join(ROLES)}")
        problem = first_problem([token])
        if problem:
            raise ValueError(f"special: the {role} token {problem[1]}")
    return {role: special[role] for role in ROLES if role in special}


def bracketed(tokens: Collection[str]) -> dict[str, str]:
    """Those of BERT's special tokens that are among ``tokens``, by role."""
    present = set(tokens)
    return {role: token for role, token in BERT_SPECIAL.items() if token in present}


def require_listed(special: Mapping[str, str], tokens: Iterable[str]) -> None:
    """Refuse a special token that is not among the tokens.

    Raises:
        ValueError: names the role and its token.
    """
    present = set(tokens)
    for role, token in special.items():
        if token not in present:
            raise ValueError(
                f"special: the {role} token {token!r} is not among the tokens; "
                "name the roles that these play, and no others"
            )


def first_problem(tokens: Sequence[str]) -> tuple[int, str] | None:
    """Position and description of the first token that no vocabulary can hold."""
    seen = set()
    for place, token in enumerate(tokens):
        if not isinstance(token, str) or not token:
            return place, f"must be a non-empty str, got {token!r}"
        if any(character in token for character in "\n\r\0"):
            return place, f"{token!r} does not fit on one line of a text file"
        if token in seen:
            return place, f"{token!r} occurs twice"
        seen.add(token)
    return None
