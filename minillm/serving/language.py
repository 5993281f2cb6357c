"""A language model behind a page: tokens, attention, what comes next, and texts that go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minillm.models.decoding import CachedReader, Reader, RecomputingReader, aligned
from minillm.models.decoding.readers import reader_of
from minillm.nn.quantization import Float16Linear, Int8Linear
from minillm.ops import softmax
from minillm.serving.attention import as_lists, attention_of
from minillm.serving.fields import Fields
from minillm.serving.limits import Limits
from minillm.serving.refusals import empty, not_possible
from minillm.serving.sampling import Sampling, sampling_of
from minillm.serving.texts import Reading, percent, within
from minillm.serving.writing import Writing
from minillm.tasks.generation import LanguageModel
from minillm.text.documents import Message


@dataclass(frozen=True)
class Question:
    """A text as it is read, and what is wanted of it."""

    reading: Reading
    layer: int = 0
    count: int = 10
    sampling: Sampling | None = None


class ServedLanguage:
    """Answers about texts and what stands behind them; texts are cut at their beginning.

    Guide: 7.3.3 (G64).
    """

    kinds = ("tokens", "attention", "next", "generate")
    written = "generate"

    def __init__(self, language: LanguageModel, limits: Limits, more: Mapping[str, Any]):
        self.language, self.limits, self.more = language, limits, more
        self.longest = min(language.model.config.max_length, limits.max_tokens)
        self.chat = knows_template(language)
        self.next_reader = RecomputingReader(language.model)  # keeps no keys in memory
        self.reader = self.writing_reader()

    def writing_reader(self) -> Reader:
        """What texts are written with; it keeps keys for no more positions than may be needed."""
        model = self.language.model
        kinds = (Int8Linear, Float16Linear)
        packed = any(isinstance(module, kinds) for _, module in model.named_modules())
        reader = CachedReader(model) if packed else reader_of(model)
        reader.max_length = min(reader.max_length, 2 * self.limits.max_tokens)
        return reader

    def about(self) -> dict[str, Any]:
        """What it is and what it can do."""
        config = self.language.model.config
        return {
            "kind": "language model",
            "body": "gpt",
            "can": list(self.kinds) + ["chat"] * self.chat,
            "layers": config.n_layers,
            "heads": config.n_heads,
            "vocabulary": config.vocabulary_size,
            "max_tokens": self.longest,
            "max_new_tokens": self.limits.max_tokens,
            **self.more,
        }

    def question(self, kind: str, asked: Mapping[str, Any]) -> Question:
        """The text as it is read, and the settings.

        Raises:
            Refused: 422; there is no token in it, it is too long, a field is wrong.
        """
        fields, size = Fields(asked), len(self.language.vocabulary)
        text, cut = fields.text(), fields.flag("cut")
        layer, count, sampling, chat = 0, 10, None, False
        if kind == "attention":
            last = self.language.model.config.n_layers - 1
            layer = fields.whole("layer", last, least=0, most=last)
        elif kind == "next":
            count = fields.whole("count", min(10, size), least=1, most=min(50, size))
        elif kind == "generate":
            chat = fields.flag("chat")
            if chat and not self.chat:
                raise not_possible("this model has no template of conversations", "no_template")
            sampling = sampling_of(fields, self.limits.max_tokens, size, self.end_of(chat))
            fields.flag("stream")  # the endpoint's
        fields.finish()
        reading = self.read(text, cut, chat, begun=kind in ("next", "generate"))
        return Question(reading, layer, count, sampling)

    def end_of(self, chat: bool) -> tuple[int, ...]:
        """The ids that end a text."""
        language = self.language
        end = [language.vocabulary.token_to_id[language.template.end]] if chat else []
        return (language.frame[1], *end)

    def read(self, text: str, cut: bool, chat: bool, *, begun: bool) -> Reading:
        """The ids of a text that is to go on, or of a message that is to be answered."""
        language = self.language
        if not text and not begun:
            raise empty()
        if chat:
            template, said = language.template, [Message("user", text)]
            ids = template.encode(said, language.tokenizer, language.vocabulary, ask=True)
        else:
            ids = language.prompt(text)
        left_out = within(len(ids), self.longest, cut and not chat)  # a template stays whole
        ids = ids[left_out:]
        if not len(ids):
            raise empty()
        unknown = language.vocabulary.special.get("unknown")
        known = [token != unknown for token in language.vocabulary.decode(ids)]
        return Reading(ids, language.spelled(ids), known, left_out)

    def together(self, kind: str, questions: Sequence[Question]) -> bool:
        """Whether no text loses its beginning only because another one is long.

        Texts that are written stand with their ends below each other, so that the positions of the
        longest text and of the longest continuation are needed for all.
        """
        if kind != self.written:
            return True
        return room(questions) <= self.reader.max_length

    def answers(self, kind: str, questions: Sequence[Question]) -> list[dict[str, Any]]:
        """Of one batch; each has the tokens that were read."""
        found: list[dict[str, Any]] = [
            {"tokens": one.reading.tokens(), "cut": one.reading.cut} for one in questions
        ]
        parts: dict[str, Callable[[Sequence[Question]], list[dict[str, Any]]]] = {
            "tokens": lambda _: [{}] * len(found),
            "attention": self.attention,
            "next": self.next_tokens,
        }
        for answer, part in zip(found, parts[kind](questions), strict=True):
            answer.update(part)
        return found

    def attention(self, questions: Sequence[Question]) -> list[dict[str, Any]]:
        """The heads of one layer."""
        layers = [one.layer for one in questions]
        texts = [one.reading.ids for one in questions]
        weights = attention_of(self.language.model, texts, layers)
        return [{"layer": n, "heads": as_lists(w)} for n, w in zip(layers, weights, strict=True)]

    def next_tokens(self, questions: Sequence[Question]) -> list[dict[str, Any]]:
        """The most probable tokens behind each text, and what is left for all others."""
        logits = self.next_reader.start(*aligned([one.reading.ids for one in questions]))
        found = []
        for row, one in zip(softmax.rule(logits.astype(np.float64))[0], questions, strict=True):
            if not np.isfinite(row).all():
                raise ValueError("the model computes NaN: its weights are damaged")
            best = np.argsort(-row, kind="stable")[: one.count]
            names = self.language.spelled(best)
            rows = [
                {"text": name, "id": int(i), "p": percent(row[i])}
                for name, i in zip(names, best, strict=True)
            ]
            found.append({"next": rows, "others": percent(max(1.0 - row[best].sum(), 0.0))})
        return found

    def writing(self, jobs: Sequence[Any]) -> Writing:
        """Texts that are written side by side."""
        longest = self.reader.max_length
        alone = room([job.question for job in jobs]) > longest  # it forgets its beginning
        keep = longest // 2 if alone and longest > 1 else None
        return Writing(self.language, self.reader, jobs, keep)


def room(questions: Sequence[Question]) -> int:
    """How many positions these texts and what is written behind them need, side by side."""
    prompt = max(len(one.reading.ids) for one in questions)
    return prompt + max(one.sampling.length for one in questions if one.sampling) - 1


def knows_template(language: LanguageModel) -> bool:
    """Whether the tokens of the model's conversations are in its vocabulary."""
    try:
        language.template.require_known(language.vocabulary)
    except ValueError:
        return False
    return True
