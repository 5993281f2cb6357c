"""What fine-tuning begins with: a model that has read much, and what its language costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, Self

import numpy as np

from minillm.models import Gpt, GptClassifier, MaskedLanguageModel, SequenceClassifier
from minillm.nn import load_with_adapters
from minillm.tasks.classification import TextClassifier
from minillm.tasks.encoding import TextEncoder
from minillm.tasks.generation.held_out import language_loss
from minillm.tasks.generation.language_model import LanguageModel
from minillm.tasks.masked_lm import held_out_batches, n_hidden
from minillm.text import encode_text
from minillm.training import mean_loss


class Pretrained(Protocol):
    """A pretrained model with its tokens; ``earlier`` is what it has learned to classify before."""

    model: Any  # with its language head
    usual_pooling: str
    encoder: TextEncoder
    earlier: TextClassifier | None

    def fresh(self, rng: np.random.Generator) -> Self:
        """The same weights in another model, whose dropout draws from ``rng``."""

    def classifier(self, n_classes: int, *, rng: np.random.Generator, pooling: str) -> Any:
        """The body under a new classification head."""

    def language_loss(self, texts: Sequence[str]) -> float:
        """What a token of these texts costs, in nats, by the objective of pretraining.

        Raises:
            ValueError: no token can be asked for; there is no language head.
        """


class BertBody:
    """A BERT under its masked-language head, which a classifier's file alone does not have.

    ``seed`` chooses the words that are hidden where its language is measured.

    Guide: 2.1, 9.3.4 (G32).
    """

    usual_pooling = "cls"

    def __init__(
        self,
        model: MaskedLanguageModel,
        encoder: TextEncoder,
        *,
        earlier: TextClassifier | None = None,
        has_head: bool = True,
        seed: int = 0,
    ):
        self.model, self.encoder, self.seed = model, encoder, seed
        self.earlier, self.has_head = earlier, has_head

    def fresh(self, rng: np.random.Generator) -> BertBody:
        """The same weights in another model, whose dropout draws from ``rng``."""
        bert = type(self.model.bert)(self.model.bert.config, rng=rng)
        model = MaskedLanguageModel(bert, rng=rng)
        load_with_adapters(model, self.model.state_dict())
        return BertBody(
            model, self.encoder, earlier=self.earlier, has_head=self.has_head, seed=self.seed
        )

    def classifier(
        self, n_classes: int, *, rng: np.random.Generator, pooling: str
    ) -> SequenceClassifier:
        """The encoder under a new classification head."""
        return SequenceClassifier(self.model.bert, n_classes, rng=rng, pooling=pooling)

    def language_loss(self, texts: Sequence[str]) -> float:
        """What a hidden word of these texts costs, in nats; always the same words are hidden."""
        if not self.has_head:
            raise ValueError(
                "the file of a classifier has no masked-language head, by which forgetting is "
                "measured: give the folder of its run, with the checkpoint"
            )
        words = self.encoder.vocabulary
        batches = held_out_batches(self.encoder(texts), words, seed=self.seed)
        loss, n = mean_loss(self.model, batches, lambda batch: self.model.loss(*batch), n_hidden)
        if not n:
            raise ValueError(f"{len(texts)} texts have no known token to hide")
        return loss


class GptBody:
    """A GPT; what it has read by the last token classifies.

    ``documents``: it was trained on texts with a beginning and an end: see ``LanguageModel``.

    Guide: 2.1, 9.2, 9.3.4 (G32, G33).
    """

    usual_pooling = "last"

    def __init__(
        self,
        model: Gpt,
        encoder: TextEncoder,
        *,
        documents: bool = True,
        earlier: TextClassifier | None = None,
    ):
        self.model, self.encoder = model, encoder
        self.documents, self.earlier = documents, earlier

    @classmethod
    def of(cls, language: LanguageModel) -> GptBody:
        """The body of a language model."""
        longest = language.model.config.max_length
        encoder = TextEncoder(language.tokenizer, language.vocabulary, longest, ("bos", "eos"))
        return cls(language.model, encoder, documents=language.documents)

    def fresh(self, rng: np.random.Generator) -> GptBody:
        """The same weights in another model, whose dropout draws from ``rng``."""
        model = Gpt(self.model.config, rng=rng)
        load_with_adapters(model, self.model.state_dict())
        return GptBody(model, self.encoder, documents=self.documents, earlier=self.earlier)

    def classifier(
        self, n_classes: int, *, rng: np.random.Generator, pooling: str
    ) -> GptClassifier:
        """The decoder under a classification head."""
        return GptClassifier(self.model, n_classes, rng=rng, pooling=pooling)

    def language_loss(self, texts: Sequence[str]) -> float:
        """What a next token of these texts costs, in nats."""
        return language_loss(self.model, [self.ids(text) for text in texts])

    def ids(self, text: str) -> np.ndarray:
        """A text as it was read in pretraining, whole."""
        ids = encode_text(text, self.encoder.tokenizer, self.encoder.vocabulary)
        if not self.documents:
            return ids
        first, last = (self.encoder.vocabulary.id_of(role) for role in self.encoder.roles)
        return np.array([first, *ids, last])
