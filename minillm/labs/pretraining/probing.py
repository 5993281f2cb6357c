"""Linear probes on vectors of sentences: how they are read, and which of them is chosen.

Letters: N sentences, D numbers of a vector.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minillm.models import POOLINGS, Bert
from minillm.tasks.collation import collate_sentences, lengths_of
from minillm.tasks.interpretation.probes import Labelled, Probe, fitted_probe
from minillm.training import bucketed_order, evaluating


def sentence_vectors(
    encoder: Bert, sequences: Sequence[np.ndarray], poolings: Sequence[str], rows: int
) -> dict[str, np.ndarray]:
    """The vector of every sentence by each reading, (N, D), in float64; the encoder is frozen."""
    read = {name: np.zeros((len(sequences), encoder.config.width)) for name in poolings}
    order = bucketed_order(lengths_of(sequences), batch_size=rows, rng=None)
    with evaluating(encoder):
        for batch in map(collate_sentences(sequences), order):
            hidden = encoder(batch.ids, batch.mask)
            for name, vectors in read.items():
                vectors[batch.indices] = POOLINGS[name](hidden, batch.mask).data
    return read


def best_probe(
    learned: dict[str, Labelled],
    dev: dict[str, Labelled],
    penalties: Sequence[float],
    *,
    n_classes: int,
) -> tuple[str, Probe]:
    """The reading and the penalty that are best on ``dev``, of equals the first, and the probe."""
    tried = [
        (name, fitted_probe(rows, l2, n_classes=n_classes))
        for name, rows in learned.items()
        for l2 in penalties
    ]
    right = [probe.accuracy(dev[name]) for name, probe in tried]
    return tried[int(np.argmax(right))]
