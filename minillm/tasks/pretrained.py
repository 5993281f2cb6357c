"""A BERT that has been pretrained and not yet fine-tuned: with its tokens, to be stored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from minillm.backend import reading, stream
from minillm.models import Bert, BertConfig, MaskedLanguageModel
from minillm.nn import state_for_file
from minillm.tasks.encoding import TextEncoder

KIND = "pretrained bert"


@dataclass(frozen=True)
class PretrainedBert:
    """The encoder under its masked-language head, and how texts become its ids.

    Guide: 2.1 (G29).
    """

    model: MaskedLanguageModel
    encoder: TextEncoder

    def parts(self) -> tuple[dict[str, np.ndarray], dict[str, str]]:
        """What ``save_arrays`` takes: the weights, and what they are the weights of.

        Raises:
            ValueError: as ``state_for_file``.
        """
        described = {
            "kind": KIND,
            "config": json.dumps(asdict(self.model.bert.config)),
            "encoder": json.dumps(self.encoder.to_json(), ensure_ascii=False),
        }
        return state_for_file(self.model), described

    @classmethod
    def from_parts(
        cls, arrays: Mapping[str, np.ndarray], described: Mapping[str, str]
    ) -> PretrainedBert:
        """The model of these parts, in float32, ready to read; its weights may be float16.

        Raises:
            CheckpointError: they are those of something else.
        """
        with reading(KIND, described):
            config = BertConfig(**json.loads(described["config"]))
            encoder = TextEncoder.from_json(json.loads(described["encoder"]))
            rng = stream(0, "overwritten at once")
            model = MaskedLanguageModel(Bert(config, rng=rng), rng=rng)
            model.load_state_dict(arrays)
        return cls(model.eval(), encoder)
