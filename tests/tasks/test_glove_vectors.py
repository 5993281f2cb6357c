"""GloVe's vectors of a text, learned at once or with an interruption."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.backend import CheckpointError
from minillm.models.word_vectors import Cooccurrences, GloveSettings, objective, train_glove
from minillm.models.word_vectors.glove_training import to_arrays
from minillm.tasks import glove_vectors
from minillm.tasks.glove_vectors import learn_glove

X = Cooccurrences.of_dense(np.arange(1.0, 26).reshape(5, 5))
SETTINGS = GloveSettings(width=3, epochs=6, batch=4, rate=0.1)


def same(one, other):
    pairs = zip(to_arrays(one).values(), to_arrays(other).values(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


@pytest.mark.guide("G10")
def test_it_is_the_training_and_j_has_fallen(tmp_path):
    found = learn_glove(X, SETTINGS)
    *_, last = train_glove(X, SETTINGS)
    assert same(found.model, last.model) and found.epochs == 6 and found.loss == last.loss
    assert objective(found.model, X) < objective(
        learn_glove(X, replace(SETTINGS, epochs=1)).model, X
    )


@pytest.mark.parametrize("stopped", [1, 4])
def test_an_interrupted_run_goes_on_bit_for_bit(stopped, tmp_path, monkeypatch):
    path = tmp_path / "checkpoint"
    write = glove_vectors.write_state

    def stopping(path, trained, facts):
        write(path, trained, facts)
        if trained.epochs == stopped:
            raise KeyboardInterrupt

    monkeypatch.setattr(glove_vectors, "write_state", stopping)
    with pytest.raises(KeyboardInterrupt):
        learn_glove(X, SETTINGS, checkpoint=path)
    monkeypatch.setattr(glove_vectors, "write_state", write)
    resumed = learn_glove(X, SETTINGS, checkpoint=path, resume=True)
    assert same(resumed.model, learn_glove(X, SETTINGS).model)
    again = learn_glove(X, SETTINGS, checkpoint=path, resume=True)  # it is finished already
    assert again.epochs == 6 and again.loss == resumed.loss and same(again.model, resumed.model)


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    path = tmp_path / "checkpoint"
    with pytest.raises(CheckpointError, match="nothing to resume"):
        learn_glove(X, SETTINGS, checkpoint=path, resume=True)
    learn_glove(X, SETTINGS, checkpoint=path)
    with pytest.raises(CheckpointError, match=r"rate: was 0\.1, is 0\.2"):
        learn_glove(X, replace(SETTINGS, rate=0.2), checkpoint=path, resume=True)
    with pytest.raises(CheckpointError, match="counts: has another content"):
        learn_glove(X._replace(counts=2 * X.counts), SETTINGS, checkpoint=path, resume=True)
    assert learn_glove(X, replace(SETTINGS, rate=0.2), checkpoint=path).epochs == 6
