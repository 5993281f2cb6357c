"""Every section with real processes of ours, at sizes that take no time."""

import json
from dataclasses import replace

import pytest

from tests.benchmarks import costs, run, sections
from tests.benchmarks.sections import SECTIONS
from tests.benchmarks.sizes import OpCase, Rare, Size
from tests.commands.command_line import ENVIRONMENT

SMALL = Size(4, 6, 8, 2, 1, 11, steps=1)


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Measure without peers, at small sizes, at one level; gives the records of a section."""
    monkeypatch.setattr(run, "importable", lambda package, python: False)
    for name in ("tiny", "course"):
        monkeypatch.setitem(sections.SIZES, name, SMALL)
    monkeypatch.setattr(sections, "INFERENCE", replace(SMALL, n_layers=2))
    monkeypatch.setattr(sections, "GROWTH", {"T": ("length", [4, 8])})
    monkeypatch.setattr(sections, "OPS", {"softmax": OpCase("softmax", [[5, 3]])})
    monkeypatch.setattr(costs, "LATE", 120)
    monkeypatch.setattr(costs, "TRAININGS", {"tiny": 12})
    monkeypatch.setattr(costs, "Rare", lambda: Rare(rows=40, width=4, tokens=6))
    monkeypatch.setenv("PYTHONPATH", ENVIRONMENT["PYTHONPATH"])

    def measured(*words):
        run.main([*words, "--rounds", "1", "--out", str(tmp_path), "--kernels", "numpy"])
        (file,) = tmp_path.glob("*.json")
        return json.loads(file.read_text(encoding="utf-8"))["records"]

    return measured


def test_steps(small, capsys):
    exact, tanh = small("step", "--sizes", "tiny")[0]["rows"]
    assert (exact["name"], tanh["name"]) == ("minillm@numpy", "minillm_tanh@numpy")
    assert exact["ms"] > 0
    assert exact["allocator"] != "as it is"
    assert {"python", "numpy"} <= {*exact["versions"]}
    assert exact["times_ours"] == tanh["times_ours"] == {}
    out, err = capsys.readouterr()
    assert out.startswith("step: tiny")
    assert err.startswith("kept in ")


def test_two_threads_by_the_wall(small):
    (record,) = small("step", "--sizes", "tiny", "--wall", "--threads", "2", "--label", "try")
    assert (record["clock"], record["threads"], record["label"]) == ("wall", 2, "try")
    assert len(record["rows"]) == 2


def test_the_other_contests(small):
    found = small("ops", "inference", "leave_one_out", "growth")
    by_section = {record["section"]: record["rows"] for record in found}
    assert [row["name"] for row in by_section["ops"]] == ["minillm@numpy"]
    assert [row["name"] for row in by_section["inference"]] == ["minillm@numpy"]
    (grown,) = by_section["growth"]
    assert grown["at"] == [4, 8]
    assert len(grown["ms"]) == len(grown["peak_mb"]) == 2
    left = by_section["leave_one_out"]
    assert left[0]["name"] == "nothing"
    assert {"gelu_in_one_pass", "adam_in_chunks"} <= {row["name"] for row in left}
    assert all(list(row["times_ours"]) == ["nothing"] for row in left[1:])
    assert len({row["value"] for row in left}) == 1


def test_the_other_costs(small):
    found = small("import", "memory_after", "denormals")
    imports, memory, rare = (record["rows"][0] for record in found)
    assert imports["name"] == memory["name"] == rare["name"] == "minillm@numpy"
    assert imports["ms"] > 0
    assert {"mb_early", "mb_late", "mb_after_end"} <= {*memory}
    assert {"ms_early", "ms_late"} <= {*rare}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["speed"], "unknown sections ['speed']"),
        (["step", "--sizes", "tiny,huge"], "unknown sizes ['huge']"),
        (["step", "--kernels", "fast"], "unknown kernels ['fast']"),
        (["step", "--only", "jax"], "unknown variants ['jax']"),
        (["step", "--only", "minillm_tanh@numpy"], "nothing of ours is left"),
        (["step", "--kernels", "compiled"], "nothing of ours is left"),
        (["step", "--threads", "2"], "--threads needs --wall"),
        (["ops", "--threads", "2", "--wall"], "ops: one thread only"),
        (["step", "--rounds", "0"], "must be a positive integer"),
    ],
)
def test_what_cannot_be_measured_is_refused(words, complaint, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(run, "importable", lambda package, python: False)
    with pytest.raises(SystemExit) as refused:
        run.main([*words, "--out", str(tmp_path)])
    assert refused.value.code == 2
    assert complaint in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_table_measures_nothing(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(run, "measure", None)
    run.main(["--table"])
    assert capsys.readouterr().out.startswith("### ")
    run.main(["--table", "--out", str(tmp_path)])
    assert capsys.readouterr().out == "\n"


def test_a_section_says_what_it_measures():
    assert all(section.__doc__ for section in SECTIONS.values())
