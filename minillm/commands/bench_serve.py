"""What ``bench`` times of serving: throughput and latency by the size of batches, and fewer bits.

The requests go to the worker of a server, without HTTP: what is measured is the model and the
batching.
"""

from __future__ import annotations

import statistics
import threading
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from minillm.autograd import no_grad
from minillm.backend import stream, to_numpy
from minillm.commands.bench_timing import Clock, in_turn, timed
from minillm.course import assets
from minillm.course.pretrained_gpt import held_out
from minillm.models import Bert, BertConfig, SequenceClassifier
from minillm.models.gpt_parts import next_tokens
from minillm.nn.quantization import STORED, quantize, stored_bytes
from minillm.ops import IGNORE
from minillm.serving import Job, Limits, Served, Worker, served
from minillm.tasks import TextClassifier, TextEncoder
from minillm.tasks.generation import LanguageModel
from minillm.text import Labels, Vocabulary, WordTokenizer, pad


@dataclass(frozen=True)
class Load:
    """Who asks what: ``clients`` ask again as soon as they are answered."""

    batches: tuple[int, ...] = (1, 2, 4, 8, 16)
    clients: int = 16
    requests: int = 256  # for a class each
    texts: int = 32  # to be written on
    length: int = 24  # tokens of each
    words: tuple[int, int] = (4, 30)  # of a text, at least and at most
    vocabulary: int = 1000
    width: int = 128
    n_layers: int = 4
    sentences: int = 1000  # that the models in fewer bits are scored on


LOAD = Load()


def batch_times(kind: str, load: Load, *, rounds: int, clock: Clock) -> dict[str, dict[str, float]]:
    """For each size of batches: answers per second, and milliseconds until one is there."""
    model, asked = WHAT[kind](load)
    work = {n: partial(answered, model, kind, asked, n, load.clients, clock) for n in load.batches}
    work[load.batches[0]]()  # warms up
    found: dict[int, list[dict[str, float]]] = {n: [] for n in load.batches}
    for _ in range(rounds):
        for n, ask in work.items():
            found[n].append(ask())
    return {
        str(n): {name: statistics.median(one[name] for one in row) for name in row[0]}
        for n, row in found.items()
    }


def answered(
    model: Served,
    kind: str,
    asked: Sequence[Mapping[str, Any]],
    batch: int,
    n_clients: int,
    clock: Clock,
) -> dict[str, float]:
    """Have all of it answered; throughput, and the median and the 95th percentile of latency."""
    worker = Worker(lambda: model, Limits(batch=batch, queue=n_clients))
    worker.served = model  # it is loaded: nobody has to wait for the thread
    clients = Clients(worker, kind, asked, clock)
    start = clock()
    for _ in range(n_clients):
        clients.ask()
    worker.start()
    clients.over.wait()
    seconds = clock() - start
    worker.stop()
    if clients.failure is not None:
        raise clients.failure
    ms = 1e3 * np.array(clients.took)
    return {
        "answers/s": len(asked) / seconds,
        "median ms": float(np.median(ms)),
        "95 % ms": float(np.percentile(ms, 95)),
    }


class Clients:
    """Each asks again as soon as it is answered, until everything has been asked."""

    def __init__(self, worker: Worker, kind: str, asked: Sequence[Mapping[str, Any]], clock: Clock):
        self.worker, self.kind, self.asked, self.clock = worker, kind, asked, clock
        self.rest, self.over = iter(range(len(asked))), threading.Event()
        self.began: dict[int, float] = {}
        self.took: list[float] = []
        self.failure: Exception | None = None

    def ask(self) -> None:
        """The next question, if there is one left."""
        number = next(self.rest, None)
        if number is not None:
            self.began[number] = self.clock()
            self.worker.submit(Job(self.kind, self.asked[number], partial(self.told, number)))

    def told(self, number: int, what: str, content: Any) -> None:
        """Keep the time of an answer; all is over where there is none."""
        if what == "refused":
            self.failure = content
            self.over.set()
        if what == "done":
            self.took.append(self.clock() - self.began[number])
            self.ask()
            if len(self.took) == len(self.asked):
                self.over.set()


