"""Set-up and figures of a lesson."""

import json

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from minillm.course import lesson
from minillm.course.lesson import gpu, savefig, setup
from minillm.course.places import PROJECT
from minillm.labs.stored import rounded


@pytest.fixture
def figures(tmp_path, monkeypatch):
    monkeypatch.setenv("MINILLM_FIGURES", str(tmp_path / "figures"))
    return tmp_path / "figures"


def a_figure():
    figure = Figure()
    figure.add_subplot().plot([1, 2], [3, 4])
    return figure


def test_a_figure_is_kept_with_its_numbers(figures):
    savefig(a_figure(), "99_line", {"x": [1, 2], "y": np.array([3.0, 4.123456789])})
    stored = json.loads((figures / "99_line.json").read_text(encoding="utf-8"))
    assert stored == {"x": [1, 2], "y": [3.0, 4.12346]}
    assert "<svg" in (figures / "99_line.svg").read_text(encoding="utf-8")


def test_the_same_figure_gives_the_same_files(figures):
    contents = []
    for _ in range(2):
        savefig(a_figure(), "99_line", {"x": [1, 2]})
        contents.append({path.name: path.read_bytes() for path in figures.iterdir()})
    assert contents[0] == contents[1] and len(contents[0]) == 2
    assert b"<dc:date>" not in contents[0]["99_line.svg"]


def test_the_folder_is_that_of_the_project_wherever_the_notebook_starts():
    assert (PROJECT / "figures" / "phases.svg").exists()


def test_a_number_that_is_not_finite_is_refused_by_name(figures):
    with pytest.raises(ValueError, match="figure 99_line: y holds a number that is not finite"):
        savefig(a_figure(), "99_line", {"x": [1.0], "y": [np.nan]})
    assert not (figures / "99_line.svg").exists()


def test_rounding_keeps_shape_whole_numbers_and_six_digits():
    assert rounded("here", "n", 123456789) == 123456789
    assert rounded("here", "n", [[1.23456789e-9, -2.0]]) == [[1.23457e-09, -2.0]]
    assert rounded("here", "n", np.array([True, False])) == [True, False]


@pytest.mark.parametrize("values", ["abc", None, [1.0, None], np.array(["a"])])
def test_what_is_no_number_is_refused_by_name(values):
    with pytest.raises(TypeError, match="study x: key must hold numbers, got "):
        rounded("study x", "key", values)


def test_setup_seeds_nothing_and_draws_without_a_display(monkeypatch, capsys):
    monkeypatch.delenv("MPLBACKEND", raising=False)
    before = np.random.get_state()[1].tolist()
    with matplotlib.rc_context():
        setup()
        assert matplotlib.get_backend().lower() == "agg"
    assert np.random.get_state()[1].tolist() == before
    assert capsys.readouterr().out.startswith("minillm ")


@pytest.mark.parametrize(
    ("backend", "asked"), [("", ["agg"]), ("module://matplotlib_inline.backend_inline", [])]
)
def test_a_notebook_goes_on_drawing_below_its_cells(backend, asked, monkeypatch):
    used = []
    monkeypatch.setenv("MPLBACKEND", backend)
    monkeypatch.setattr(matplotlib, "use", used.append)
    with matplotlib.rc_context():
        setup()
    assert used == asked


def test_setup_limits_blas_unless_the_environment_already_does(monkeypatch):
    import threadpoolctl

    asked = []
    monkeypatch.setattr(threadpoolctl, "threadpool_limits", lambda **limits: asked.append(limits))
    with matplotlib.rc_context():
        setup()  # the tests' environment says 1
        assert asked == []
        for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
            monkeypatch.delenv(variable)
        setup()
    assert asked == [{"limits": 1, "user_api": "blas"}]


def test_a_gpu_cell_is_skipped_with_a_word_where_there_is_no_device(monkeypatch, capsys):
    monkeypatch.setattr(lesson, "probe_cuda", lambda: (None, "no driver"))
    assert gpu() is False
    assert "no GPU here" in (out := capsys.readouterr().out) and "没有 GPU" in out
    monkeypatch.setattr(lesson, "probe_cuda", lambda: (object(), "a device"))
    assert gpu() is True and capsys.readouterr().out == ""
