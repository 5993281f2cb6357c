"""What the language of pretraining costs a model while it is fine-tuned, kept beside the run."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from minillm.commands.curves import Curve
from minillm.tasks.finetuning import BertBody, FineTuning, Pretrained
from minillm.tasks.fingerprints import digest_of_json
from minillm.text.documents import read_documents

FILE = "forgetting.json"
MOST = 500  # texts that are measured


class Forgetting:
    """The texts, what a token of them cost at first, and the curve: updates and nats.

    A run that is resumed goes on with the curve that it had drawn by then.

    Raises:
        ValueError: that curve is of other texts.
    """

    def __init__(self, path: Path, texts: list[str], before: float, out: Path, *, resume: bool):
        self.path, self.texts, self.before = path, texts, before
        described = {"file": str(path), "sha256": digest_of_json(texts), "before": before}
        try:
            self.kept = Curve(out / FILE, described, resume=resume)
        except ValueError as error:
            raise ValueError(
                f"--forgetting {path}: the run was begun with other texts: give these, or leave "
                f"--forgetting out ({error})"
            ) from error

    @property
    def curve(self) -> list[list[float]]:
        """Its points: after how many updates, and nats."""
        return self.kept.points

    def examine(self, done: int, training: FineTuning) -> None:
        """Measure after ``done`` updates."""
        self.kept.add(done, training.language_loss(self.texts))

    def cut(self, done: int) -> None:
        """Forget the points from ``done`` updates on."""
        self.kept.write([point for point in self.curve if point[0] < done])


def read_forgetting(arguments: argparse.Namespace, pretrained: Pretrained) -> Forgetting | None:
    """The file of --forgetting and what it costs now, if there is one.

    Raises:
        ValueError: there is no text in it, or none that the model can be asked for; names it.
        OSError: as ``read_documents``.
    """
    path = arguments.forgetting
    if path is None:
        return None
    found = read_documents(path, split="lines", encoding=arguments.encoding)
    texts = [one if isinstance(one, str) else one[-1].content for one in found][:MOST]
    try:
        before = pretrained.language_loss(texts)
    except ValueError as error:
        raise ValueError(f"--forgetting {path}: {error}") from error
    for note in notes(texts, len(found), before, pretrained):
        print(f"{path}: {note}")
    return Forgetting(path, texts, before, arguments.out, resume=arguments.resume)


def notes(texts: list[str], n_found: int, before: float, pretrained: Pretrained) -> list[str]:
    """What somebody should know who reads these numbers."""
    told, size = [], len(pretrained.encoder.vocabulary)
    if n_found > len(texts):
        told.append(f"the first {len(texts)} of {n_found} texts are measured")
    if sum("\t" in text for text in texts) > len(texts) / 2:
        told.append("most lines have a tab: are there labels? They are read as text")
    if len(texts) < 20:
        told.append(f"{len(texts)} texts tell little: a hundred would be better")
    if isinstance(pretrained, BertBody) and (cut := pretrained.encoder.count_cut(texts)):
        told.append(f"{cut} texts are cut to {pretrained.encoder.max_length} tokens")
    if before > math.log(size):
        told.append(
            f"a token costs {before:.2f} nats before fine-tuning, more than a guess among all "
            f"{size:,} tokens ({math.log(size):.2f}): the model was not pretrained on such texts"
        )
    return told
