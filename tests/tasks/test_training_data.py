"""Which texts a training learns from, examines and calls its own."""

import numpy as np
import pytest

from minillm.backend import CheckpointError
from minillm.tasks import ClassifierTraining
from tests.tasks.small import EXAMPLES, TEN_AND_TEN, train

UNLABELLED = ["A zebra sang.", "A zebra ran."] * 10


@pytest.mark.guide("G27")
def test_words_are_hidden_in_all_texts_and_labels_are_learned_of_labelled_ones():
    training = ClassifierTraining(TEN_AND_TEN, EXAMPLES, UNLABELLED)
    batch_size = TEN_AND_TEN.batch_size
    pretraining = list(training.pretraining().batches(0, 80 // batch_size))
    finetuning = list(training.finetuning().batches(0, -(-60 // batch_size)))
    assert [sum(len(b.ids) for b in batches) for batches in (pretraining, finetuning)] == [80, 60]
    zebra = training.encoder.vocabulary.token_to_id["zebra"]
    hidden = np.concatenate([batch.targets.ravel() for batch in pretraining])
    assert (hidden == zebra).any()
    assert not any((batch.ids == zebra).any() for batch in finetuning)


def test_the_label_to_find_is_the_rarest_of_training():
    for rare, many in (("good", "bad"), ("bad", "good")):
        examples = [e for i, e in enumerate(EXAMPLES) if e.label == many or i % 3]
        assert ClassifierTraining(TEN_AND_TEN, examples).result().positive == rare


def test_a_run_that_is_examined_on_other_texts_is_another_run(tmp_path):
    rest, held_out = EXAMPLES[6:], EXAMPLES[:6]
    train(TEN_AND_TEN, rest, held_out=held_out, out=tmp_path, stop=20)
    with pytest.raises(CheckpointError, match="held_out: has another content"):
        train(TEN_AND_TEN, rest, held_out=held_out[1:], out=tmp_path, resume=True)
    _, steps = train(TEN_AND_TEN, rest, held_out=held_out, out=tmp_path, resume=True)
    assert steps == []
