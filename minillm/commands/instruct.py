"""``instruct``: a language model learns to answer from conversations."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from minillm.commands.arguments import add_overwriting, add_recipe, recipe_of
from minillm.commands.chat_files import add_chat_files, describe, open_language, read_chats
from minillm.commands.chat_pictures import instruction_picture
from minillm.commands.chat_report import Examination, last_answers, print_next
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
from minillm.tasks.dialogue import ChatRecipe, InstructionTuning
from minillm.training import held_out_losses, read_record

PICTURE = "instruct.png"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A model, the conversations, where to write, and the recipe."""
    add_chat_files(
        parser, what='JSON Lines: "messages" in every object, each with role and content'
    )
    add_overwriting(parser, default_out=Path("runs/instruct"))
    add_recipe(parser, ChatRecipe)


def run(arguments: argparse.Namespace) -> None:
    """Read, split, train on what the assistant said, save, compare the answers, draw.

    Guide: 9.2 (G40).
    """
    started = time.perf_counter()
    recipe = recipe_of(arguments, ChatRecipe)
    refuse_overwriting(arguments)
    refuse_own_folder(arguments)
    language = open_language(arguments.model, arguments.device)
    train, held_out = read_chats(arguments, language, recipe.seed)
    examination = Examination(last_answers(held_out))
    with naming_options(data=arguments.file, held_out=arguments.held_out):
        training = InstructionTuning(
            recipe,
            language,
            train,
            held_out=held_out,
            out=arguments.out,
            resume=arguments.resume,
            device=arguments.device,
            keep="best",
        )
    replace_earlier_run(arguments, training.run)
    watch_over(arguments, training.run)
    describe(language, train, held_out)
    losses = [training.held_out_loss()]
    examination.ask(language)
    watch(training.steps(), total=training.n_steps, title="instruct", record=arguments.out / RECORD)
    training.result().save(arguments.out / MODEL)
    print(f"trained in {time.perf_counter() - started:.0f} s; model: {arguments.out}")
    print_kept(arguments.out / RECORD)
    losses.append(training.held_out_loss())
    examination.ask(language)
    examination.show({"nats per token": [f"{loss:.3f}" for loss in losses]}, "the right answer")
    picture = arguments.out / PICTURE
    instruction_picture(picture, arguments.out / RECORD, before=losses[0])
    print(f"\npicture: {picture}")
    print_next(arguments.out)


def print_kept(record: Path) -> None:
    """Where the last weights were not the best, which ones were kept."""
    _, events = read_record(record)
    losses = held_out_losses(events)
    best = min(losses, key=lambda done: losses[done])
    if best < max(losses):
        print(
            f"kept are the weights after update {best} of {max(losses)}, held out "
            f"{losses[best]:.3f}; at the end it was {losses[max(losses)]:.3f}"
        )
