"""The picture of a layer: its residuals lead where the formulas say."""

import pytest
from matplotlib.figure import Figure

from minillm.course.drawing.blocks import layer_row


@pytest.mark.parametrize(
    ("layer", "ways"),
    [
        ("x MHA + LN y FFN + LN z", [(0, 2), (4, 6)]),
        ("x LN MHA + y LN FFN + z", [(0, 3), (4, 7)]),
        ("x MHA y", []),
    ],
)
def test_a_residual_leads_from_the_stream_to_the_next_addition(layer, ways):
    axes = Figure().subplots()
    assert layer_row(axes, layer, 0, "a layer") == ways
    drawn = [text.get_text() for text in axes.texts]
    assert [name for name in drawn if name] == ["a layer", *layer.split()]
    boxes = [part for part in layer.split() if len(part) > 1]
    assert len(axes.patches) == len(boxes) + len(ways)
    arrows = drawn.count("")
    assert arrows == len(layer.split()) - 1 + len(ways)
