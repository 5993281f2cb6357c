"""Memory on the pages: the table is the stored one, and what is stored holds together."""

import re

import pytest

from minillm.commands.bench_report import report
from minillm.commands.bench_steps import SIZES
from minillm.models import gpt2_style
from minillm.models.costs import training_peak
from tests.memory_numbers import PAGES, ROOT, STORED, stored, tables

WAY = "recompute 1, accumulate 4"


@pytest.mark.parametrize("page", PAGES)
def test_the_table_of_a_page_is_the_stored_one(page):
    text = (ROOT / "lessons" / page).read_text(encoding="utf-8")
    assert f"\n\n{tables()[page]}\n" in text


@pytest.mark.parametrize("page", ["own_text.md", "zh/own_text.md"])
def test_a_page_says_where_less_memory_is_had_and_what_it_does_not_change(page):
    text = (ROOT / "lessons" / page).read_text(encoding="utf-8")
    assert all(f"`{way}`" in text for way in ("--recompute", "--accumulate", "fit(accumulate=4)"))
    config = gpt2_style(64, width=64, n_heads=4, n_layers=2, max_length=16)
    one, two = (training_peak(config, 8 // k, 16, recompute=k - 1, accumulate=k) for k in (1, 2))
    always = one.parameters + one.moments
    assert always == two.parameters + two.moments == 12 * one.parameters // 4
    assert "12 bytes a parameter" in text or "每个参数 12 字节" in text


@pytest.mark.parametrize("page", ["own_text.md", "zh/own_text.md"])
def test_the_code_of_a_page_trains_in_parts_and_tells_the_peak(page, capsys):
    text = (ROOT / "lessons" / page).read_text(encoding="utf-8")
    code = re.search(r"```python\n(from minillm import stream\n.*?in_four.*?)```", text, re.S)[1]
    exec(compile(code, page, "exec"), {})
    loss, peak = capsys.readouterr().out.split()
    assert 8 < float(loss) < 9  # ln 5000 is 8.5
    told = next(way for name, way in stored()[0]["memory"]["mid, by way"].items() if name == WAY)
    assert int(peak) / 2**20 == pytest.approx(told["formula MB"])


def test_the_size_on_the_page_is_the_one_that_was_measured():
    mid = SIZES["mid"]
    assert (mid.batch, mid.length, mid.width, mid.n_heads) == (16, 128, 256, 8)
    assert (mid.n_layers, mid.vocabulary) == (6, 5000)


@pytest.mark.guide("G53")
@pytest.mark.parametrize("found", stored(), ids=[file.stem for file in sorted(STORED.glob("*"))])
def test_what_is_stored_is_told_and_is_what_the_formula_says(found):
    assert found["processor"]["name"] in report(found)
    for name, size in SIZES.items():
        ways = found["memory"][f"{name}, by way"]
        assert len(ways) == 8
        config = gpt2_style(
            size.vocabulary, width=size.width, n_heads=size.n_heads, n_layers=size.n_layers,
            max_length=size.length,
        )  # fmt: skip
        for way, one in ways.items():
            recompute, k = (int(part.split()[1]) for part in way.split(", "))
            peak = training_peak(
                config, size.batch // k, size.length, recompute=recompute, accumulate=k
            )
            assert one["formula MB"] == pytest.approx(peak.total / 2**20)
            assert one["peak MB"] == pytest.approx(one["formula MB"], rel=0.05)
        peaks = [one["peak MB"] for one in ways.values()]
        assert peaks[4] < 0.7 * peaks[0]  # computed again, out of one batch
        assert peaks[:4] == sorted(peaks[:4], reverse=True)
