"""What the language of pretraining costs a model while it is fine-tuned, kept beside the run."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from minillm.backend import write_atomically
from minillm.tasks.finetuning import FineTuning, Pretrained
from minillm.text import read_lines

FILE = "forgetting.json"
MOST = 500  # texts that are measured


class Forgetting:
    """The texts, what a token of them cost at first, and the curve: updates and nats.

    A run that is resumed goes on with the curve that it had drawn by then.
    """

    def __init__(self, path: Path, texts: list[str], before: float, out: Path, *, resume: bool):
        self.path, self.texts, self.before = path, texts, before
        self.file = out / FILE
        kept = self.file.exists() and resume
        self.curve: list[list[float]] = (
            json.loads(self.file.read_text(encoding="utf-8")) if kept else []
        )

    def examine(self, done: int, training: FineTuning) -> None:
        """Measure after ``done`` updates."""
        earlier = [point for point in self.curve if point[0] < done]
        self.curve = [*earlier, [done, training.language_loss(self.texts)]]
        write_atomically(self.file, json.dumps(self.curve).encode())


def read_forgetting(arguments: argparse.Namespace, pretrained: Pretrained) -> Forgetting | None:
    """The file of --forgetting and what it costs now, if there is one.

    Raises:
        ValueError: there is no text in it, or none that the model can be asked for; names it.
        OSError: as ``read_lines``.
    """
    path = arguments.forgetting
    if path is None:
        return None
    texts = [line for line in read_lines(path, encoding=arguments.encoding) if line.strip()]
    if not texts:
        raise ValueError(f"{path}: there is no text in the file")
    if len(texts) > MOST:
        print(f"{path}: the first {MOST} of {len(texts)} texts are measured")
    try:
        before = pretrained.language_loss(texts[:MOST])
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return Forgetting(path, texts[:MOST], before, arguments.out, resume=arguments.resume)
