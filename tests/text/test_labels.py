import numpy as np
import pytest

from minillm.text import Labels


def test_names_are_sorted_and_numbered():
    labels = Labels(["spam", "ham", "spam"])
    assert labels.names == ("ham", "spam")
    assert len(labels) == 2
    ids = labels.encode(["spam", "ham", "spam"])
    assert ids.tolist() == [1, 0, 1]
    assert ids.dtype == labels.encode([]).dtype == np.int64
    assert labels.decode(ids) == ["spam", "ham", "spam"]


def test_an_unknown_label_is_named_beside_the_known_ones():
    with pytest.raises(ValueError, match="unknown label 'eggs' at position 1; known: ham, spam"):
        Labels(["spam", "ham"]).encode(["ham", "eggs"])


def test_ids_of_no_class_are_refused():
    for wrong in (-1, 2):
        with pytest.raises(IndexError, match=f"class id {wrong} .* for a set of classes of 2"):
            Labels(["spam", "ham"]).decode([wrong])
    with pytest.raises(TypeError, match="float64"):
        Labels(["spam"]).decode([0.0])


def test_no_names_at_all_are_refused():
    with pytest.raises(ValueError, match="at least one class name"):
        Labels([])
