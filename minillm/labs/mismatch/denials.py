"""How often is a model right on denials that its grammar has not, and what helps?

A model reads the words of all denials without labels, and is fine-tuned on reviews of the grammar,
with or without single clauses.  Then it is shown a few labelled twins of one kind of denial, and
is asked about that kind and about all others.  It has understood a denial if it is right on both
twins: without single clauses, who takes one clause for "not" is right on the half that denies.

Letters: K kinds of denial, S numbers of examples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from minillm.backend import stream
from minillm.labs.study import Study
from minillm.labs.two_stages import Sizes, Texts, TwoStages, draw_texts
from minillm.labs.worlds.denials import Denials, Twins
from minillm.models import MaskedLanguageModel, SequenceClassifier
from minillm.models.bag_of_words import tune_bag_of_words
from minillm.tasks import PIPELINE, Classifier, Recipe, TextClassifier, evaluate
from minillm.tasks.baselines import BagOfWordsClassifier
from minillm.tasks.finetuning import FinetuneRecipe, FineTuning
from minillm.tasks.finetuning.bodies import BertBody
from minillm.text import Example


@dataclass(frozen=True)
class More:
    """How a fine-tuned model goes on: passes over the examples, and the highest rate."""

    epochs: float = 8.0
    rate: float = 1e-3


@dataclass(frozen=True)
class Settings:
    """The texts, the training, how many twins are read, shown and asked about.

    ``drilled`` is how often the few examples are seen in a pass, all together, beside as many
    reviews of the grammar; the bag of words has them as often.  Of 4 and 8 passes in ``more``
    that with which more twins of the kind shown are understood on the seeds 100 and 101 ("call"
    and "never", without single clauses); more passes would cost too much.  The penalties of the
    bags are chosen on dev.
    """

    language: str = "en"
    sizes: Sizes = Sizes(test=500, extra=2000)
    recipe: Recipe = PIPELINE
    read: int = 40  # twins of each kind, without labels
    few: tuple[int, ...] = (10, 50)  # examples: half as many twins
    tested: int = 100  # twins of each kind
    drilled: int = 250
    more: More = More()


class Kinds(NamedTuple):
    """The twins of every kind, apart: what is asked, what may be shown, what is read."""

    tested: dict[str, list[Twins]]
    shown: dict[str, list[Example]]
    read: list[str]


def drawn(settings: Settings, seed: int) -> Kinds:
    """The twins of a seed.

    Raises:
        ValueError: there are not as many of a kind as are asked for.
    """
    s, world = settings, Denials(settings.language)
    found = Kinds({}, {}, [])
    for kind in world.kinds:
        twins = world.draw(kind, stream(seed, f"denials, {kind}"))
        needed = s.tested + s.read + max(s.few) // 2
        if needed > len(twins):
            raise ValueError(f"denials: {needed} twins of {kind!r} are needed, got {len(twins)}")
        found.tested[kind] = twins[: s.tested]
        found.read.extend(one.text for pair in twins[s.tested :][: s.read] for one in pair)
        found.shown[kind] = [one for pair in twins[s.tested + s.read :] for one in pair]
    return found


def table(classifier: Classifier, tested: Mapping[str, Sequence[Twins]]) -> list[list[float]]:
    """By kind the share of right answers where it is denied, held, and on both twins, (3, K)."""
    rows = []
    for twins in tested.values():
        sides = [evaluate(classifier, [pair[side] for pair in twins]) for side in (0, 1)]
        denied, held = ((one.predicted == one.true) for one in sides)
        rows.append([denied.mean(), held.mean(), (denied & held).mean()])
    return np.array(rows).T.tolist()


def drill(few: Sequence[Example], n: int) -> list[Example]:
    """Examples again and again until there are ``n``; none if there are none."""
    return [few[i % len(few)] for i in range(n)] if few else []


def gone_on(
    base: TextClassifier, settings: Settings, learned: Sequence[Example], seed: int
) -> TextClassifier:
    """The fine-tuned model after a further fine-tuning, under the head that it has."""
    s, model = settings, base.model
    if not isinstance(model, SequenceClassifier):
        raise ValueError(f"gone_on: base must have a BERT, got {type(model).__name__}")
    rng = stream(seed, "denials, unused head")
    body = BertBody(
        MaskedLanguageModel(model.bert, rng=rng), base.encoder, earlier=base, has_head=False
    )
    recipe = FinetuneRecipe(
        seed=seed, batch_size=s.recipe.batch_size, epochs=s.more.epochs, lr=s.more.rate
    )
    training = FineTuning(recipe, body, learned)
    for _ in training.steps():
        pass
    return training.result()


def bag(base: TextClassifier, texts: Texts, few: Sequence[Example]) -> Classifier:
    """A bag of words and pairs of the grammar and the drilled examples, tuned on dev."""
    learned, dev = (
        (base.encoder.tokenize([e.text for e in examples]), [e.label for e in examples])
        for examples in ([*texts.corpus.train, *few], texts.corpus.dev)
    )
    return BagOfWordsClassifier(
        tune_bag_of_words(learned, dev, ngrams=2)[0], base.encoder.tokenizer
    )


def measure_training(
    settings: Settings, kinds: Kinds, texts: Texts, seed: int
) -> dict[str, np.ndarray]:
    """The tables of one grammar: of BERT and bag, after the grammar and after a few examples."""
    s, corpus = settings, texts.corpus
    texts = texts._replace(extra=[*texts.extra, *kinds.read])
    base = TwoStages(corpus.train, texts.extra, s.recipe, seed=seed).finetuned()
    order = stream(seed, "denials, reviews seen again").permutation(len(corpus.train))
    again = [corpus.train[int(i)] for i in order[: 2 * s.drilled]]
    arms: dict[str, Any] = {"BERT": base, "bag": bag(base, texts, [])}
    arms["BERT, more grammar"] = gone_on(base, s, again, seed)
    found = {name: np.array(table(arm, kinds.tested)) for name, arm in arms.items()}
    found |= {f"{name}, grammar": right(arm, corpus.test) for name, arm in arms.items()}
    for n in s.few:
        for kind, shown in kinds.shown.items():
            few = drill(shown[:n], s.drilled)
            taught = gone_on(base, s, [*again[: s.drilled], *few], seed)
            name = f"BERT, {n} of {kind}"
            found[name] = np.array(table(taught, kinds.tested))
            found[f"{name}, grammar"] = right(taught, corpus.test)
            counted = bag(base, texts, few)
            found[f"bag, {n} of {kind}"] = np.array(table(counted, kinds.tested))
    return found


def right(classifier: Classifier, examples: Sequence[Example]) -> np.ndarray:
    """The accuracy on reviews of the grammar."""
    return np.array(evaluate(classifier, examples).accuracy)


def measure(settings: Settings, seed: int) -> dict[str, np.ndarray]:
    """The tables ``(3, K)``, "without, BERT, 10 of call" and so on, and accuracies on the grammar.

    Guide: 1.4.1 (G45).
    """
    kinds, found = drawn(settings, seed), dict[str, np.ndarray]()
    for name, dial in (("without", False), ("with", True)):
        texts = draw_texts(
            "sentiment", settings.language, settings.sizes, seed=seed, single_clauses=dial
        )
        one = measure_training(settings, kinds, texts, seed)
        found |= {f"{name}, {key}": value for key, value in one.items()}
    return found


STUDY = Study(
    name="denials",
    question="Is a model right on denials that its grammar has not, and which examples help?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.25,
)
