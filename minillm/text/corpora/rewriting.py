"""Forms of one meaning in the sentiment corpora: for each sentence, how else it can be said.

The grammar itself has several templates for one thought.  Together they are a family of forms,
so that a rewritten sentence is again one of the grammar, with the same label.  A translator of
real text knows less: what these rules do for a model is the most that rewriting can do.
"""

import re
from functools import cache

from minillm.text.augmentation import Forms, alternatives
from minillm.text.corpora.sentiment import Phrases
from minillm.text.corpora.sentiment_en import ENGLISH
from minillm.text.corpora.sentiment_zh import CHINESE

# What an adjective may be: also one that the grammar lacks, such as a synonym.
ADJECTIVES = {"en": r"[\w-]+", "zh": r"[^，。；]+?"}
PHRASES = {"en": ENGLISH, "zh": CHINESE}
EXCHANGED = {"main": "second", "second": "main", "strong": "also", "also": "strong"}


@cache
def paraphrases(language: str) -> tuple[Forms, ...]:
    """The families of forms of the sentiment corpus in "en" or "zh", for ``rewrite``.

    Five: two qualities that agree (also in exchanged order), one and a verdict, a denial, a
    concession ("although A, B" and "B, although A"), and a contrast ("not X but Y").

    Raises:
        ValueError: the language is unknown.
    """
    if language not in PHRASES:
        raise ValueError(f"no paraphrases in {language!r}; there are {', '.join(PHRASES)}")
    phrases = PHRASES[language]
    slots = slots_of(phrases, ADJECTIVES[language])
    exchanged = [with_names(template, EXCHANGED) for template in phrases.agreement]
    families = [
        (*phrases.agreement, *exchanged),
        phrases.comment,
        phrases.denial,
        phrases.concession,
        phrases.contrast,
    ]
    return tuple(
        Forms(family, {name: slots[name] for name in slots if f"{{{name}}}" in family[0]})
        for family in families
    )


def slots_of(phrases: Phrases, adjective: str) -> dict[str, str]:
    """What each slot of the templates may hold, as a regular expression."""
    subject = alternatives(a.subject for domain in phrases.domains for a in domain.aspects)
    setting = alternatives(setting for domain in phrases.domains for setting in domain.settings)
    verdict = alternatives(verdict for some in phrases.verdicts.values() for verdict in some)
    subjects = dict.fromkeys(("main", "side", "second"), subject)
    adjectives = dict.fromkeys(("strong", "also", "weak"), adjective)
    return {"setting": setting, "verdict": verdict, **subjects, **adjectives}


def with_names(template: str, names: dict[str, str]) -> str:
    """The template with its slots renamed."""
    return re.sub(r"\{(\w+)\}", lambda m: f"{{{names.get(m[1], m[1])}}}", template)
