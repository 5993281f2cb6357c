"""``labs matrix``: the picture reads without colours, and says all that its numbers say."""

import json
import re
from itertools import combinations, pairwise

import pytest

from minillm.commands.lab_matrix import write_matrix
from minillm.commands.matrix_overview import draw_overview
from minillm.commands.matrix_picture import TILES, draw_matrix, in_lines, tile_text
from minillm.course.diagram import same_words
from minillm.labs.matrix import HALVES, Entry, matrix
from minillm.labs.remedy_kinds import KINDS
from minillm.labs.stored import STORED
from minillm.labs.verdicts import HARMS, HELPS, NOTHING, UNDECIDED, Verdict


def entry(word, mean=0.5, half=0.125, bound=0.625):
    one = Verdict(mean=mean, half=half, bound=bound, equal=False, word=word)
    return Entry("label_noise", KINDS[0], "dropout", "accuracy", 10, one)


def test_a_tile_says_the_interval_or_the_bound():
    assert tile_text(entry(HELPS)) == "▲ +0.50 ± 0.12"
    assert tile_text(entry(HARMS, -0.5)) == "▼ -0.50 ± 0.12"
    assert tile_text(entry(NOTHING, 0.01, bound=0.04)) == "= ≤ 0.04"
    assert tile_text(entry(UNDECIDED)) == "? ≤ 0.62"


def entries_of(cells):
    return [one for cell in cells.values() if not isinstance(cell, str) for one in cell]


def luminance(colour):
    from matplotlib.colors import to_rgb

    return sum(w * c for w, c in zip((0.299, 0.587, 0.114), to_rgb(colour), strict=True))


def test_tiles_differ_by_their_sign_and_in_grey():
    assert set(TILES) == {HELPS, HARMS, NOTHING, UNDECIDED}
    grounds, inks, signs = zip(*TILES.values(), strict=True)
    assert len(set(signs)) == len(set(grounds)) == 4
    greys = sorted(map(luminance, grounds))
    assert min(b - a for a, b in pairwise(greys)) > 0.08
    for ground, ink in zip(grounds, inks, strict=True):
        assert abs(luminance(ground) - luminance(ink)) > 0.5


def test_the_picture_has_every_lab_remedy_tile_and_reason():
    halves = {half: names for half, names in HALVES.items() if names}
    cells = matrix([name for names in halves.values() for name in names])
    figure = draw_matrix(cells, halves)
    (ax,) = figure.axes
    texts = [text.get_text() for text in ax.texts]
    for names in halves.values():
        for name in names:
            assert any(text.startswith(name.replace("_", " ") + ", n = ") for text in texts)
    listed = [one for cell in cells.values() if not isinstance(cell, str) for one in cell]
    for one in listed:
        assert texts.count(tile_text(one)) == [tile_text(e) for e in listed].count(tile_text(one))
    joined = " ".join(text.replace("\n", " ") for text in texts)
    assert all(cell in joined for cell in cells.values() if isinstance(cell, str))
    assert len(ax.patches) == len(listed) + len(TILES)


def test_the_overview_has_a_square_for_each_verdict_and_a_dash_where_there_is_none():
    cells = matrix([name for names in HALVES.values() for name in names])
    (ax,) = draw_overview(cells, HALVES).axes
    texts = [text.get_text() for text in ax.texts]
    tried = [cell for cell in cells.values() if not isinstance(cell, str)]
    words = [one.verdict.word for cell in tried for one in cell]
    assert len(ax.patches) == len(words) + len(TILES)
    for word, (_, _, sign) in TILES.items():
        assert texts.count(sign) == words.count(word) + 1  # and in the legend
    assert texts.count("–") == sum(isinstance(cell, str) for cell in cells.values())
    assert {*KINDS, *HALVES, *TILES} <= {*texts}


def test_no_text_leaves_its_place():
    """Tiles hold their words, and no name of a remedy runs into its tiles."""
    cells = matrix([name for names in HALVES.values() for name in names])
    figure = draw_matrix(cells, HALVES)
    (ax,) = figure.axes
    draw = figure.canvas.get_renderer()
    boxes = [patch.get_window_extent(draw) for patch in ax.patches]
    for text in ax.texts:
        if text.get_fontsize() > 5.7:
            continue
        box = text.get_window_extent(draw)
        for place in boxes:
            if place.y0 < (box.y0 + box.y1) / 2 < place.y1 and box.x0 < place.x0 < box.x1:
                pytest.fail(f"{text.get_text()!r} runs into a tile")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("narrow tuning", ["narrow", "tuning"]),
        ("hallucination", ["hallucination"]),
        ("discrimination, c2", ["discrimination,", "c2"]),
        ("by overoptimisation", ["by", "overoptimisation"]),
    ],
)
def test_a_word_that_is_longer_than_a_line_stays_whole(text, lines):
    assert in_lines(text, 11).splitlines() == lines


@pytest.mark.parametrize("draw", [draw_overview, draw_matrix])
@pytest.mark.parametrize("planted", [(), ("overoptimisation_of_rewards", "lies_of_a_model")])
def test_no_heading_breaks_inside_a_word_or_runs_into_another(draw, planted):
    stored = matrix([name for names in HALVES.values() for name in names])
    halves = {half: (*names, *planted) for half, names in HALVES.items()}
    cells = stored | {
        (kind, name): stored[KINDS[0], "length"] for kind in KINDS for name in planted
    }
    figure = draw(cells, halves)
    (ax,), render = figure.axes, figure.canvas.get_renderer()
    headings = [text for text in ax.texts if text.get_va() == "bottom"]
    whole = [name.replace("_", " ") for names in halves.values() for name in names]
    whole += [f"{name}, n = 10" for name in whole] + [one.measure for one in entries_of(cells)]
    assert {text.get_text().replace("\n", " ") for text in headings} <= {*whole}
    boxes = [text.get_window_extent(render) for text in headings]
    assert not [1 for one, other in combinations(boxes, 2) if one.overlaps(other)]


def test_the_command_writes_the_picture_and_its_numbers(call, tmp_path):
    result = call("labs", "matrix", "--out", tmp_path / "new")
    assert result.code == 0 and result.out.endswith(
        f"remedies_overview.svg\n{tmp_path}/new/remedies.json\n"
    )
    for name in ("remedies.svg", "remedies_overview.svg"):
        drawn = (tmp_path / "new" / name).read_text(encoding="utf-8")
        assert same_words(drawn, (STORED.parent / name).read_text(encoding="utf-8"))
    assert (tmp_path / "new" / "remedies.json").read_bytes() == (
        STORED.parent / "remedies.json"
    ).read_bytes()
    found = json.loads((tmp_path / "new" / "remedies.json").read_text(encoding="utf-8"))
    for kind in KINDS:
        row = next(line for line in result.out.splitlines() if line.startswith(kind))
        words = [
            e["word"]
            for e in found
            if e["kind"] == kind and e["lab"] in next(iter(HALVES.values())) and "word" in e
        ]
        counts = [words.count(word) for word in (HELPS, HARMS, NOTHING, UNDECIDED)]
        assert [int(n) for n in re.findall(r"\d+", row.removeprefix(kind))] == [*counts, len(words)]


def test_the_same_cells_give_the_same_file(tmp_path):
    for name in ("one", "other"):
        write_matrix(tmp_path / name)
    for name in ("remedies.svg", "remedies_overview.svg"):
        one, other = ((tmp_path / folder / name).read_bytes() for folder in ("one", "other"))
        assert one == other
