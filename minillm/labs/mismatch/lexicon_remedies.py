"""What may be done where reviews come in words that no training review has.

Each remedy is given a case and gives what reads the reviews.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from minillm.labs.compare import Remedy
from minillm.labs.mismatch.lexicon_case import Lexicon
from minillm.labs.mismatch.lexicon_readers import Averaged, Cooled, Dropped, Reader, Trained
from minillm.labs.small_encoder import scores
from minillm.tasks.temperature import fit_temperature


def plain(case: Lexicon) -> Reader:
    """The baseline: reviews of books as they are."""
    return Trained(case.plain())


def with_learning(case: Lexicon, **changed: Any) -> Reader:
    """Another training on the same reviews."""
    return Trained(case.learned(learning=replace(case.learning, **changed)))


def with_model(case: Lexicon, **changed: Any) -> Reader:
    """Another model of the same reviews."""
    return Trained(case.learned(model=replace(case.settings.model, **changed)))


def weight_decay(case: Lexicon) -> Reader:
    """Weight decay (remedy 3 of 9.3)."""
    return with_learning(case, weight_decay=case.settings.strengths.weight_decay)


def dropout(case: Lexicon) -> Reader:
    """Dropout (remedy 3 of 9.3)."""
    return with_model(case, dropout=case.settings.strengths.dropout)


def label_smoothing(case: Lexicon) -> Reader:
    """Each label leaves some probability to the other one."""
    return with_learning(case, smoothing=case.settings.strengths.smoothing)


def word_dropout(case: Lexicon) -> Reader:
    """Words are left out at random: augmentation that knows nothing (remedy 2 of 9.3)."""
    return with_learning(case, word_dropout=case.settings.strengths.word_dropout)


def synonyms(case: Lexicon) -> Reader:
    """Words of books are replaced by those of tools that a thesaurus has (remedy 2 of 9.3)."""
    return Trained(case.learned(synonyms=case.settings.strengths.synonyms))


def few_tools(case: Lexicon) -> Reader:
    """A few labelled reviews of tools are a share of each batch (remedy 4 of 9.3)."""
    s = case.settings.strengths
    return Trained(case.learned(tools=(case.tools.only(slice(s.few)), s.few_share)))


def many_tools(case: Lexicon) -> Reader:
    """More labelled reviews of tools are a share of each batch (remedy 4 of 9.3)."""
    return Trained(case.learned(tools=(case.tools, case.settings.strengths.many_share)))


def pretraining(case: Lexicon) -> Reader:
    """The model has first filled gaps in texts of both, without labels (remedy 4 of 9.3)."""
    return Trained(case.learned(start=case.pretrained()))


def pretraining_and_synonyms(case: Lexicon) -> Reader:
    """Both, each as strong as alone (remedies 2 and 4 of 9.3)."""
    return Trained(case.learned(start=case.pretrained(), synonyms=case.settings.strengths.synonyms))


def wider(case: Lexicon) -> Reader:
    """A larger model (remedy 1 of 9.3)."""
    s = case.settings.strengths
    return with_model(case, width=s.width, n_layers=s.n_layers, hidden=2 * s.width)


def without_attention(case: Lexicon) -> Reader:
    """No position sees another one (remedy 1 of 9.3)."""
    return with_model(case, way="without attention")


def without_residuals(case: Lexicon) -> Reader:
    """Nothing goes past attention and feed-forward network (remedy 1 of 9.3)."""
    return with_model(case, way="without residuals")


def more_data(case: Lexicon) -> Reader:
    """More reviews of books, with as many wrong labels among them (remedy 2 of 9.3)."""
    return Trained(case.learned(case.many))


def temperature(case: Lexicon) -> Reader:
    """The scores of the baseline over a temperature that fits held-out reviews of books.

    Source: as ``fit_temperature``.
    """
    model = case.plain()
    return Cooled(model, fit_temperature(scores(model, case.held.ids), case.held.labels))


def asked_with_dropout(case: Lexicon) -> Reader:
    """A model with dropout is asked several times, its dropout on.

    Source: as ``Dropped``.
    """
    s = case.settings.strengths
    model = replace(case.settings.model, dropout=s.asked_dropout)
    return Dropped(case.learned(model=model), s.draws)


def ensemble(case: Lexicon) -> Reader:
    """Models of the same reviews from other random numbers, averaged.

    Source: as ``Averaged``.
    """
    others = [case.learned(member=i) for i in range(1, case.settings.strengths.members)]
    return Averaged([case.plain(), *others])


REMEDIES: dict[str, Remedy] = {
    "none": plain,
    "weight decay": weight_decay,
    "dropout": dropout,
    "label smoothing": label_smoothing,
    "word dropout": word_dropout,
    "synonyms": synonyms,
    "32 of tools": few_tools,
    "128 of tools": many_tools,
    "pretraining": pretraining,
    "pretraining and synonyms": pretraining_and_synonyms,
    "wider model": wider,
    "without attention": without_attention,
    "without residuals": without_residuals,
    "more data": more_data,
    "temperature": temperature,
    "asked with dropout": asked_with_dropout,
    "ensemble": ensemble,
}
