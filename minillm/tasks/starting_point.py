"""Where a training begins: vocabulary and labels of its data, or those of an earlier run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from minillm.models import SequenceClassifier
from minillm.tasks.classification import TextClassifier
from minillm.tasks.encoding import TextEncoder
from minillm.tasks.recipe import Recipe, with_kept
from minillm.text import Example, Labels, LearnedTokenizer, tokenizer_for


class StartingPoint(NamedTuple):
    """What is settled before the first update."""

    recipe: Recipe
    encoder: TextEncoder
    labels: Labels


def starting_point(
    recipe: Recipe,
    examples: Sequence[Example],
    unlabelled: Sequence[str],
    run: str | Path | None,
) -> StartingPoint:
    """The vocabulary of all texts and the labels of the examples; or those of an earlier run.

    Raises:
        ValueError: there are no labels, or no token is frequent enough; as ``tokenizer_for``.
        OSError, CheckpointError: as ``TextClassifier.load``.
    """
    if run is not None:
        return start_from_run(Path(run), recipe)
    texts = [*(text for text, _ in examples), *unlabelled]
    tokenizer = tokenizer_for(recipe.tokenizer, texts, min_count=recipe.min_count)
    learned = isinstance(tokenizer, LearnedTokenizer)  # rare pairs are left out already
    encoder = TextEncoder.build(
        texts,
        tokenizer=tokenizer,
        max_length=recipe.max_length,
        min_count=1 if learned else recipe.min_count,
    )
    if not encoder.vocabulary.ordinary_ids.size:
        raise ValueError(f"no token of the texts occurs min_count = {recipe.min_count} times")
    return StartingPoint(recipe, encoder, Labels(label for _, label in examples))


def start_from_run(folder: Path, recipe: Recipe) -> StartingPoint:
    """Vocabulary, labels, sizes and pooling of an earlier run; of ``recipe``, all the rest.

    Raises:
        OSError, CheckpointError: as ``TextClassifier.load``.
        ValueError: ``recipe`` asks for another size, tokenizer or pooling than the run has.
    """
    earlier = TextClassifier.load(folder / "model.safetensors")
    if not isinstance(earlier.model, SequenceClassifier):
        raise ValueError(
            f"{folder}: a run to start from is a BERT's; finetune goes on with a GPT's"
        )
    config = earlier.model.bert.config
    sizes = {name: getattr(config, name) for name in ("width", "n_layers", "n_heads", "max_length")}
    kept = {
        **sizes,
        "tokenizer": earlier.encoder.tokenizer.name,
        "pooling": earlier.model.pooling,
    }
    return StartingPoint(with_kept(recipe, kept), earlier.encoder, earlier.labels)
