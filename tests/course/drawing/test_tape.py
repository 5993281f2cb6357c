"""The picture of a tape: where its nodes stand, and that arrows lead from frame to frame."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

from minillm.course.drawing.tape import WIDE, draw_tape, in_rows, places

STEPS = [("x", (), None), ("w", (), None), ("matmul", (0, 1), None), ("tanh", (2,), None)]


def drawn():
    """Where the words of the nodes stand, the arrows, and the axes of a picture."""
    figure = Figure(figsize=(8, 3))
    axes = figure.add_axes((0, 0, 1, 1))
    arrays = [np.full((1, 2), float(i)) for i in range(4)]
    draw_tape(axes, STEPS, arrays, arrays)
    FigureCanvasAgg(figure).draw()
    frames = {
        text.get_text(): text.get_bbox_patch().get_window_extent()
        for text in axes.texts
        if text.get_bbox_patch() is not None
    }
    return frames, [patch for patch in axes.patches if isinstance(patch, FancyArrowPatch)], axes


def ends(arrow):
    line = arrow.axes.transData.transform(arrow.get_path().vertices)
    return line[0], line[2]  # the path begins with the shaft: a start, a bend, an end


def test_an_entry_stands_left_of_all_that_use_it_and_leaves_stand_lower():
    at = places(STEPS)
    assert [x / -WIDE for x, _ in at] == [2, 2, 1, 0]
    assert at[0][1] == -1 and at[1][1] == -2


def test_each_use_has_an_arrow_each_way_between_the_frames_of_two_nodes():
    frames, arrows, _ = drawn()
    assert set(frames) == {"x", "w", "matmul", "tanh", "$L$"}
    assert len(arrows) == 2 * 4  # x, w, matmul, tanh are each used once
    for arrow in arrows:
        for end in ends(arrow):
            near = [box for box in frames.values() if box.padded(4).contains(*end)]
            assert len(near) == 1, "an arrow ends at a frame"
            assert not near[0].padded(-4).contains(*end), "and not inside of it"


def test_numbers_stand_beside_their_arrows():
    _, _, axes = drawn()
    shown = [text.get_text() for text in axes.texts]
    assert shown.count("2.00 2.00") == 2  # the value and the gradient of matmul
    assert in_rows(np.array([[1.0, -0.5], [0.25, 0.0]])) == "1.00 -0.50\n0.25 0.00"
