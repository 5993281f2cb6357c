"""``convert``: a published folder becomes a run's, and a run's folder a published one."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from minillm.backend import load_arrays, save_arrays
from minillm.backend.folders import names_in, whole_folder
from minillm.commands.arguments import folder_of
from minillm.commands.convert_report import report
from minillm.commands.runs import BESIDE, MODEL, RECORD, model_file
from minillm.tasks import TextClassifier
from minillm.tasks.classification import KIND as CLASSIFIER
from minillm.tasks.entities.tagger import KIND as TAGGER
from minillm.tasks.entities.tagger import Tagger
from minillm.tasks.generation import LanguageModel
from minillm.tasks.generation.language_files import KIND as LANGUAGE
from minillm.tasks.pretrained import KIND as BERT
from minillm.tasks.pretrained import PretrainedBert
from minillm.tasks.published import Opened, is_published, open_published
from minillm.tasks.publishing import publish
from minillm.text.terminal import visible

# what a run or a published folder consists of: --overwrite may take it away
OURS = {MODEL, RECORD, "checkpoint.safetensors", *BESIDE}
THEIRS = re.compile(
    r"config\.json|generation_config\.json|model(-\d+-of-\d+)?\.safetensors|"
    r"model\.safetensors\.index\.json|tokenizer\.json|tokenizer_config\.json|"
    r"special_tokens_map\.json|vocab\.(txt|json)|merges\.txt"
)
USED_BY = {LANGUAGE: "generate", CLASSIFIER: "predict", TAGGER: "tag apply", BERT: "finetune"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """From where, to where."""
    parser.add_argument(
        "source",
        type=Path,
        metavar="FROM",
        help="a folder with config.json, as transformers writes it; or a run's, or a model file",
    )
    parser.add_argument(
        "out",
        type=folder_of,
        metavar="OUT",
        help="a new folder: of a run if FROM is published, else to be read by transformers",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace a model that is in OUT")


def run(arguments: argparse.Namespace) -> None:
    """Convert, and say what became of what.

    Guide: 7.1.3, 7.2.3 (G59).
    """
    source, out = arguments.source, arguments.out
    refuse_same(source, out)
    refuse_replacing(out, arguments.overwrite)
    if is_published(source):
        task = open_published(source)
        print(report(task, source), flush=True)
        with whole_folder(out, replaced=may_go) as folder:
            save(task, folder / MODEL)
            kind = kind_of(folder / MODEL)
        print(f"written: {out}, the folder of a {kind}")
        print(f"use it:  python -m minillm {USED_BY[kind]} {out} ...")
    else:
        task = load(model_file(source))
        with whole_folder(out, replaced=may_go) as folder:
            lost = publish(task, folder)
            open_published(folder)  # whatever is written can be read
            told = report(task, folder, title=str(source))
            files = ", ".join(names_in(folder))
        print(told)
        for what in lost:
            print(f"left out, since a published folder cannot say it: {visible(what)}")
        print(f"written: {out}: {files}")
        print("use it:  with transformers, or as a run's folder by the commands here")


def refuse_same(source: Path, out: Path) -> None:
    """Refuse to write over what is read.

    Raises:
        ValueError: see above.
    """
    folder = source if source.is_dir() else source.parent
    if out.exists() and folder.resolve() == out.resolve():
        raise ValueError(f"OUT {out} is where FROM stands: give another folder")


def refuse_replacing(out: Path, overwrite: bool) -> None:
    """Stop before anything is read if OUT could not be written.

    Raises:
        OSError: it is a file.
        ValueError: it holds a model, and --overwrite was not given; or files of another kind.
    """
    there = names_in(out)
    strange = [name for name in there if not may_go(name)]
    if strange:
        raise ValueError(
            f"OUT {out} holds {strange[0]}, which is no part of a model: give another folder"
        )
    if there and not overwrite:
        raise ValueError(f"OUT {out} holds {there[0]}: give --overwrite, or another folder")


def may_go(name: str) -> bool:
    """Whether a file is a part of a model's folder."""
    return name in OURS or THEIRS.fullmatch(name) is not None


def kind_of(path: Path) -> str:
    """What a model file of ours holds."""
    return load_arrays(path)[1].get("kind", "other arrays")


def load(path: Path) -> Opened:
    """The model of a file of ours, of whichever kind.

    Raises:
        OSError, CheckpointError: as ``load_arrays``.
        ValueError: its kind has no published form.
    """
    arrays, described = load_arrays(path)
    kind = described.get("kind", "other arrays")
    if kind == BERT:
        return PretrainedBert.from_parts(arrays, described)
    loaders: dict[str, type[LanguageModel | TextClassifier | Tagger]] = {
        LANGUAGE: LanguageModel,
        CLASSIFIER: TextClassifier,
        TAGGER: Tagger,
    }
    if kind not in loaders:
        raise ValueError(
            f"{path}: a {kind} has no published form, these have: {', '.join(USED_BY)}"
        )
    return loaders[kind].load(path)


def save(task: Opened, path: Path) -> None:
    """Write a model file of ours."""
    if isinstance(task, PretrainedBert):
        save_arrays(path, *task.parts())
    else:
        task.save(path)
