"""Everything random in a training comes from its seed, and no two things from one stream."""

from dataclasses import replace

from minillm.tasks import ClassifierTraining, evaluate_masked
from tests.streams import asked_twice, note_streams
from tests.tasks.small import EXAMPLES, TEN_AND_TEN


def test_weights_orders_masks_and_the_masks_of_a_score_have_streams_of_their_own(monkeypatch):
    found, seed, parts = note_streams(monkeypatch), 7, []

    def new_streams():
        """What was asked for since the last time."""
        parts.append(set(found))
        found.clear()
        return parts[-1]

    training = ClassifierTraining(replace(TEN_AND_TEN, seed=seed), EXAMPLES)
    assert len(new_streams()) == 3  # the encoder and both heads
    for stage, n_streams in ((training.pretrain, 10 + 2), (training.finetune, 2)):
        assert len(list(stage())) == 10
        assert asked_twice(found) == {}
        assert len(new_streams()) == n_streams  # a mask for each batch, an order for each epoch
    sentences = training.all_text
    words = training.encoder.vocabulary
    evaluate_masked(training.model.masked, sentences, sentences, words, seed=seed, batch_size=20)
    assert len(new_streams()) == 3
    paths = set.union(*parts)
    assert len(paths) == sum(map(len, parts))
    assert {path[0] for path in paths} == {seed}
