"""The redrawn flow chart of the guide."""

import re

from minillm.course.diagram import FIGURE, LAYERS, PHASES, draw_phases


def words_of(path):
    """All text of an SVG whose letters are text and not outlines, in drawing order."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", path.read_text(encoding="utf-8"))


def test_the_committed_diagram_is_what_the_code_draws(tmp_path):
    draw_phases(tmp_path / "again.svg")
    assert words_of(tmp_path / "again.svg") == words_of(FIGURE)


def test_drawing_twice_gives_the_same_file(tmp_path):
    draw_phases(tmp_path / "one.svg")
    draw_phases(tmp_path / "two.svg")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


def test_pretraining_is_a_phase_and_no_layer():
    phases, layers = [name for name, _ in PHASES], [name for name, _ in LAYERS]
    assert phases == ["Pretrain", "Fine-tune", "Use"]
    assert layers == ["text", "ids", "embedding", "encoder", "head", "output"]
    shown = words_of(FIGURE)
    assert set(phases) | set(layers) <= set(shown)
