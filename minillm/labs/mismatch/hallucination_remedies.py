"""What may be done against confident answers that nobody can know.

Each remedy is given a case and gives what answers the questions.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from minillm.labs.compare import Remedy
from minillm.labs.mismatch.hallucination_case import Hallucination
from minillm.labs.mismatch.lexicon_readers import Averaged, Cooled, Dropped, Reader, Trained
from minillm.labs.small_encoder import scores
from minillm.labs.worlds.knowledge import Facts
from minillm.tasks.metrics import threshold_of_coverage
from minillm.tasks.temperature import fit_temperature


class Abstaining(Reader):
    """Another reader that says "unknown", the last candidate, where it is less sure than that."""

    def __init__(self, reader: Reader, threshold: float):
        self.reader, self.threshold = reader, threshold

    def probabilities(self, ids: np.ndarray) -> np.ndarray:
        """(F, T) -> (F, C); below the threshold all of it is that of the last candidate."""
        p = self.reader.probabilities(ids)
        nothing = np.eye(p.shape[1])[-1]
        return np.where(named(p)[:, None] < self.threshold, nothing, p)


def named(p: np.ndarray) -> np.ndarray:
    """The probability of the most probable name, (F, C) -> (F,)."""
    found: np.ndarray = p[:, :-1].max(axis=1)
    return found


def places_of(case: Hallucination, facts: Facts) -> np.ndarray:
    """The places of the right answers among the candidates, (F,)."""
    place = {answer: i for i, answer in enumerate(case.atlas.candidates.tolist())}
    return np.array([place[answer] for answer in facts.answers.tolist()])


def plain(case: Hallucination) -> Reader:
    """The baseline: the text as it is."""
    return Trained(case.plain())


def with_training(case: Hallucination, **changed: Any) -> Reader:
    """Another training on the same text."""
    return Trained(case.learned(training=replace(case.reading, **changed)))


def with_sizes(case: Hallucination, **changed: Any) -> Reader:
    """Another model of the same text."""
    return Trained(case.learned(sizes=replace(case.settings.model, **changed)))


def weight_decay(case: Hallucination) -> Reader:
    """Weight decay (remedy 3 of 9.3)."""
    return with_training(case, weight_decay=case.settings.strengths.weight_decay)


def dropout(case: Hallucination) -> Reader:
    """Dropout (remedy 3 of 9.3)."""
    return with_sizes(case, dropout=case.settings.strengths.dropout)


def wider(case: Hallucination) -> Reader:
    """A larger model (remedy 1 of 9.3)."""
    s = case.settings.strengths
    return with_sizes(case, width=s.width, n_layers=s.n_layers)


def without_attention(case: Hallucination) -> Reader:
    """No position sees another one: the last word of a question is all there is (remedy 1)."""
    return with_sizes(case, parts="without attention")


def without_residuals(case: Hallucination) -> Reader:
    """Nothing goes past attention and feed-forward network (remedy 1 of 9.3)."""
    return with_sizes(case, parts="without residuals")


def cleaned(case: Hallucination) -> Reader:
    """Sentences that most others contradict are left out (remedy 2 of 9.3)."""
    return Trained(case.learned(case.atlas.cleaned(case.told)))


def more_facts(case: Hallucination) -> Reader:
    """Capital and river of more lands are told, none of them asked for (remedy 2 of 9.3)."""
    return Trained(case.learned(case.text("known", "held", "more")))


def says_unknown(case: Hallucination) -> Reader:
    """Fine-tuned to say "unknown" of other lands of which nothing is told (remedies 2 and 4).

    A share of each batch is such questions, the rest is the text again.

    Source: Zhang et al. 2024, "R-Tuning: Instructing Large Language Models to Say 'I Don't Know'",
        arXiv:2311.09677.
    """
    share = case.settings.strengths.unknown_share
    silent = case.atlas.not_known(case.atlas.lands["spare"])

    def draw(n: int, rng: np.random.Generator) -> Facts:
        new = (rng.random(n) < share)[:, None]
        one, other = silent.draw(n, rng), case.told.draw(n, rng)
        answers = np.where(new[:, 0], one.answers, other.answers)
        return Facts(np.where(new, one.ids, other.ids), answers)

    return Trained(case.tuned(draw))


def new_facts(case: Hallucination) -> Reader:
    """Fine-tuned on capital and river of lands of which nothing was told (remedy 4 of 9.3).

    Source: Gekhman et al. 2024, "Does Fine-Tuning LLMs on New Knowledge Encourage
        Hallucinations?", arXiv:2405.05904.
    """
    s = case.settings
    new = case.atlas.told(case.atlas.lands["spare"])
    warmup = min(s.tuning.warmup, s.strengths.new_steps // 2)
    training = replace(s.tuning, steps=s.strengths.new_steps, warmup=warmup)
    return Trained(case.tuned(new.draw, training))


def label_smoothing(case: Hallucination) -> Reader:
    """Each answer leaves some probability to all other words."""
    return with_training(case, smoothing=case.settings.strengths.smoothing)


def temperature(case: Hallucination) -> Reader:
    """The scores of the baseline over a temperature that fits held questions.

    Source: as ``fit_temperature``.
    """
    model = case.plain()
    return Cooled(model, fit_temperature(scores(model, case.held.ids), places_of(case, case.held)))


def ensemble(case: Hallucination) -> Reader:
    """Models of the same text from other random numbers, averaged.

    Source: as ``Averaged``.
    """
    others = [case.learned(member=i) for i in range(1, case.settings.strengths.members)]
    return Averaged([case.plain(), *others])


def asked_with_dropout(case: Hallucination) -> Reader:
    """A model with dropout is asked several times, its dropout on.

    Source: as ``Dropped``.
    """
    s = case.settings.strengths
    sizes = replace(case.settings.model, dropout=s.asked_dropout)
    return Dropped(case.learned(sizes=sizes), s.draws)


def abstention(case: Hallucination) -> Reader:
    """The baseline, which answers from the confidence on that keeps a share of held questions.

    Source: as ``risk_coverage``.
    """
    reader = plain(case)
    sure = named(reader.probabilities(case.held.ids))
    return Abstaining(reader, threshold_of_coverage(sure, case.settings.strengths.kept))


def longer(case: Hallucination) -> Reader:
    """A longer training on the same text."""
    s = case.settings.strengths
    return with_training(case, steps=s.times * s.steps)


REMEDIES: dict[str, Remedy] = {
    "none": plain,
    "weight decay": weight_decay,
    "dropout": dropout,
    "wider model": wider,
    "without attention": without_attention,
    "without residuals": without_residuals,
    "cleaned": cleaned,
    "more facts": more_facts,
    "tuned to say unknown": says_unknown,
    "new facts in tuning": new_facts,
    "label smoothing": label_smoothing,
    "temperature": temperature,
    "ensemble": ensemble,
    "asked with dropout": asked_with_dropout,
    "abstention": abstention,
    "longer training": longer,
}
