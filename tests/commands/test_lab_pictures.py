"""The picture of a lab reads without colours, too."""

import matplotlib.image
import pytest

from minillm.commands import lab_pictures
from minillm.commands.lab_pictures import LOOKS, comparison_picture
from minillm.labs.comparing import run_lab
from minillm.labs.verdicts import HARMS, HELPS, NOTHING, UNDECIDED
from tests.labs.planted_lab import STUDY


def harmful(case):
    return 0.1


def unsure(case):
    return [0.9, 0.1, 0.2][case.seed]


@pytest.fixture
def figure(tmp_path, monkeypatch):
    """The figure of a lab with one remedy of each verdict."""
    lab = STUDY.with_own("harmful", harmful).with_own("unsure", unsure)
    _, result = run_lab(lab, [0, 1, 2], tmp_path / "out")
    kept = []
    save = lab_pictures.save
    monkeypatch.setattr(lab_pictures, "save", lambda f, p, say: kept.append(f) or save(f, p, say))
    comparison_picture(tmp_path / "lab.png", result)
    assert matplotlib.image.imread(tmp_path / "lab.png").ndim == 3
    return kept[0]


def test_every_verdict_has_its_own_sign_marker_and_colour():
    assert set(LOOKS) == {HELPS, HARMS, NOTHING, UNDECIDED}
    for part in zip(*LOOKS.values(), strict=True):
        assert len(set(part)) == len(LOOKS)


def test_every_remedy_has_its_row_with_the_sign_of_its_verdict(figure):
    (ax,) = figure.axes
    rows = [label.get_text() for label in ax.get_yticklabels()]
    assert rows == ["strong", "idle", "harmful", "unsure"]
    signs = {round(text.xy[1]): text.get_text() for text in ax.texts}
    assert [signs[i] for i in range(4)] == ["+", "0", "−", "?"]
    means = [container.lines[0].get_xdata()[0] for container in ax.containers]
    assert means[:2] == pytest.approx([0.5, 0.0])


def test_nothing_is_cut_at_the_sides(figure):
    figure.canvas.draw()
    words = figure._supxlabel.get_window_extent()
    assert words.x0 >= 0 and words.x1 <= figure.bbox.x1
