"""``tag``: find names in texts; learn from CoNLL files, tag, evaluate, or write a sample."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path

from minillm.backend import write_atomically
from minillm.commands.arguments import (
    add_encoding,
    add_model,
    add_overwriting,
    add_recipe,
    folder_of,
    recipe_of,
)
from minillm.commands.progress import print_sharing, watch
from minillm.commands.runs import (
    MODEL,
    RECORD,
    naming_options,
    refuse_overwriting,
    refuse_replacing,
    replace_earlier_run,
    watch_over,
)
from minillm.commands.tables import percent
from minillm.commands.tag_apply import add_apply, apply, load_tagger
from minillm.commands.tag_input import Splits, print_long, read_splits, read_tagged, require_types
from minillm.commands.tag_pictures import novelty_picture
from minillm.commands.tag_report import Measured, as_json, print_scores
from minillm.tasks.entities.baselines import DictionaryTagger
from minillm.tasks.entities.evaluation import evaluate_tagger
from minillm.tasks.entities.recipe import TaggerRecipe
from minillm.tasks.entities.schemes import types_in
from minillm.tasks.entities.tagger import PredictsTags, Tagger
from minillm.tasks.entities.training import TaggerTraining
from minillm.text.conll_files import TaggedSentence, write_conll
from minillm.text.corpora.names import NameDials, NameWorld

NAMES, SCORES, PICTURE = "names.json", "scores.json", "entities.png"
COLUMNS = "a word a line: first the word, last its tag; a blank line ends a sentence"
FILES = {"test.conll": 400, "dev.conll": 200, "train.conll": 800}  # sentences of a sample
DRAWN = 8  # times as many sentences are drawn, of which those stay that are in no other file


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What can be done, each with its options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    train = actions.add_parser("train", help="learn from a CoNLL file: a word and its tag a line")
    train.add_argument("train", type=Path, metavar="FILE", help=COLUMNS)
    train.add_argument("--dev", type=Path, help="held-out file; default: a tenth of FILE")
    train.add_argument("--test", type=Path, help="test file; default: a tenth of FILE if no --dev")
    add_encoding(train)
    add_overwriting(train, default_out=Path("runs/tag"))
    add_recipe(train, TaggerRecipe)
    add_apply(actions.add_parser("apply", help="tag new texts with a trained tagger"))
    score = actions.add_parser("evaluate", help="score a trained tagger on a CoNLL file")
    add_model(score)
    score.add_argument("file", type=Path, metavar="FILE", help=COLUMNS)
    score.add_argument("--out", type=folder_of, metavar="DIR", help=f"write {SCORES} and {PICTURE}")
    score.add_argument("--overwrite", action="store_true", help="replace those that --out has")
    add_encoding(score)
    sample = actions.add_parser("sample", help="write a small corpus of names to try it on")
    sample.add_argument(
        "--out",
        type=folder_of,
        default=(out := Path("runs/sample")),
        metavar="DIR",
        help=f"for {', '.join(FILES)} (default: {out})",
    )
    sample.add_argument("--overwrite", action="store_true", help="replace those that --out has")
    sample.add_argument("--language", choices=("en", "zh"), default=NameDials.language)
    sample.add_argument("--names", type=int, default=NameDials.names, help="of each type")
    sample.add_argument(
        "--new", type=float, default=NameDials.new, help="share that is new in test"
    )
    sample.add_argument(
        "--ambiguous", type=float, default=NameDials.ambiguous, help="share that all types have"
    )
    sample.add_argument("--seed", type=int, default=0)


def run(arguments: argparse.Namespace) -> None:
    """Do what was asked for."""
    actions = {"train": train, "apply": apply, "evaluate": evaluate, "sample": sample}
    actions[arguments.action](arguments)


def train(arguments: argparse.Namespace) -> None:
    """Read, split, learn, compare with the dictionary, save, draw.

    Guide: 6.4 (G39).
    """
    started = time.perf_counter()
    recipe = recipe_of(arguments, TaggerRecipe)
    if recipe.epochs == 0:
        raise ValueError("--epochs must be above 0: the tags would not be learned")
    refuse_overwriting(arguments)
    splits = read_splits(arguments, recipe.seed)
    with naming_options(data=arguments.train, held_out=arguments.dev):
        training = TaggerTraining(
            recipe,
            splits.train,
            held_out=splits.dev,
            out=arguments.out,
            resume=arguments.resume,
            device=arguments.device,
            threads=arguments.threads,
        )
    replace_earlier_run(arguments, training.run)
    watch_over(arguments, training.run)
    describe(training, splits)
    watch(training.steps(), total=training.n_steps, title="tag", record=arguments.out / RECORD)
    tagger, dictionary = training.result(), DictionaryTagger.learned(splits.train)
    content = json.dumps(dictionary.to_json(), ensure_ascii=False)
    write_atomically(arguments.out / NAMES, content.encode())
    tagger.save(arguments.out / MODEL)
    print(f"trained in {time.perf_counter() - started:.0f} s; model: {arguments.out}")
    measured = {
        name: measure(tagger, dictionary, sentences)
        for name, sentences in (("dev", splits.dev), ("test", splits.test))
        if sentences
    }
    for name, scores in measured.items():
        print(f"\n{name}, {len(getattr(splits, name))} sentences")
        print_scores(scores)
    write_scores(arguments.out, measured, {"recipe": asdict(recipe), "train": str(arguments.train)})


def describe(training: TaggerTraining, splits: Splits) -> None:
    """Print what is to be trained, and how well the words fit into it."""
    encoder = training.encoder
    print(f"tags {' '.join(training.tags)}; vocabulary {len(encoder.vocabulary)}")
    pieces = encoder.tokenize(" ".join(s.words) for s in splits.dev)
    print(f"unknown pieces in dev {percent(encoder.vocabulary.unknown_rate(pieces))}")
    tagger = training.result()
    for name, sentences in splits._asdict().items():
        print_long(tagger, [s.words for s in sentences], name)
    print(f"parameters {training.model.parameter_count():,}")
    print_sharing(training)


def evaluate(arguments: argparse.Namespace) -> None:
    """Print the scores of a tagger beside those of the dictionary of its run.

    Guide: 6.4 (G39).
    """
    if arguments.out is not None:
        refuse_replacing(arguments.out, (SCORES, PICTURE), overwrite=arguments.overwrite)
    tagger, path = load_tagger(arguments), arguments.model
    sentences = read_tagged(arguments.file, arguments.encoding)
    require_types(arguments.file, sentences, types_in(tagger.tags))
    print_long(tagger, [s.words for s in sentences], str(arguments.file))
    measured = measure(
        tagger, read_names((path if path.is_dir() else path.parent) / NAMES), sentences
    )
    print(f"{arguments.file}, {len(sentences)} sentences")
    print_scores(measured)
    if arguments.out is not None:
        facts = {"model": str(arguments.model), "file": str(arguments.file)}
        write_scores(arguments.out, {arguments.file.stem: measured}, facts)


def measure(
    tagger: Tagger, dictionary: DictionaryTagger | None, sentences: list[TaggedSentence]
) -> Measured:
    """The scores of the dictionary, where there is one, and of the tagger."""
    taggers: dict[str, PredictsTags] = {} if dictionary is None else {"dictionary": dictionary}
    taggers["BERT" if tagger.model.crf is None else "BERT and CRF"] = tagger
    known = {} if dictionary is None else dictionary.types
    return {name: evaluate_tagger(one, sentences, known) for name, one in taggers.items()}


def read_names(path: Path) -> DictionaryTagger | None:
    """The names that a run had in training; without them none is known to have been seen.

    Raises:
        ValueError: the file is damaged.
    """
    if not path.exists():
        print(f"{path} is missing: which names training had is not known, all count as unseen")
        return None
    try:
        return DictionaryTagger.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: not a list of names and types: {error}") from error


def write_scores(out: Path, measured: dict[str, Measured], facts: Mapping[str, object]) -> None:
    """The numbers as JSON, and a picture of the last of them."""
    content = json.dumps({**facts, **as_json(measured)}, indent=1, ensure_ascii=False)
    write_atomically(out / SCORES, content.encode())
    novelty_picture(out / PICTURE, [*measured.values()][-1], title=[*measured][-1])
    print(f"scores: {out / SCORES}, picture: {out / PICTURE}")


def sample(arguments: argparse.Namespace) -> None:
    """Write train, dev and test of a world of names as CoNLL files without a common sentence."""
    given = {entry.name: getattr(arguments, entry.name) for entry in fields(NameDials)}
    refuse_replacing(arguments.out, FILES, overwrite=arguments.overwrite)
    try:
        world = NameWorld(NameDials(**given), seed=arguments.seed)
    except ValueError as error:  # begins with what the dial is called
        raise ValueError(f"--{error}") from error
    seen = set[tuple[str, ...]]()
    for name, n in FILES.items():
        path = arguments.out / name
        drawn = {s.words: s for s in world.draw(path.stem, DRAWN * n) if s.words not in seen}
        some = [*drawn.values()][:n]
        seen |= {s.words for s in some}
        write_conll(path, ((s.words, s.tags) for s in some))
        print(f"{path}: {len(some)} sentences")
