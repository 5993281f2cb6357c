"""``pipeline``: what the guide describes, in the order in which it really happens."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from minillm.backend import load_arrays, save_arrays
from minillm.commands.arguments import add_run_options
from minillm.commands.baselines import FILES, save_baselines
from minillm.commands.pipeline_report import (
    describe_batch,
    describe_cleaning,
    describe_corpus,
    describe_tokens,
    draw_pictures,
    masked_scores,
    print_masked_scores,
    print_predictions,
    print_table,
)
from minillm.commands.progress import print_sharing, watch
from minillm.commands.words import Words
from minillm.nn import summary
from minillm.tasks import (
    PIPELINE,
    ClassifierTraining,
    MaskedScores,
    TextClassifier,
    fit_baselines,
)
from minillm.text import clean, require_disjoint
from minillm.text.corpora import Corpus, load_corpus, unlabelled

RESULTS = (
    *("model.safetensors", "pretrained.safetensors", "checkpoint.safetensors", "record.jsonl"),
    *(FILES.values()),
    *("curves.png", "confusion.png", "attention.png"),
)
EXTRA_TEXTS = 4000  # unlabelled sentences beside the labelled ones, for pretraining


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The data, the seed, and where to write."""
    parser.add_argument(
        "--language", choices=("en", "zh"), default="en", help="of the texts, and of what is said"
    )
    parser.add_argument(
        "--corpus",
        choices=("sentiment", "topics"),
        default="sentiment",
        help="reviews with two labels, or news with four",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="of the corpus that is drawn and of the run",
    )
    parser.add_argument("--resume", action="store_true", help="go on from the run's checkpoint")
    add_run_options(parser, default_out=None)


def run(arguments: argparse.Namespace) -> None:
    """The phases: prepare data, pretrain everything, fine-tune everything, use it.

    Guide: 2.1, 2.2 (G34).
    """
    started = time.perf_counter()
    say = Words(arguments.language)
    name = f"pipeline-{arguments.corpus}-{arguments.language}"
    seed = f"-{arguments.seed}" if arguments.seed else ""
    out = arguments.out or Path("runs") / f"{name}{seed}"
    corpus, extra = read(arguments.corpus, arguments.language, arguments.seed, say)
    training = prepare(arguments, corpus, extra, out, say)
    state, masked = pretrain(training, corpus, out, say)
    head = finetune(training, state, corpus, extra, masked, say)
    training.result().save(out / "model.safetensors")

    heading(say, "Evaluate on sentences never seen", "6.1, 6.3")
    baselines = fit_baselines(corpus.train, corpus.dev, training.encoder)
    save_baselines(out, baselines)
    models = {"BERT, head alone": head, "BERT, fine-tuned": training.result()}
    print_table(models, baselines, corpus, say)

    heading(say, "Predict", "2.1, 6.3")
    print_predictions(training.result(), arguments.corpus, say)

    heading(say, "Pictures", "")
    draw_pictures(out, training, corpus, masked, say)
    seconds = time.perf_counter() - started
    told = "whole pipeline: {seconds:.0f} s, peak memory {memory}"
    print("\n" + say(told, seconds=seconds, memory=peak_memory()))
    command = f'python -m minillm predict {out} "{corpus.test[0].text}"'
    print(say("use it:  {command}", command=command))


def read(name: str, language: str, seed: int, say: Words) -> tuple[Corpus, list[str]]:
    """The labelled corpus, cleaned, its splits apart; and more sentences without labels."""
    heading(say, "Read labelled text", "5.2.1")
    corpus = load_corpus(name, language, seed=seed)
    extra = unlabelled(name, language, seed=seed, size=EXTRA_TEXTS)
    describe_corpus(corpus, extra, say)

    heading(say, "Clean it, and keep the splits apart", "9.3.2")
    train, report = clean(corpus.train)
    describe_cleaning(report, say)
    require_disjoint(train=train, dev=corpus.dev, test=corpus.test)
    print(say("train, dev and test share no sentence"))
    return corpus._replace(train=train), extra


def prepare(
    arguments: argparse.Namespace, corpus: Corpus, extra: list[str], out: Path, say: Words
) -> ClassifierTraining:
    """Tokens, ids, padding, and a model of the right size."""
    heading(say, "Tokenise and number", "2.1, 5.2.1")
    training = ClassifierTraining(
        replace(PIPELINE, seed=arguments.seed),
        corpus.train,
        extra,
        out=out,
        resume=arguments.resume,
        device=arguments.device,
        threads=arguments.threads,
    )
    if not arguments.resume:
        # of another run: they would stand beside what this one writes
        training.run.replaced = [out / earlier for earlier in RESULTS]
    describe_tokens(training.encoder, corpus, say)

    heading(say, "Pad to rectangles, with a mask", "5.2.1")
    describe_batch(training, say)

    heading(say, "Build the model", "3, 5.2.2")
    print(summary(training.model.classifier))
    print_sharing(training)
    return training


def pretrain(
    training: ClassifierTraining, corpus: Corpus, out: Path, say: Words
) -> tuple[dict[str, np.ndarray], MaskedScores]:
    """Masked language modelling; the weights after it, also for a run that resumes later."""
    heading(say, "Pretrain all of it: which word is hidden?", "2.1")
    watch(
        training.pretrain(),
        total=training.steps["pretrain"],
        title=say("pretrain"),
        record=training.run.record_file,
    )
    pretrained = out / "pretrained.safetensors"
    if training.run.resumed_stage == "finetune":
        state, _ = load_arrays(pretrained)
        training.model.load_state_dict(state)  # to be scored; fine-tuning loads its checkpoint
    else:
        state = training.model.state_dict()
        save_arrays(pretrained, state, {"kind": "pretrained encoder with both heads"})
    return state, print_masked_scores(training, corpus, say)


def finetune(
    training: ClassifierTraining,
    state: dict[str, np.ndarray],
    corpus: Corpus,
    extra: list[str],
    masked: MaskedScores,
    say: Words,
) -> TextClassifier:
    """Classification: first the head alone, for comparison, then everything; what was forgotten."""
    heading(say, "Fine-tune all of it, and for comparison the head alone", "2.1, 9.3.4")
    recipe = replace(training.recipe, head_only=True, pretrain_epochs=0)
    head = ClassifierTraining(
        recipe, corpus.train, extra, device=training.device, threads=training.threads
    )
    head.model.load_state_dict(state)
    watch(head.finetune(), total=head.steps["finetune"], title=say("head alone"))
    watch(
        training.finetune(),
        total=training.steps["finetune"],
        title=say("fine-tune"),
        record=training.run.record_file,
    )
    after = masked_scores(training, corpus).model
    forgot = (
        "what fine-tuning forgot: a hidden word cost {before:.3f} nats before it, {after:.3f} after"
    )
    print(say(forgot, before=masked.model, after=after))
    return head.result()


def heading(say: Words, title: str, section: str) -> None:
    """A stage's title, with the section of the guide that it belongs to."""
    place = f"   ({say('guide {section}', section=section)})" if section else ""
    print(f"\n== {say(title)}{place}", flush=True)


def peak_memory() -> str:
    """The largest resident size of this process so far."""
    try:
        import resource
    except ImportError:  # Windows
        return "unknown"
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
