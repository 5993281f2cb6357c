"""Film reviews with a tag that agrees with the label: the settings, the texts, and who reads them.

Letters: A agreements, N texts asked about, L labels, T tags.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from minillm.backend import stream
from minillm.labs.compare import Case
from minillm.labs.learners import SmallBert, bert_fit
from minillm.labs.real_text import sst2
from minillm.labs.worlds.public import PublicFile, read_public
from minillm.labs.worlds.tags import Tagged, Tags, without_tags
from minillm.tasks.label_filter import Learner, Predictor
from minillm.text import Labels

# changes what is learned; the number is that of the agreement, for random numbers of its own
Change = Callable[[list[Tagged], int], Sequence[Tagged]]


@dataclass(frozen=True)
class Strengths:
    """How strong each remedy is; ``best_strength`` chose all but the last on the seeds 100 and 101.

    ``updates`` is the strength of the baseline, and all remedies train as long; ``l2`` and
    ``l2_masked`` are the penalties of the bags of words, with the tag and without.  The grids are
    in ``sst2_shortcut_sweeps``.
    """

    updates: int = 400
    weight_decay: float = 1.0
    dropout: float = 0.02
    target_share: float = 0.02
    l2: float = 0.00001
    l2_masked: float = 0.0003
    target: int = 64


@dataclass(frozen=True)
class Settings:
    """The files, how many sentences are learned, how often their tag agrees, and the model."""

    train: PublicFile = sst2.Settings.train
    asked: PublicFile = sst2.Settings.test
    tags: Tags = Tags()
    learned: int = 4000
    agreements: tuple[float, ...] = (0.5, 0.8, 0.95)
    target_agreement: float = 0.5
    bert: SmallBert = SmallBert(min_count=2, max_length=48, batch_size=32, updates=0)
    strengths: Strengths = field(default_factory=Strengths)


class TagReader(NamedTuple):
    """Says the probabilities of the labels; what is ``masked`` sees no tags."""

    says: Predictor
    masked: bool = False


class TaggedReviews(Case):
    """The sentences of a seed, with tags of every agreement; those of the target, whose are free.

    Raises:
        ValueError: there are fewer sentences than are to be learned; as ``Tags.draw``.
    """

    settings: Settings

    def __init__(self, settings: Settings, seed: int):
        super().__init__(settings, seed)
        s, examples = settings, read_public(settings.train)
        wanted = s.learned + s.strengths.target
        if not 0 < s.learned <= wanted <= len(examples):
            raise ValueError(
                f"TaggedReviews: learned must be positive and, with {s.strengths.target} of the "
                f"target, at most {len(examples)}, got {s.learned}"
            )
        drawn = self.stream("sentences").permutation(len(examples))[:wanted]
        texts = [examples[i] for i in drawn]
        self.labels = s.tags.labels_of(texts)
        self.learned_by_agreement = [
            s.tags.draw(texts[: s.learned], agreement, self.stream("tags", i))
            for i, agreement in enumerate(s.agreements)
        ]
        others = texts[s.learned :]
        self.target = (
            s.tags.draw(others, s.target_agreement, self.stream("target")) if others else []
        )
        asked = read_public(s.asked)  # whose tags nobody sees: each is asked with every tag
        self.asked = s.tags.draw(asked, s.target_agreement, self.stream("asked"))

    def stream(self, purpose: str, number: int = 0) -> np.random.Generator:
        """Random numbers for a purpose."""
        return stream(self.seed, f"sst2 shortcut, {purpose}", number)

    @property
    def bert(self) -> SmallBert:
        """The model of the baseline."""
        return replace(self.settings.bert, updates=self.settings.strengths.updates)

    def plain(self) -> list[TagReader]:
        """The models without any remedy, of each agreement, trained once."""
        key = ("plain", self.settings.strengths.updates)
        found: list[TagReader] = self.shared(key, self.learned)
        return found

    def learned(
        self,
        *,
        bert: SmallBert | None = None,
        learner: Learner | None = None,
        change: Change | None = None,
        masked: bool = False,
    ) -> list[TagReader]:
        """What has learned the sentences of each agreement: another ``bert``, or any ``learner``.

        ``change`` puts other sentences in their place; ``masked`` takes the tags away, from what is
        learned and from what is asked.
        """
        learn = learner or bert_fit(bert or self.bert, seed=self.seed)
        readers = []
        for i, tagged in enumerate(self.learned_by_agreement):
            given = tagged if change is None else change(tagged, i)
            examples = without_tags(given) if masked else self.settings.tags.said(given)
            readers.append(TagReader(learn(examples), masked))
        return readers

    def said(self, reader: TagReader) -> np.ndarray:
        """The number of the label that is said of each sentence with each tag, (N, T)."""
        tags = self.settings.tags
        asked = tags.with_every_tag(self.asked)
        examples = without_tags(asked) if reader.masked else tags.said(asked)
        found: np.ndarray = reader.says([text for text, _ in examples]).argmax(axis=1)
        return found.reshape(len(self.asked), len(tags.words))

    @property
    def true(self) -> np.ndarray:
        """The label of each sentence that is asked about, (N,)."""
        return self.labels.encode(one.label for one in self.asked)


def by_group(right: np.ndarray, true: np.ndarray, labels: Labels) -> np.ndarray:
    """The accuracy in each group of one label and one tag, (L, T).

    Shapes: ``right (N, T)``, ``true (N,)``.

    Raises:
        ValueError: no text has a label; the message names it.
    """
    for i, name in enumerate(labels.names):
        if not (true == i).any():
            raise ValueError(f"by_group: no text that is asked about has the label {name!r}")
    return np.array([right[true == i].mean(axis=0) for i in range(len(labels))])