def texts_to_classify(load: Load) -> tuple[Served, list[dict[str, Any]]]:
    """A BERT with random weights, and texts of all lengths."""
    rng = stream(0, "bench: serve")
    words = [f"w{i}" for i in range(load.vocabulary)]
    vocabulary, longest = Vocabulary(words), load.words[1] + 2
    sizes = {"width": load.width, "n_layers": load.n_layers, "hidden": 4 * load.width}
    bert = Bert(BertConfig(len(vocabulary), max_length=longest, **sizes), rng=rng)
    classifier = TextClassifier(
        SequenceClassifier(bert, 2, rng=rng),
        TextEncoder(WordTokenizer(), vocabulary, longest),
        Labels(["bad", "good"]),
    )
    lengths = rng.integers(load.words[0], load.words[1] + 1, size=load.requests)
    texts = [" ".join(rng.choice(words, size=int(n))) for n in lengths]
    return served(classifier, Limits()), [{"text": text} for text in texts]


def texts_to_write(load: Load) -> tuple[Served, list[dict[str, Any]]]:
    """The GPT of the lessons, and beginnings of sentences; nothing ends before its length."""
    language = assets.load("gpt")
    model: Any = served(language, Limits())
    model.end_of = lambda chat: ()
    texts = [" ".join(text.split()[:4]) for text in held_out_texts(load.texts)]
    asked = [{"text": t, "length": load.length, "seed": seed} for seed, t in enumerate(texts)]
    return model, asked


WHAT: dict[str, Callable[[Load], tuple[Served, list[dict[str, Any]]]]] = {
    "classify": texts_to_classify,
    "generate": texts_to_write,
}


def held_out_texts(n: int) -> list[str]:
    """Sentences that the GPT of the lessons did not see."""
    texts = held_out(assets.pretrained_gpt.SETTINGS)
    return texts[:: max(1, len(texts) // n)][:n]


def stored_accuracy(load: Load, *, rounds: int, clock: Clock) -> dict[str, dict[str, float]]:
    """The GPT of the lessons by how its linear layers are stored: what it says, and the time."""
    language = assets.load("gpt")
    kinds = {"float32": language}
    for kind in STORED:
        kinds[kind] = deepcopy(language)
        quantize(kinds[kind].model, kind)
    texts = held_out_texts(load.sentences)
    said = {kind: predicted(one, texts) for kind, one in kinds.items()}
    timers = {
        kind: partial(timed, partial(predicted, one, texts[:64]), 1, clock)
        for kind, one in kinds.items()
    }
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    for kind, ms in in_turn(timers, rounds):
        times[kind].append(ms)
    reference = said["float32"][0]
    return {
        kind: {
            "next token right": float((best == targets).mean()),
            "same as float32": float((best == reference).mean()),
            "nats": nats,
            "kB": stored_bytes(kinds[kind].model) / 1e3,
            "ms": statistics.median(times[kind]),
        }
        for kind, (best, targets, nats) in said.items()
    }


@no_grad()
def predicted(
    language: LanguageModel, texts: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, float]:
    """The most probable next token at each place, the one that is there, and the mean loss."""
    best, right, losses = [], [], []
    for start in range(0, len(texts), 64):
        ids, mask = pad([language.encode(text) for text in texts[start : start + 64]])
        inputs, targets = next_tokens(ids, mask)
        z = to_numpy(language.model(inputs, mask[:, :-1]).data).astype(np.float64)
        counted = targets != IGNORE
        z, targets = z[counted], targets[counted]
        z -= z.max(axis=1, keepdims=True)
        losses.append(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(z)), targets])
        best.append(z.argmax(axis=1))
        right.append(targets)
    return np.concatenate(best), np.concatenate(right), float(np.concatenate(losses).mean())
