"""Growth, result files and tables: whatever was measured, this is done with it."""

import json
from pathlib import Path

import pytest

from minillm.backend.machine import processor_slug
from tests.benchmarks import records, tables
from tests.benchmarks.growth import fitted_exponent, last_exponent

SIZES = [32, 64, 128, 256]
INTEL = {"name": "Intel(R) Xeon(R) Processor", "family": 6, "model": 143, "cores": 2}
OTHER = {**INTEL, "model": 207}


def record(**changed):
    """A record of two implementations."""
    rows = [
        {"name": "minillm@numpy", "ms": 10.0, "times_ours": {}, "versions": {"numpy": "2.4.6"}},
        {"name": "torch", "ms": 5.0, "times_ours": {"minillm@numpy": 0.51}, "versions": {}},
    ]
    made = {"section": "step", "case": "tiny", "clock": "cpu", "threads": 1, "label": "now"}
    return made | {"rounds": 7, "settings": {}, "rows": rows} | changed


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, 1.5, 2.0])
def test_exponents_of_a_power(exponent):
    costs = [3.0 * size**exponent for size in SIZES]
    assert last_exponent(SIZES, costs) == pytest.approx(exponent)
    assert fitted_exponent(SIZES, costs) == pytest.approx(exponent)


def test_a_constant_cost_disturbs_the_last_pair_least():
    costs = [500.0 + size**2.0 for size in SIZES]
    assert fitted_exponent(SIZES, costs) < last_exponent(SIZES, costs) < 2.0
    assert last_exponent([1, 2, 8], [1.0, 1.0, 4.0]) == pytest.approx(
        1.0
    )  # from 2 to 8, not 1 to 8


def test_a_record_takes_the_place_of_its_own_kind_only(tmp_path):
    kinds = [
        record(),
        record(case="mid"),
        record(section="ops"),
        record(clock="wall"),
        record(clock="wall", threads=2),
        record(label="before"),
    ]
    file = records.keep(INTEL, kinds, tmp_path)
    assert records.stored(file) == kinds
    later = record(case="mid", rounds=3)
    assert records.keep(INTEL, [later], tmp_path) == file
    assert records.stored(file) == [kinds[0], later, *kinds[2:]]
    assert json.loads(file.read_text(encoding="utf-8"))["processor"] == INTEL


def test_processors_stand_side_by_side(tmp_path):
    first = records.keep(INTEL, [record()], tmp_path)
    second = records.keep(OTHER, [record(rounds=1)], tmp_path)
    assert [first.name, second.name] == [
        "intel-xeon-processor-6-143.json",
        "intel-xeon-processor-6-207.json",
    ]
    assert records.stored(first)[0]["rounds"] == 7
    assert records.stored(tmp_path / "nowhere.json") == []


def test_the_old_format_is_read():
    row = {
        "size": "tiny", "implementation": "autograd", "versions": {"numpy": "2.4.6"}, "ms": 50.0,
        "least_ms": 49.0, "tokens_per_second": 20480, "minillm_is_faster_by": 4.5, "peak_mb": 82,
        "loss": 4.36908,
    }  # fmt: skip
    ours = row | {"implementation": "minillm_tanh", "minillm_is_faster_by": 1.0}
    elsewhere = row | {"size": "mid"}
    content = {
        "threads": 1,
        "rounds": 7,
        "sizes": {"tiny": {"batch": 32}, "mid": {"batch": 16}},
        "results": [ours, row, elsewhere],
    }
    tiny, mid = records.old_format(content, "before")
    assert tuple(tiny[name] for name in records.KEY) == ("step", "tiny", "cpu", 1, "before")
    assert (tiny["rounds"], tiny["settings"]) == (7, {"batch": 32})
    assert [r["name"] for r in tiny["rows"]] == ["minillm_tanh", "autograd"]
    assert [r["times_ours"] for r in tiny["rows"]] == [{}, {"minillm_tanh": 4.5}]
    assert tiny["rows"][1]["value"] == 4.36908
    assert len(mid["rows"]) == 1


def test_markdown_has_a_table_for_each_processor_and_section(tmp_path):
    records.keep(OTHER, [record(), record(label="before"), record(case="mid")], tmp_path)
    records.keep(INTEL, [record(section="ops", case="gelu")], tmp_path)
    point = {"name": "torch", "at": [1, 2], "ms": [3.0, 6.0], "peak_mb": [300, None]}
    rows = [point | {"last_exponent": 1.0, "fitted_exponent": 1.0}]
    records.keep(INTEL, [record(section="growth", case="T", rows=rows)], tmp_path)
    rare = [{"name": "torch", "ms_early": 0.5, "ms_late": 4.25}]
    records.keep(INTEL, [record(section="denormals", case="late", rows=rare)], tmp_path)
    assert tables.markdown(tmp_path).split("\n") == [
        "### Intel(R) Xeon(R) Processor, family 6, model 143, cores 2",
        "",
        "| ops: CPU time, 1 thread | minillm@numpy, ms | torch, ms |",
        "| --- | ---: | ---: |",
        "| gelu | 10.0 | 5.00 |",
        "",
        "| growth: CPU time, 1 thread | at | ms | last exponent | peak MB |",
        "| --- | ---: | ---: | ---: | ---: |",
        "| T: torch | 1 2 | 3.00 6.00 | 1.0 | 300 - |",
        "",
        "| denormals: CPU time, 1 thread | ms early | ms late |",
        "| --- | ---: | ---: |",
        "| late: torch | 0.50 | 4.25 |",
        "",
        "### Intel(R) Xeon(R) Processor, family 6, model 207, cores 2",
        "",
        "| step: CPU time, 1 thread | tiny | mid |",
        "| --- | ---: | ---: |",
        "| minillm@numpy | 10.0 | 10.0 |",
        "| torch | 5.00 (0.51) | 5.00 (0.51) |",
        "| before: minillm@numpy | 10.0 |  |",
        "| before: torch | 5.00 (0.51) |  |",
    ]


def test_a_record_is_a_table():
    lines = tables.plain(record()).split("\n")
    assert lines[0].split() == ["step:", "tiny", "ms", "/", "minillm@numpy"]
    assert [line.split() for line in lines[1:]] == [
        ["minillm@numpy", "10.0"],
        ["torch", "5.00", "0.51"],
    ]


@pytest.mark.parametrize("file", sorted(records.RESULTS.glob("*.json")), ids=lambda p: p.stem)
def test_what_is_kept_can_be_read(file: Path):
    content = json.loads(file.read_text(encoding="utf-8"))
    assert file.stem == processor_slug(content["processor"])
    assert records.merged([], content["records"]) == content["records"]  # no key twice
    assert all(r["rows"] for r in content["records"])
    assert tables.markdown(file.parent).startswith("### ")


def test_the_page_has_the_committed_numbers():
    page = (records.RESULTS / "README.md").read_text(encoding="utf-8")
    assert page == tables.page(records.RESULTS), "python -m tests.benchmarks.run --table"


def test_a_ratio_is_shown_for_every_level_that_has_kernels():
    row = {"name": "torch", "ms": 165.0}
    row["times_ours"] = {"minillm@off": 0.5, "minillm@numpy": 0.8, "minillm@compiled": 0.961}
    assert tables.with_times(row) == "165 (0.80, 0.96)"
