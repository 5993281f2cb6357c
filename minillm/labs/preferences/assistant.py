"""A small assistant from end to end: what does each stage add to its answers?

A GPT reads statements, is instructed by conversations of which many end with an answer that is
wrong, said twice or chatty, and then learns from pairs which answer is preferred.  Beside DPO
stand two plain ways: as many updates on the preferred answers alone, and an instruction that has no
bad answer in it from the beginning.

Stages: pretrained, instructed, preferred (DPO after instructed), continued (the preferred answers
after instructed), clean (instructed by right answers alone).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minillm.backend import stream
from minillm.labs.study import Study
from minillm.tasks.dialogue import (
    ChatRecipe,
    InstructionTuning,
    PreferenceRecipe,
    PreferenceTuning,
    answer,
    drift,
    score_answers,
)
from minillm.tasks.dialogue.reference import log_probabilities
from minillm.tasks.dialogue.rows import pair_rows
from minillm.tasks.generation import CausalPretraining, GptRecipe, LanguageModel
from minillm.tasks.generation.tokens import language_tokens, plain_texts
from minillm.text.corpora import (
    Dialogues,
    Preference,
    load_dialogues,
    preferences,
    statements,
)
from minillm.text.corpora.dialogues import talk_of
from minillm.text.documents import Conversation, Message


@dataclass(frozen=True)
class Settings:
    """The dialogues, how many answers of the conversations are worse, and the recipes.

    Rates and beta are the best of a grid by the probability of the right answer to questions of
    dev, in the mean of seeds 100 and 101, in English, which the study does not use: of 0.002, 0.004
    and 0.008 for the instruction (the mean of mixed and clean), of 0.00002, 0.00005, 0.0001 and
    0.0002 with beta 0.1 and 0.3 for DPO, of 0.00005 to 0.008 in seven steps for what is continued.
    """

    language: str = "en"
    sizes: tuple[int, int, int] = (800, 100, 200)
    lines: int = 2000
    held_out: int = 100  # of the lines
    worse: float = 0.4  # share of the conversations that end with a worse answer
    gpt: GptRecipe = GptRecipe(
        tokenizer="word", min_count=1, width=64, n_layers=2, n_heads=4, max_length=96,
        batch_size=32, steps=600, lr=3e-3, warmup=50, evaluate_every=600,
    )  # fmt: skip
    instruct: ChatRecipe = ChatRecipe(epochs=12, lr=4e-3)
    prefer: PreferenceRecipe = PreferenceRecipe(epochs=2, lr=1e-4, beta=0.3)
    continued_lr: float = 2e-3  # else as ``prefer``


class Data:
    """All that is drawn for a seed."""

    def __init__(self, settings: Settings, seed: int):
        s = settings
        self.dialogues: Dialogues = load_dialogues(s.language, seed=seed, sizes=s.sizes)
        self.lines = statements(s.language, seed=seed, size=s.lines)
        rng = stream(seed, "worse answers")
        train = self.dialogues.train
        pairs = preferences(train, s.language, rng=rng)
        bad = rng.random(len(train)) < s.worse
        self.clean: list[Conversation] = [question.answered for question in train]
        self.mixed = [
            (*pair.asked, Message("assistant", pair.rejected)) if worse else told
            for pair, told, worse in zip(pairs, self.clean, bad, strict=True)
        ]
        self.pairs, self.dev, self.test = (
            preferences(some, s.language, rng=stream(seed, f"preferences {name}"))
            for name, some in zip(("train", "dev", "test"), self.dialogues, strict=True)
        )


def pretrained(settings: Settings, data: Data, seed: int) -> LanguageModel:
    """A GPT that has read the statements, and has tokens for all that will be said."""
    s, held = settings, settings.held_out
    texts = [*plain_texts([*data.lines, *data.clean]), *talk_of(s.language).chatter]
    tokens = language_tokens(s.gpt.tokenizer, texts, min_count=s.gpt.min_count)
    recipe = replace(s.gpt, seed=seed)
    lines = data.lines
    return finished(CausalPretraining(recipe, lines[held:], lines[:held], tokens=tokens))


def copied(language: LanguageModel) -> LanguageModel:
    """The same model, to be trained on by itself."""
    model = copy.deepcopy(language.model)
    return LanguageModel(
        model, language.tokenizer, language.vocabulary, documents=language.documents
    )


def instructed(
    language: LanguageModel, recipe: ChatRecipe, conversations: Sequence[Conversation]
) -> LanguageModel:
    """A copy that has learned to answer as in some conversations."""
    return finished(InstructionTuning(recipe, copied(language), conversations))


def preferred(
    language: LanguageModel, recipe: PreferenceRecipe, pairs: Sequence[Preference]
) -> LanguageModel:
    """A copy that has learned from pairs by DPO."""
    return finished(PreferenceTuning(recipe, copied(language), pairs))


def finished(
    training: CausalPretraining | InstructionTuning | PreferenceTuning,
) -> LanguageModel:
    """What a training has made of its model in the end."""
    for _ in training.steps():
        pass
    return training.result()


def continued(settings: Settings, seed: int) -> ChatRecipe:
    """How the preferred answers alone are learned: as DPO is, at a rate of its own."""
    p = replace(settings.prefer, seed=seed)
    return ChatRecipe(
        seed, p.batch_size, p.epochs, settings.continued_lr, p.weight_decay, p.max_norm
    )


def all_stages(settings: Settings, data: Data, seed: int) -> dict[str, LanguageModel]:
    """The models of every stage, by its name."""
    s = settings
    base = pretrained(s, data, seed)
    instruct = replace(s.instruct, seed=seed)
    mixed = instructed(base, instruct, data.mixed)
    return {
        "pretrained": base,
        "instructed": mixed,
        "preferred": preferred(mixed, replace(s.prefer, seed=seed), data.pairs),
        "continued": instructed(mixed, continued(s, seed), data.clean),
        "clean": instructed(base, instruct, data.clean),
    }


def log_p_of(language: LanguageModel, pairs: Sequence[Preference]) -> np.ndarray:
    """ln p of the preferred answers, and of the others, (2, N)."""
    return log_probabilities(language.model, pair_rows(language, pairs))


def examined(
    language: LanguageModel, reference: LanguageModel, data: Data, seed: int
) -> dict[str, float]:
    """What is measured of one model: see ``measure``."""
    questions = data.dialogues.test
    right, worse = log_p_of(language, data.test)
    found = score_answers(answer(language, questions), questions, language)._asdict()
    found |= {
        "right": np.exp(right).mean(),
        "log_right": right.mean(),
        "log_worse": worse.mean(),
        "apart": (right > worse).mean(),
    }
    if language is not reference:
        asked = [pair.asked for pair in data.test]
        found["drift"] = drift(language, reference.model, asked, rng=stream(seed, "drift")).mean()
    return found | {"drift": found.get("drift", 0.0)}


def transcript(settings: Settings, seed: int, questions: int) -> list[dict[str, str]]:
    """The first test questions as they are asked, with the right answer and that of every stage."""
    data = Data(settings, seed)
    asked = data.dialogues.test[:questions]
    told = [
        {"asked": " / ".join(message.content for message in one.asked), "right": one.right}
        for one in asked
    ]
    for name, language in all_stages(settings, data, seed).items():
        for row, text in zip(told, answer(language, asked), strict=True):
            row[name] = text
    return told


def measure(settings: Settings, seed: int) -> Mapping[str, Any]:
    """For every stage what is measured on the test questions, each (stages,).

    ``exact``, ``contains``, ``repetition`` and ``distinct`` are of the most probable answers.
    ``right`` is the mean probability of the right answer, as a whole: how often it would be given
    if answers were drawn; ``log_right`` and ``log_worse`` are mean ln p of the right answer and of
    a worse one, ``apart`` the share of pairs of which the right one is more probable, and ``drift``
    how far the answers have moved from those of the instructed model, in nats.
    """
    data = Data(settings, seed)
    models = all_stages(settings, data, seed)
    rows = [examined(one, models["instructed"], data, seed) for one in models.values()]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


STUDY = Study(
    name="assistant",
    question="What does each stage add to a small assistant, and is DPO more than better data?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
)
