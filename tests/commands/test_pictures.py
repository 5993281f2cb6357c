from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib import font_manager
from matplotlib import image as matplotlib_image

from minillm.commands import pictures
from minillm.commands.words import ENGLISH, Words
from minillm.tasks import MaskedScores

CHINESE = ["[CLS]", "这", "家", "酒", "店", "，", "[SEP]"]
SCORES = MaskedScores(model=0.8, neighbours=1.1, unigram=3.0, uniform=4.0, n_hidden=10)


def read(path):
    """The pixels of a PNG file."""
    assert path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    pixels = matplotlib_image.imread(path)
    assert pixels.shape[0] > 200
    assert pixels.shape[1] > 200
    assert pixels[..., :3].std() > 0.01  # not a blank page
    return pixels


@pytest.mark.parametrize("n", [0, 1, 30, 200])
def test_learning_curves_of_any_length_are_drawn(n, tmp_path):
    losses = {"pretrain": [3.0] * n, "finetune": list(np.linspace(1, 0, n))}
    pictures.learning_curves(tmp_path / "curves.png", losses, SCORES, n_classes=2)
    read(tmp_path / "curves.png")


@pytest.mark.parametrize(("updates", "window"), [(300, 50), (60, 15), (3, 1)])
def test_a_curve_shows_every_loss_and_a_mean_of_those_before(updates, window):
    _, (ax,) = pictures.new_figure(1, width=3, height=3)
    losses = np.arange(float(updates))
    pictures.draw_curve(ax, losses, ENGLISH)
    every, mean = ax.get_lines()
    at = np.arange(window - 1, updates)
    np.testing.assert_array_equal(every.get_ydata(), losses)
    np.testing.assert_array_equal(mean.get_xdata(), at)
    np.testing.assert_allclose(mean.get_ydata(), at - (window - 1) / 2)


def test_a_confusion_matrix_is_drawn_also_for_a_class_without_examples(tmp_path):
    counts = np.array([[5, 1, 0], [0, 0, 0], [2, 0, 9]])
    pictures.confusion_picture(tmp_path / "confusion.png", counts, ["sport", "art", "science"])
    read(tmp_path / "confusion.png")


@pytest.mark.parametrize("n_heads", [1, 4])
def test_an_attention_map_is_drawn_for_every_head(n_heads, tmp_path):
    weights = np.random.default_rng(0).dirichlet(np.ones(4), size=(n_heads, 4))
    path = tmp_path / "attention.png"
    assert pictures.attention_picture(path, weights, ["[CLS]", "a", "b", "[SEP]"])
    assert read(path).shape[1] > 300 * n_heads


@pytest.mark.parametrize("installed", [True, False])
def test_chinese_tokens_are_written_or_numbered_and_never_boxes(installed, tmp_path, monkeypatch):
    """A character without a glyph would be a warning, and a warning is an error here."""
    if not installed:
        monkeypatch.setattr(pictures, "chinese_font", lambda: None)
    weights = np.full((2, 7, 7), 1 / 7)
    written = pictures.attention_picture(tmp_path / "attention.png", weights, CHINESE)
    assert written is (pictures.chinese_font() is not None)
    read(tmp_path / "attention.png")


@pytest.mark.parametrize("font", [None, "DejaVu Serif"])
def test_chinese_titles_are_drawn_where_a_font_has_them(font, tmp_path, monkeypatch):
    """A planted font: its name stands behind the usual one, which would warn of what it lacks."""
    monkeypatch.setattr(pictures, "chinese_font", lambda: font)
    drawn = []
    original = pictures.save

    def noting(figure, path, say):
        drawn.extend(ax.get_title() for ax in figure.axes if ax.get_title())
        if say.language == "en":
            original(figure, path, say)

    monkeypatch.setattr(pictures, "save", noting)
    losses = {"pretrain": [3.0, 2.0], "finetune": [1.0, 0.5]}
    zh = Words("zh")
    pictures.learning_curves(tmp_path / "a.png", losses, SCORES, n_classes=2, say=zh)
    pictures.confusion_picture(tmp_path / "b.png", np.eye(2, dtype=int), ["x", "y"], zh)
    pictures.attention_picture(tmp_path / "c.png", np.full((1, 2, 2), 0.5), ["a", "b"], zh)
    titles = ["Pretraining: which word is hidden?", "Fine-tuning: which class?", "Test sentences"]
    say = zh if font else ENGLISH
    assert drawn == [*map(say, titles), say("head {n}", n=1)]


def test_a_chinese_font_is_looked_for_by_name(monkeypatch):
    def installed(*names):
        fonts = [SimpleNamespace(name=name) for name in names]
        monkeypatch.setattr(font_manager.fontManager, "ttflist", fonts)

    installed("DejaVu Sans", "SimHei", "Noto Sans CJK SC")
    assert pictures.chinese_font() == "Noto Sans CJK SC"
    installed("DejaVu Sans")
    assert pictures.chinese_font() is None


def test_tokens_of_other_scripts_do_not_ask_for_a_chinese_font(tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "chinese_font", lambda: pytest.fail("not needed"))
    weights = np.full((1, 3, 3), 1 / 3)
    assert pictures.attention_picture(tmp_path / "a.png", weights, ["café", "не", "…"])


def test_signs_that_only_the_second_font_has_are_drawn(tmp_path, monkeypatch):
    """A planted font that comes with matplotlib has this sign, the usual one has not."""
    monkeypatch.setattr(pictures, "chinese_font", lambda: "STIXGeneral")
    figure, (ax,) = pictures.new_figure(1, width=2, height=2)
    ax.set_title("\u306e")
    ax.set_xticks([0.5], labels=["\u306e"])
    pictures.save(figure, tmp_path / "a.png", Words("zh"))
    with pytest.warns(UserWarning, match="missing from font"):
        pictures.save(pictures_of("\u306e"), tmp_path / "b.png", ENGLISH)


def pictures_of(title):
    figure, (ax,) = pictures.new_figure(1, width=2, height=2)
    ax.set_title(title)
    return figure
