"""The redrawn flow chart of the guide."""

import matplotlib
import pytest

from minillm.course.diagram import WORDS, phases, same_words


def test_drawing_twice_gives_the_same_text():
    assert phases() == phases()


@pytest.mark.guide("G34")
@pytest.mark.errata("A18")
def test_pretraining_is_a_phase_and_no_layer():
    rows = [[name for name, _ in WORDS[row]["boxes"]] for row in ("phases", "layers")]
    assert rows[0] == ["Pretrain", "Fine-tune", "Use"]
    assert rows[1] == ["text", "ids", "embedding", "encoder", "head", "output"]


def test_every_word_of_the_diagram_is_drawn():
    drawn = phases()
    for row in ("phases", "layers"):
        texts = [WORDS[row]["title"], *(text for box in WORDS[row]["boxes"] for text in box)]
        assert all(f">{line}<" in drawn for text in texts for line in text.splitlines())


def test_of_two_drawings_only_the_words_are_compared():
    one = '<svg><text x="1">a</text> <text x="2">b</text></svg>'
    assert same_words(one, one.replace('x="1"', 'x="1.0"'))
    assert not same_words(one, one.replace("b", "c"))
    assert not same_words(one, "<svg></svg>") and not same_words("<svg></svg>", "<svg></svg>")


def test_what_was_set_for_other_figures_does_not_matter():
    with matplotlib.rc_context({"figure.constrained_layout.use": True, "font.size": 20}):
        assert same_words(phases(), phases())
