"""The plane with two classes: all points are shown, and the line stands where the odds are even."""

import numpy as np
from matplotlib.figure import Figure

from minillm.course.drawing.plane import draw_plane


def test_the_line_is_where_the_probability_is_one_half():
    axes = Figure().add_subplot()
    points = np.array([[0.0, 0.5], [1.5, 0.0], [0.0, -1.6]])
    classes = np.array([0, 1, 1])
    draw_plane(axes, points, classes, lambda x: np.clip(np.hypot(*x.T) / 2, 0, 1), reach=2.0)
    shown = [line.get_xydata() for line in axes.get_lines()]
    np.testing.assert_array_equal(shown[0], points[:1])
    np.testing.assert_array_equal(shown[1], points[1:])
    (boundary,) = axes.collections[-1].get_paths()
    np.testing.assert_allclose(np.hypot(*boundary.vertices.T), 1, atol=0.01)  # the unit circle
