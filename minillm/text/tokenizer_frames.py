"""What published tokenisers put before and after the ids of a text: the frame, as roles."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from minillm.text.vocabulary import Vocabulary

Frame = tuple[str | None, str | None]  # the role before a text, and the one after it
UNFRAMED: Frame = (None, None)
BERT_FRAME: Frame = ("cls", "sep")
ROLES_BEFORE, ROLES_AFTER = ("cls", "bos"), ("sep", "eos")


def frame_of(processor: Any, vocabulary: Vocabulary, path: str | Path) -> Frame:
    """The frame that the ``post_processor`` of a ``tokenizer.json`` writes round one text::

        BertProcessing, TemplateProcessing "[CLS] $A [SEP]"   ->  ("cls", "sep")
        TemplateProcessing "<s> $A"                           ->  ("bos", None)
        ByteLevel, none                                       ->  (None, None)

    What it does with a pair of texts is not read.

    Raises:
        ValueError: it writes more than a token before and a token after the text, or one that
            plays no role or has another id in the vocabulary; it is of another kind.
    """
    frames = [UNFRAMED]
    for step in steps(processor):
        kind = step.get("type") if isinstance(step, dict) else step
        try:
            if kind in ("BertProcessing", "RobertaProcessing"):
                before, after = [tuple(step["cls"])], [tuple(step["sep"])]
            elif kind == "TemplateProcessing":
                before, after = around(step)
            elif kind == "ByteLevel":  # moves the places of tokens, not their ids
                continue
            else:
                raise ValueError(f"{kind} is not known here")
            frames.append(
                (
                    role_of(before, ROLES_BEFORE, vocabulary),
                    role_of(after, ROLES_AFTER, vocabulary),
                )
            )
        except (KeyError, TypeError, IndexError) as error:
            raise ValueError(f"{path}: post_processor: cannot be read: {step!r}") from error
        except ValueError as error:
            raise ValueError(f"{path}: post_processor: {error}") from error
    if len(frames) > 2:
        raise ValueError(f"{path}: post_processor: more than one step frames a text")
    return frames[-1]


def steps(processor: Any) -> list[Any]:
    """What a post-processor does, one thing after another."""
    if not processor:
        return []
    if isinstance(processor, dict) and processor.get("type") == "Sequence":
        return [s for inner in processor.get("processors", []) for s in steps(inner)]
    return [processor]


def around(template: Mapping[str, Any]) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Tokens with their ids, before and after the text in a template of one text."""
    sides: tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]] = ([], [])
    n_texts = 0
    for piece in template["single"]:
        if "Sequence" in piece:
            n_texts += 1
            continue
        special = template["special_tokens"][piece["SpecialToken"]["id"]]
        pairs = zip(special["tokens"], special["ids"], strict=True)
        sides[n_texts > 0].extend(pairs)
    if n_texts != 1:
        raise ValueError(f"the template holds {n_texts} texts instead of one")
    return sides


def role_of(
    tokens: list[tuple[Any, ...]], usual: tuple[str, ...], vocabulary: Vocabulary
) -> str | None:
    """The role of the one token that stands on a side of the text, or none."""
    if not tokens:
        return None
    if len(tokens) > 1:
        raise ValueError(f"more than one token on one side of the text: {tokens!r}")
    token, number = tokens[0]
    roles = [role for role, played in vocabulary.special.items() if played == token]
    if not roles:
        raise ValueError(f"{token!r} stands beside the text, but plays no role")
    if vocabulary.id_of(roles[0]) != number:
        raise ValueError(
            f"{token!r} has id {number}, in the vocabulary {vocabulary.id_of(roles[0])}"
        )
    return next((role for role in usual if role in roles), roles[0])


def with_flags(frame: Frame, settings: Mapping[str, Any], vocabulary: Vocabulary) -> Frame:
    """The frame after ``add_bos_token`` and ``add_eos_token``, which hold if one is given."""
    flags = [settings.get(f"add_{role}_token") for role in ("bos", "eos")]
    if flags == [None, None]:
        return frame
    bos, eos = (
        flag and role in vocabulary.special
        for flag, role in zip(flags, ("bos", "eos"), strict=True)
    )
    return ("bos" if bos else None, "eos" if eos else None)
