"""How good translations are: the same question to a model and to the baselines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from minillm.tasks.metrics.bleu import Bleu, bleu
from minillm.tasks.metrics.chrf import chrf
from minillm.tasks.translation.baselines import Translates
from minillm.text import text_key
from minillm.text.parallel_files import Pair


class TranslationScores(NamedTuple):
    """What a corpus of translations is worth."""

    n: int  # sentences
    exact: float  # share of sentences that are the reference; blanks and large letters do not count
    bleu: Bleu
    chrf: float  # 0 to 100


def evaluate_translations(
    system: Translates, pairs: Sequence[Pair], *, tokenize: str = "13a"
) -> tuple[TranslationScores, list[str]]:
    """Translate the sources of ``pairs`` and score what comes out; the translations, too.

    ``tokenize`` names the tokens of BLEU: "zh" where the target is Chinese.

    Raises:
        ValueError: no pairs; another number of translations came back; as ``bleu``.
    Guide: 6.2 (G38).
    """
    if not pairs:
        raise ValueError("evaluate_translations: at least one pair is needed, got none")
    written = system.translate([one.source for one in pairs])
    if len(written) != len(pairs):
        raise ValueError(
            f"{type(system).__name__} gave {len(written)} translations of {len(pairs)} sentences"
        )
    return score_translations(written, [one.target for one in pairs], tokenize=tokenize), written


def score_translations(
    written: Sequence[str], references: Sequence[str], *, tokenize: str = "13a"
) -> TranslationScores:
    """Exact match, BLEU and chrF of translations beside one reference each.

    Raises:
        ValueError: as ``bleu``.
    Guide: 6.2 (G38).
    """
    exact = [text_key(a) == text_key(b) for a, b in zip(written, references, strict=True)]
    return TranslationScores(
        len(written),
        sum(exact) / max(len(exact), 1),
        bleu(written, references, tokenize=tokenize),
        chrf(written, references),
    )
