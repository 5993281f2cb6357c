"""From one domain to another on sentences that people wrote: what is lost, and what brings it back?

Praise and blame of products, films and restaurants.  What has learned one domain is asked about
held-out sentences of its own and of the two others; then a few labelled sentences of the other are
added.  Every model is tuned on held-out sentences of the domain that it learned: the bags of words
in their penalty, BERT in its passes.

Letters: K numbers of labelled target sentences, P pairs of a source and a target.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Any

import numpy as np

from minillm.backend import stream
from minillm.labs.real_text.uci_models import DomainParts, Models
from minillm.labs.study import Study
from minillm.labs.two_stages import by_turns
from minillm.labs.worlds.public import PublicFile, public_files, read_public
from minillm.tasks import Classifier, Recipe, evaluate
from minillm.tasks.shift import by_words, two_sample_test
from minillm.text import Example, WordTokenizer, clean, split


@dataclass(frozen=True)
class Settings:
    """The files, how each is split, labelled target sentences, the training, the passes to try."""

    amazon: PublicFile = PublicFile(
        "uci-amazon_cells.tsv", "28a862f7d3781ea4594c5584ea3540d996e0b2e79df0a0100313f2d3439bd60f"
    )
    imdb: PublicFile = PublicFile(
        "uci-imdb.tsv", "aef2e49e3da25714d61175e3a6e68eeef74a20a2f914318dc3be9947ea86512d"
    )
    yelp: PublicFile = PublicFile(
        "uci-yelp.tsv", "c76468b7b5c6e56a0804d728345c5f84aa2142ddb214420f61cc9cfd4c00d2ea"
    )
    fractions: tuple[float, float, float] = (0.6, 0.15, 0.25)
    shots: tuple[int, ...] = (0, 10, 50)
    recipe: Recipe = Recipe(
        max_length=48, min_count=2, width=32, n_layers=1, finetune_epochs=0, pretrain_epochs=20
    )
    passes: tuple[float, ...] = (5.0, 20.0)
    l2: float = 0.01  # of the bag of words that tells domains apart


def sentences_of(settings: Settings) -> dict[str, list[Example]]:
    """The sentences of each domain, each once.

    Raises:
        OSError, ValueError: as ``read_public``.
    """
    read = {
        name: read_public(file, columns=("text", "label"))
        for name, file in public_files(settings).items()
    }
    return {name: clean(examples)[0] for name, examples in read.items()}


def parts_of(
    domains: dict[str, list[Example]], fractions: tuple[float, float, float], seed: int
) -> dict[str, DomainParts]:
    """The parts of each domain; the first sentences of train have all labels alike."""
    found = {}
    for name, examples in domains.items():
        train, dev, test = split(examples, fractions=fractions, rng=stream(seed, f"split, {name}"))
        mixed = stream(seed, f"order, {name}").permutation(len(train))
        found[name] = DomainParts(by_turns([train[i] for i in mixed]), dev, test)
    return found


def from_domain_to_domain(settings: Settings, seed: int) -> dict[str, np.ndarray]:
    """For each model its accuracy in the domain that it learned and in the other, ``(K, P, 2)``.

    "NAME: gap" ``(K,)`` is the mean of the first minus the second.  Each domain is the source of as
    many pairs as it is the target of: in the mean it does not matter that one is harder.
    """
    parts = parts_of(sentences_of(settings), settings.fractions, seed)
    models = Models(parts, settings.recipe, settings.passes, seed)
    found: dict[str, list[list[list[float]]]] = {}
    for shots in settings.shots:
        rows: dict[str, list[list[float]]] = {}
        for source, target in permutations(parts, 2):
            for name, model in models.of(source, target, shots).items():
                right = [accuracy_on(model, parts[one].test) for one in (source, target)]
                rows.setdefault(name, []).append(right)
        for name, row in rows.items():
            found.setdefault(name, []).append(row)
    numbers = {name: np.array(table) for name, table in found.items()}
    gaps = {f"{name}: gap": (x[..., 0] - x[..., 1]).mean(axis=1) for name, x in numbers.items()}
    return {**numbers, **gaps}


def accuracy_on(model: Classifier, examples: list[Example]) -> float:
    """The share of sentences of which their label is said."""
    return float(evaluate(model, examples).accuracy)


def told_apart(settings: Settings, seed: int) -> dict[str, list[list[float]]]:
    """The accuracy and the p-value of a two-sample test by words.

    "two samples" (pairs of domains, 2) is of two domains, "two samples, one domain" (domains, 2) of
    two random halves of one.
    """
    tokenizer = WordTokenizer()
    words = {
        name: [tokenizer.tokenize(text) for text, _ in examples]
        for name, examples in sentences_of(settings).items()
    }
    learn = by_words(settings.l2)
    between, within = [], []
    for one, other in combinations(words, 2):
        rng = stream(seed, f"two samples, {one} and {other}")
        test = two_sample_test(words[one], words[other], learn, rng=rng)
        between.append([test.accuracy, test.p_value])
    for name, texts in words.items():
        rng = stream(seed, f"two samples, {name}")
        mixed = [texts[i] for i in rng.permutation(len(texts))]
        half = len(mixed) // 2
        test = two_sample_test(mixed[:half], mixed[half:], learn, rng=rng)
        within.append([test.accuracy, test.p_value])
    return {"two samples": between, "two samples, one domain": within}


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """``from_domain_to_domain`` and ``told_apart``.

    Guide: 1.4.1 (G45).
    """
    return {**from_domain_to_domain(settings, seed), **told_apart(settings, seed)}


STUDY = Study(
    name="uci_domains",
    question="What is lost from one domain of real reviews to another, and what brings it back?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.1,
)
