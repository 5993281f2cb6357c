"""``prefer``: a language model learns which of two answers is preferred."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minillm.backend import stream
from minillm.commands.arguments import add_overwriting, add_recipe, recipe_of
from minillm.commands.chat_files import (
    add_chat_files,
    both_told,
    describe,
    open_language,
    read_pairs,
)
from minillm.commands.chat_pictures import preference_picture
from minillm.commands.chat_report import Examination, chosen_answers, print_next
from minillm.commands.curves import Curve
from minillm.commands.progress import watch
from minillm.commands.runs import (
    MODEL,
    RECORD,
    naming_options,
    refuse_overwriting,
    refuse_own_folder,
    replace_earlier_run,
    watch_over,
)
from minillm.commands.tables import percent
from minillm.tasks.dialogue import PreferenceRecipe, PreferenceTuning, drift
from minillm.tasks.fingerprints import digest_of_json
from minillm.tasks.generation import LanguageModel
from minillm.training import Step

CURVE, PICTURE = "rewards.json", "prefer.png"
DRAWN = 100  # held-out questions that are answered to see how far the model has moved


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A model, the pairs, where to write, and the recipe."""
    add_chat_files(parser, what='JSON Lines: "prompt", "chosen" and "rejected" in every object')
    parser.add_argument(
        "--reference",
        metavar="MODEL",
        help="the model that is not to be left far behind; default: MODEL as it was",
    )
    add_overwriting(parser, default_out=Path("runs/prefer"))
    add_recipe(parser, PreferenceRecipe)


def run(arguments: argparse.Namespace) -> None:
    """Read, split, train by DPO, save, compare the answers, draw rewards, margins and KL.

    Guide: 9.2 (G40).
    """
    started = time.perf_counter()
    recipe = recipe_of(arguments, PreferenceRecipe)
    refuse_overwriting(arguments)
    refuse_own_folder(arguments)
    language = open_language(arguments.model, arguments.device)
    reference = open_language(arguments.reference or arguments.model, arguments.device)
    pairs, held_out = read_pairs(arguments, language, recipe.seed)
    examination = Examination(chosen_answers(held_out))
    with naming_options(data=arguments.file, held_out=arguments.held_out):
        training = PreferenceTuning(
            recipe,
            language,
            pairs,
            held_out=held_out,
            reference=reference,
            out=arguments.out,
            resume=arguments.resume,
            device=arguments.device,
        )
    replace_earlier_run(arguments, training.run)
    watch_over(arguments, training.run)
    chats = [[both_told(pair)[0] for pair in some] for some in (pairs, held_out)]
    describe(language, chats[0], chats[1], what="pairs")
    described = {"file": str(arguments.file), "sha256": digest_of_json(held_out)}
    curve = Curve(arguments.out / CURVE, described, resume=arguments.resume)
    measured = [measure(training, reference)]
    examination.ask(language)
    steps, record = examined(training, reference, curve), arguments.out / RECORD
    watch(steps, total=training.n_steps, title="prefer", record=record)
    training.result().save(arguments.out / MODEL)
    print(f"trained in {time.perf_counter() - started:.0f} s; model: {arguments.out}")
    measured.append(measure(training, reference))
    examination.ask(language)
    show(training, measured, examination)
    picture = arguments.out / PICTURE
    preference_picture(picture, [[0.0, *measured[0]], *curve.points])
    print(f"\npicture: {picture}")
    print_next(arguments.out)


class Measured(NamedTuple):
    """What the held-out pairs say of a model, and how far it has moved."""

    chosen: float  # mean implicit rewards
    rejected: float
    low: float  # quartiles of the margins
    middle: float
    high: float
    preferred: float  # share of positive margins
    first: float  # share of pairs whose chosen answer is the more probable one
    log_chosen: float  # mean ln p of the answers
    log_rejected: float
    kl: float  # KL(model || reference) of answers to the held-out questions, in nats
    kl_error: float  # standard error of that


def measure(training: PreferenceTuning, reference: LanguageModel) -> Measured:
    """All of it, as the model is now."""
    rewards = training.rewards()
    margins = rewards[0] - rewards[1]
    log_p = rewards / training.recipe.beta + training.reference_held_out
    asked = [question.asked for question in training.held_out_pairs][:DRAWN]
    rng = stream(training.recipe.seed, "drift")
    moved = drift(training.language, reference.model, asked, rng=rng)
    error = moved.std(ddof=1) / np.sqrt(len(moved)) if len(moved) > 1 else 0.0
    means, shares = rewards.mean(axis=1), np.quantile(margins, (0.25, 0.5, 0.75))
    found = (
        *means,
        *shares,
        np.mean(margins > 0),
        np.mean(log_p[0] > log_p[1]),
        *log_p.mean(axis=1),
        moved.mean(),
        error,
    )
    return Measured(*(float(value) for value in found))


def examined(training: PreferenceTuning, reference: LanguageModel, curve: Curve) -> Iterator[Step]:
    """The steps; where the loss of the held-out pairs is measured, the rest is, too."""
    for step in training.steps():
        if step.held_out_loss is not None:
            curve.add(step.index + 1, *measure(training, reference))
        yield step


def show(training: PreferenceTuning, both: list[Measured], examination: Examination) -> None:
    """Print what was measured before and after, and what it means where it surprises."""
    before, after = both
    examination.show(
        {
            "chosen first": [percent(one.first) for one in both],
            "ln p chosen": [f"{one.log_chosen:.2f}" for one in both],
            "ln p rejected": [f"{one.log_rejected:.2f}" for one in both],
            "KL": [f"{one.kl:.3f} ± {one.kl_error:.3f}" for one in both],
        },
        "the chosen answer",
    )
    print(
        "chosen first: pairs whose chosen answer is the more probable one; ln p: mean of whole\n"
        "answers; KL: how far answers have moved from those of the reference, in nats an answer"
    )
    if after.log_chosen < before.log_chosen:
        fell = before.log_chosen - after.log_chosen
        print(
            f"the chosen answers have become less probable themselves, by {fell:.2f} nats: DPO "
            "asks for the difference alone"
        )
    exact, repetition = (
        [getattr(scores, name) for scores in examination.scores] for name in ("exact", "repetition")
    )
    if exact[1] < exact[0] or repetition[1] > repetition[0] + 0.05:
        print(
            "the answers are worse than before: a lower --lr, fewer --epochs or a larger --beta "
            "keeps them nearer to the reference"
        )
