"""A trained language model with all that it needs to read and write texts: save, load, generate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minillm.backend import CheckpointError, load_arrays, save_arrays
from minillm.models.decoding import Text, aligned, generate, stop_at, stream_text, stream_tokens
from minillm.models.decoding.prompts import check_room
from minillm.models.decoding.readers import reader_of
from minillm.models.decoding.stopping import Decode
from minillm.models.gpt import Gpt
from minillm.nn import state_for_file
from minillm.ops import softmax
from minillm.tasks.generation.chat import ChatTemplate
from minillm.tasks.generation.held_out import language_loss
from minillm.tasks.generation.language_files import header, read_parts
from minillm.text import (
    Tokenizer,
    Vocabulary,
    decode_ids,
    encode_text,
)
from minillm.text.documents import Document

BEGINNING = "\n"  # of a text of which nothing is given, where it never began in training


class Continuation(NamedTuple):
    """What was written behind a prompt."""

    text: str  # without the stop string that ended it, or special tokens
    tokens: list[str]  # each as a text of its own, with the one that ended it
    log_p: list[float]  # of each, in nats, as the model has it before any filter
    stopped: bool  # by itself or a stop string; False where the length did it


class LanguageModel:
    """A GPT with the tokeniser and the vocabulary that it was trained with.

    ``documents``: it was trained on texts with a beginning and an end, each framed by the tokens
    of the roles bos and eos; else on one long text.  ``template`` is how it writes conversations.

    Raises:
        ValueError: the vocabulary is not as large as the model's; it lacks bos or eos; the
            template names a token that it does not have.
    Guide: 1.4.3, 9.2 (G30, G40).
    """

    def __init__(
        self,
        model: Gpt,
        tokenizer: Tokenizer,
        vocabulary: Vocabulary,
        *,
        documents: bool,
        template: ChatTemplate | None = None,
    ):
        if len(vocabulary) != model.config.vocabulary_size:
            raise ValueError(
                f"LanguageModel: {len(vocabulary)} tokens, but the model was made for "
                f"{model.config.vocabulary_size}"
            )
        self.frame = vocabulary.id_of("bos"), vocabulary.id_of("eos")
        self.model, self.tokenizer, self.vocabulary = model, tokenizer, vocabulary
        self.documents, self.template = bool(documents), template or ChatTemplate()
        if template is not None:
            template.require_known(vocabulary)

    def encode(self, document: Document) -> np.ndarray:
        """The ids of a document as it was trained on, (T,)."""
        if not isinstance(document, str):
            ids = self.template.encode(document, self.tokenizer, self.vocabulary)
            return np.append(ids, self.frame[1])
        ids = encode_text(document, self.tokenizer, self.vocabulary)
        return np.array([self.frame[0], *ids, self.frame[1]]) if self.documents else ids

    def prompt(self, text: str) -> np.ndarray:
        """The ids of a text that is to go on, (T,), at least one."""
        ids = encode_text(text, self.tokenizer, self.vocabulary)
        if self.documents:
            return np.array([self.frame[0], *ids])
        return ids if len(ids) else self.beginning()

    def beginning(self) -> np.ndarray:
        """What stands for the beginning of a text without one: a line end, where it has a token."""
        ids = encode_text(BEGINNING, self.tokenizer, self.vocabulary)
        return ids if len(ids) else np.array([self.frame[0]])

    def decode(self, ids: Any) -> str:
        """The text of some ids, without special tokens."""
        return decode_ids(ids, self.tokenizer, self.vocabulary, skip_special=True)

    def spelled(self, ids: Any) -> list[str]:
        """The text of each id by itself; a special token is what it is called."""
        special = self.vocabulary.is_special(ids)
        return [
            self.vocabulary.tokens[i] if apart else self.decode([i])
            for i, apart in zip(ids, special, strict=True)
        ]

    def loss(self, documents: Sequence[Document]) -> float:
        """The mean of -ln p(token | tokens before it), in nats: see ``language_loss``.

        Raises:
            ValueError: no token has one before it.
        """
        return language_loss(self.model, [self.encode(one) for one in documents])

    def next_tokens(self, text: str, n: int = 10) -> list[tuple[str, float]]:
        """The ``n`` most probable tokens behind a text, each with its probability.

        Raises:
            ValueError: the text is longer than the model reads.
        """
        ids, real = aligned([self.prompt(text)])
        reader = reader_of(self.model)
        check_room(ids.shape[1], 1, reader.max_length, None)
        p = softmax.rule(reader.start(ids, real)[0].astype(np.float64))[0]
        best = np.argsort(-p, kind="stable")[:n]
        return list(zip(self.spelled(best), p[best].tolist(), strict=True))

    def write(
        self, prompts: Sequence[str], n_new: int, *, stop: Sequence[str] = (), **options: Any
    ) -> list[list[Continuation]]:
        """Texts behind every prompt, ``written[prompt][sample]``, by ``generate`` and its options.

        A text ends with its end token, or before one of the strings ``stop``.  Beyond
        ``max_length`` the older half is forgotten, as with ``keep``.

        Raises:
            ValueError, TypeError: as ``generate``.
        """
        ids = [self.prompt(text) for text in prompts]
        given = {**self.room(), **options, "stop_ids": [self.frame[1]]}
        if stop:
            given["stop"] = stop_at(stop, self.decode)
        texts = generate(self.model, ids, n_new, **given)
        return [
            [self.continuation(one, before, stop) for one in row]
            for before, row in zip(ids, texts, strict=True)
        ]

    def continuation(
        self, text: Text, before: np.ndarray, stop: Sequence[str] = ()
    ) -> Continuation:
        """What was written behind the ids ``before``, as texts."""
        shown = "".join(stream_text(text.tokens, self.behind(before), stop))
        return Continuation(shown, self.spelled(text.tokens), text.log_p, text.stopped)

    def behind(self, before: np.ndarray) -> Decode:
        """How tokens read behind others: words have a blank between, where their kind has one."""
        length = len(self.decode(before))
        return lambda tokens: self.decode([*before, *tokens])[length:]

    def stream(
        self,
        ids: np.ndarray,
        n_new: int,
        *,
        stop: Sequence[str] = (),
        stop_ids: Sequence[int] = (),
        **options: Any,
    ) -> Iterator[str]:
        """The text behind ``ids (T,)`` in pieces, as it is written."""
        ends = [self.frame[1], *stop_ids]
        given = {**self.room(), **options, "stop_ids": ends}
        steps = stream_tokens(self.model, [ids], n_new, **given)
        tokens = (int(step.ids[0]) for step in steps)
        return stream_text(tokens, self.behind(ids), stop)

    def room(self) -> dict[str, int]:
        """How much is remembered where the positions are full: half of them."""
        longest = self.model.config.max_length
        return {"keep": longest // 2} if longest > 1 else {}

    def parts(self) -> tuple[dict[str, np.ndarray], dict[str, str]]:
        """What ``save_arrays`` takes: the weights, and all else as JSON.

        Raises:
            ValueError: as ``state_for_file``.
        """
        described = header(
            self.model.config, self.tokenizer, self.vocabulary, self.documents, self.template
        )
        return state_for_file(self.model), described

    @classmethod
    def from_parts(
        cls, arrays: Mapping[str, np.ndarray], described: Mapping[str, str]
    ) -> LanguageModel:
        """The language model of these parts, ready to write; float16 becomes float32.

        Raises:
            CheckpointError: they are those of something else.
        """
        model, tokenizer, vocabulary, documents, template = read_parts(arrays, described)
        language = cls(model, tokenizer, vocabulary, documents=documents)
        # its tokens may be unknown here where nobody has asked for conversations
        language.template = template
        return language

    def save(self, path: str | Path) -> None:
        """Write weights, configuration, tokeniser, vocabulary and template into one file.

        Raises:
            OSError: see ``save_arrays``.
        """
        save_arrays(path, *self.parts())

    @classmethod
    def load(cls, path: str | Path) -> LanguageModel:
        """The language model that ``save`` wrote, ready to write.

        Raises:
            OSError: the file is missing or not readable.
            CheckpointError: damaged, or not a language model.
        """
        arrays, described = load_arrays(path)
        try:
            return cls.from_parts(arrays, described)
        except (CheckpointError, ValueError) as error:
            raise CheckpointError(f"{path}: {error}") from error
