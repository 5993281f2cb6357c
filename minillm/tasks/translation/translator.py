"""A trained encoder-decoder with the tokens that it was trained with: translate, save, load.

Letters: S tokens of a source, T tokens of its target.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minillm.backend import load_arrays, reading, save_arrays
from minillm.models.decoding import (
    Hypothesis,
    SourceReader,
    Text,
    beam_searches,
    generate,
    greedy,
)
from minillm.models.decoding.choosing import Choice
from minillm.models.encoder_decoder import EncoderDecoder
from minillm.nn import state_for_file
from minillm.tasks.translation.batches import ROWS, as_ids, translation_loss
from minillm.tasks.translation.tokens import TranslationTokens
from minillm.text import pad
from minillm.text.parallel_files import Pair
from minillm.training import bucketed_order

KIND = "translator"


class Translation(NamedTuple):
    """What a sentence was translated to."""

    text: str
    tokens: list[str]  # each as a text of its own, with the one that ended it
    log_p: list[float]  # of each, in nats, as the model has it
    stopped: bool  # by itself; False where the length did it


class Translator:
    """An encoder-decoder and the tokens of both languages.

    Raises:
        ValueError: the vocabularies are not as large as the model's.
    Guide: 6.2 (G38).
    """

    def __init__(self, model: EncoderDecoder, tokens: TranslationTokens):
        sizes = len(tokens.source.vocabulary), len(tokens.target.vocabulary)
        wanted = model.config.source_size, model.config.target_size
        if sizes != wanted:
            raise ValueError(f"Translator: {sizes} tokens, but the model was made for {wanted}")
        vocabulary = tokens.target.vocabulary
        self.bos, self.eos = vocabulary.id_of("bos"), vocabulary.id_of("eos")
        self.model, self.tokens = model, tokens

    def translate(self, texts: Sequence[str], *, width: int = 1, alpha: float = 0.6) -> list[str]:
        """The translation of every text, by ``search``."""
        return [one.text for one in self.search(texts, width=width, alpha=alpha)]

    def search(
        self, texts: Sequence[str], *, width: int = 1, alpha: float = 0.6, cut: bool = False
    ) -> list[Translation]:
        """The best translation of every text that ``width`` beams find; with one beam, greedily.

        With ``cut``, of a text that is longer than the model reads its first tokens are translated.

        ``alpha`` is the length penalty of beams: see ``beam_search``.  A text's translation does
        not depend on the others.

        Raises:
            ValueError: a text is longer than the model reads: names it; a number out of its range.
        """
        if width == 1:
            return [row[0] for row in self.write(texts, cut=cut)]
        sources, found = self.sources(texts, cut=cut), dict[int, Translation]()
        for rows in bucketed_order([len(one) for one in sources], batch_size=ROWS, rng=None):
            several = self.beams([sources[i] for i in rows], width, alpha)
            for i, (best, *_) in zip(rows, several, strict=True):
                found[int(i)] = self.translation(Text(best.tokens, best.log_p, best.stopped))
        return [found[i] for i in range(len(texts))]

    def beams(
        self, sources: Sequence[np.ndarray], width: int, alpha: float
    ) -> list[list[Hypothesis]]:
        """The ``width`` best translations of the ids of each sentence, best first."""
        return beam_searches(
            SourceReader(self.model, *pad(sources)),
            [[self.bos]] * len(sources),
            self.model.config.max_length,
            width=width,
            alpha=alpha,
            stop_ids=[self.eos],
        )

    def write(
        self,
        texts: Sequence[str],
        *,
        n_samples: int = 1,
        choose: Choice = greedy,
        cut: bool = False,
    ) -> list[list[Translation]]:
        """``n_samples`` translations of every text, alike lengths side by side.

        ``choose`` is ``greedy``, or ``sampling(rng)`` for translations that differ.

        Raises:
            ValueError: as ``search``.
        """
        sources = self.sources(texts, cut=cut)
        written: list[list[Translation]] = [[] for _ in texts]
        for rows in bucketed_order([len(one) for one in sources], batch_size=ROWS, rng=None):
            reader = SourceReader(self.model, *pad([sources[i] for i in rows]))
            found = generate(
                reader,
                [[self.bos]] * len(rows),
                self.model.config.max_length,
                n_samples=n_samples,
                choose=choose,
                stop_ids=[self.eos],
            )
            for i, several in zip(rows, found, strict=True):
                written[i] = [self.translation(one) for one in several]
        return written

    def translation(self, text: Text) -> Translation:
        """What was written, as texts."""
        spelled = self.tokens.target.spelled(text.tokens)
        return Translation(self.tokens.decode(text.tokens), spelled, text.log_p, text.stopped)

    def sources(self, texts: Sequence[str], *, cut: bool = False) -> list[np.ndarray]:
        """The ids of every text; with ``cut``, of a long one the first, and the last of all.

        Raises:
            ValueError: as ``search``.
        """
        longest, found = self.model.config.max_length, []
        for place, text in enumerate(texts, start=1):
            found.append(self.tokens.encode_source(text))
            if len(found[-1]) > longest and cut:
                found[-1] = np.append(found[-1][: longest - 1], found[-1][-1])  # that of the end
            elif len(found[-1]) > longest:
                raise ValueError(
                    f"sentence {place} is over-long: {len(found[-1])} tokens, and the model reads "
                    f"{longest}: {text[:40]!r}..."
                )
        return found

    def loss(self, pairs: Sequence[Pair]) -> float:
        """The mean of -ln p(token | source, tokens before it), in nats: see ``translation_loss``.

        Raises:
            ValueError: no pair is short enough for the model.
        """
        return translation_loss(
            self.model, as_ids(pairs, self.tokens, self.model.config.max_length)
        )

    def save(self, path: str | Path) -> None:
        """Write weights, configuration, tokenisers and vocabularies into one file, atomically.

        Raises:
            ValueError: as ``state_for_file``; nothing was written.
            OSError: see ``save_arrays``.
        """
        described = {"config": asdict(self.model.config), "tokens": self.tokens.to_json()}
        written = {name: json.dumps(one, ensure_ascii=False) for name, one in described.items()}
        save_arrays(path, state_for_file(self.model), {"kind": KIND} | written)

    @classmethod
    def load(cls, path: str | Path) -> Translator:
        """The translator that ``save`` wrote, ready to translate.

        Raises:
            OSError: the file is missing or not readable.
            CheckpointError: damaged, or not a translator.
        """
        arrays, described = load_arrays(path)
        with reading(KIND, described, f"{path}: "):
            model = EncoderDecoder.of(json.loads(described["config"]))
            model.load_state_dict(arrays)
            return cls(model.eval(), TranslationTokens.from_json(json.loads(described["tokens"])))
