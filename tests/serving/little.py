"""Small models with random weights, an application around them, and ways to ask it."""

import threading
import time
from contextlib import contextmanager

import pytest

from minillm.backend import stream
from minillm.models import Bert, BertConfig, Gpt, GptClassifier, GptConfig, SequenceClassifier
from minillm.serving import Job, Limits, Worker, served
from minillm.tasks import TextClassifier, TextEncoder
from minillm.tasks.generation import LanguageModel
from minillm.text import CharacterTokenizer, Labels, Vocabulary, WordTokenizer

WORDS = ["the", "film", "play", "was", "good", "bad", "dull", "not", "very", "a", "电影", "好"]
TEXTS = ["the film was good", "bad", "the play was not very good", "a dull film", "very very bad"]
GPT_ROLES = {"bos": "<|endoftext|>", "eos": "<|endoftext|>", "unknown": "<|unknown|>"}
HOST = "http://localhost:8000"


def classifier(body="bert"):
    """Two labels, two layers, twelve words."""
    rng = stream(0, "a served classifier")
    vocabulary = Vocabulary(WORDS)
    roles = ("cls", "sep") if body == "bert" else ("bos", "eos")
    encoder = TextEncoder(WordTokenizer(), vocabulary, 16, roles)
    sizes = {"width": 16, "n_layers": 2, "n_heads": 2, "max_length": 16}
    if body == "bert":
        inner = Bert(BertConfig(len(vocabulary), hidden=32, **sizes), rng=rng)
        model = SequenceClassifier(inner, 2, rng=rng)
    else:
        model = GptClassifier(Gpt(GptConfig(len(vocabulary), **sizes), rng=rng), 2, rng=rng)
    spread(model, rng)
    return TextClassifier(model, encoder, Labels(["bad", "good"]))


def language(max_length=48):
    """A GPT of letters that has learned nothing."""
    rng = stream(0, "a served language model")
    vocabulary = Vocabulary([*"abcdefghilmnoprstuvwy."], special=GPT_ROLES)
    config = GptConfig(len(vocabulary), width=16, n_layers=2, n_heads=2, max_length=max_length)
    model = Gpt(config, rng=rng)
    spread(model, rng)
    return LanguageModel(model.eval(), CharacterTokenizer(), vocabulary, documents=True)


def spread(model, rng):
    """Weights so large that answers differ from text to text."""
    for parameter in model.parameters():
        if parameter.ndim == 2:
            parameter.data = rng.standard_normal(parameter.shape, dtype="float32") * 0.4


class Held:
    """A served model that waits before each batch, and keeps what the batches were."""

    def __init__(self, inner):
        self.inner, self.batches = inner, []
        self.go, self.busy = threading.Event(), threading.Event()
        self.kinds, self.written = inner.kinds, inner.written

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def answers(self, kind, questions):
        self.batches.append(len(questions))
        self.busy.set()
        self.go.wait(10)
        return self.inner.answers(kind, questions)


class Told:
    """What a worker says of one question."""

    def __init__(self, kind, **asked):
        self.events, self.over = [], threading.Event()
        self.job = Job(kind, asked, self.tell)

    def tell(self, what, content):
        self.events.append((what, content))
        if what != "token":
            self.over.set()

    def answer(self):
        """The last event, once it is there."""
        assert self.over.wait(10)
        return self.events[-1]


@contextmanager
def working(model, **limits):
    """A worker that has loaded its model: one of ours, or something that is served already."""
    bounds = Limits(**limits)
    ready = model if hasattr(model, "kinds") else served(model, bounds)
    worker = Worker(lambda: ready, bounds)
    worker.start()
    until(lambda: worker.served is not None)
    try:
        yield worker
    finally:
        if isinstance(model, Held):
            model.go.set()
        worker.stop()
        assert not worker.thread.is_alive()


def until(true, seconds=10):
    """Wait for something that another thread does."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.002)


@contextmanager
def client(model, *, wait=True, **limits):
    """A client of an application that runs in this process."""
    testclient = pytest.importorskip("starlette.testclient", reason="needs the extra serve")
    from minillm.serving.application import application
    from minillm.serving.ending import Ending

    bounds = Limits(**limits)
    load = model if callable(model) else lambda: served(model, bounds)
    worker = Worker(load, bounds)
    ending = Ending(worker)
    app = application(worker, bounds, ending=ending)
    with testclient.TestClient(app, base_url=HOST) as found:
        found.worker, found.ending = worker, ending
        if wait:
            until(lambda: worker.served is not None)
        yield found
