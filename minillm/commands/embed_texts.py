"""``embed texts``: a vector for each text, and how near the texts are to each other."""

from __future__ import annotations

import argparse
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from minillm.backend import write_atomically
from minillm.commands.arguments import add_encoding, add_model
from minillm.commands.predict import read_texts
from minillm.commands.runs import model_file
from minillm.commands.tables import table
from minillm.models import Bert
from minillm.tasks import TextEncoder
from minillm.tasks.finetuning import BertBody, open_pretrained
from minillm.tasks.published import is_published
from minillm.tasks.published_vectors import sentence_vectors
from minillm.text import normalize
from minillm.text.terminal import cut, visible

WIDE = 10  # texts whose cosines are shown as a square; of more the nearest alone
COLUMNS = 40  # of a text in a table
KINDS = (".npz", ".tsv")


def add_texts(parser: argparse.ArgumentParser) -> None:
    """A BERT, texts, and where to put the vectors."""
    add_model(parser)
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="default: from standard input")
    parser.add_argument("--file", type=Path, help="texts, one a line; - is standard input")
    parser.add_argument(
        "--out",
        type=vector_file,
        metavar="FILE",
        help="write the vectors: an .npz with texts and vectors, or a .tsv of vector and text",
    )
    add_encoding(parser)


def vector_file(text: str) -> Path:
    """A file of a kind that is written here."""
    path = Path(text)
    if path.suffix not in KINDS:
        raise argparse.ArgumentTypeError(f"must end in {' or '.join(KINDS)}, got {text!r}")
    return path


def embed_texts(arguments: argparse.Namespace) -> None:
    """Print the cosines of the texts' vectors, each the mean over a text's last layer.

    Guide: 5.2.1 (G4).
    """
    texts = [*arguments.texts, *read_texts(arguments)]
    if len(texts) < 2 and not (texts and arguments.out):
        raise ValueError("two texts at least are needed to compare, or one and --out")
    bert, encoder = opened_bert(arguments.model)
    bert.to_device(arguments.device)
    cut_off = encoder.count_cut(texts)
    vectors = sentence_vectors(bert, encoder, texts)
    print(f"{arguments.model}: texts {len(texts):,}, width {vectors.shape[1]}")
    if cut_off:
        print(f"{cut_off} of {len(texts)} texts are cut to max_length {encoder.max_length} tokens")
    if len(texts) > 1:
        print(f"\n{cosine_table(texts, vectors)}")
    if arguments.out is not None:
        write_vectors(arguments.out, texts, vectors)
        print(f"\nvectors: {arguments.out}")


def opened_bert(path: Path) -> tuple[Bert, TextEncoder]:
    """The encoder of a published BERT, or of a run with a BERT.

    Raises:
        OSError, ValueError: as ``open_pretrained``; it is another model.
    """
    pretrained = open_pretrained(path if is_published(path) else model_file(path))
    if not isinstance(pretrained, BertBody):
        raise ValueError(f"{path}: a GPT; vectors of texts are those of a BERT")
    return pretrained.model.bert, pretrained.encoder


def cosine_table(texts: Sequence[str], vectors: np.ndarray) -> str:
    """The cosine of every pair of texts::

        cos(x, y) = x · y / (|x| |y|)

    Of many texts the nearest other one of each alone.
    """
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-30)
    cosines = (vectors / lengths) @ (vectors / lengths).T
    shown = [f"{i} {cut(visible(normalize(text)), COLUMNS)}" for i, text in enumerate(texts, 1)]
    if len(texts) <= WIDE:
        rows = [[f"{c:.3f}" for c in row] for row in cosines]
        header = ["cosine", *map(str, range(1, len(texts) + 1))]
        return table(header, [[text, *row] for text, row in zip(shown, rows, strict=True)])
    np.fill_diagonal(cosines, -np.inf)
    nearest = cosines.argmax(axis=1)
    return table(
        ["text", "cosine", "nearest"],
        [[shown[i], f"{cosines[i, j]:.3f}", shown[j]] for i, j in enumerate(nearest)],
    )


def write_vectors(path: Path, texts: Sequence[str], vectors: np.ndarray) -> None:
    """Texts and vectors: arrays ``texts (N,)`` and ``vectors (N, D)``, or D numbers and the text.

    Raises:
        OSError: see ``write_atomically``.
    """
    if path.suffix == ".npz":
        file = io.BytesIO()
        np.savez(file, texts=np.array(texts), vectors=vectors)
        write_atomically(path, file.getvalue())
        return
    lines = [
        "\t".join([*(f"{number:.7g}" for number in row), " ".join(text.split())])
        for text, row in zip(texts, vectors, strict=True)
    ]
    write_atomically(path, "".join(f"{line}\n" for line in lines).encode())
