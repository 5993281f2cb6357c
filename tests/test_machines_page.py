"""The page on several machines: its code runs, its table is stored, what it says of both is so."""

import ast
import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

import minillm
from minillm.commands import bench_ranks_child
from minillm.commands.arguments import build_parser
from minillm.commands.bench_ranks_report import EXPECTED, NETWORKS
from minillm.commands.bench_report import report
from minillm.commands.bench_steps import SIZES, Size
from minillm.training import mean_gradients
from minillm.training.data_parallel import DataParallelGradients
from minillm.training.ranks import ring_seconds, simulated_ring, speed_up
from tests.benchmarks import two_hosts, two_hosts_report
from tests.training.ranks.threads import all_done, in_ranks

ROOT = Path(__file__).parents[1]
PAGES = {
    "en": ROOT / "lessons" / "several_machines.md",
    "zh": ROOT / "lessons" / "zh" / "several_machines.md",
}
TEXTS = {name: path.read_text(encoding="utf-8") for name, path in PAGES.items()}
COMMAND = re.compile(r"^\.venv/bin/.*python .*-m minillm (.+)$", re.MULTILINE)
STORED = json.loads((ROOT / "tests" / "benchmarks" / "ranks.json").read_text(encoding="utf-8"))
each_page = pytest.mark.parametrize("language", TEXTS)


def table_rows(text):
    return [line for line in text.splitlines() if line.startswith("| ") and "|---" not in line]


@each_page
def test_commands_are_understood(language):
    commands = COMMAND.findall(TEXTS[language])
    assert len(commands) == 3
    for command in commands:
        words = shlex.split(command)
        assert not build_parser(words).parse_known_args(words)[1]


@each_page
def test_the_ring_by_hand_prints_what_stands_below_it(language, capsys):
    ((code, printed),) = re.findall(
        r"```python\n(.*?)```\n\n```\n(.*?)```", TEXTS[language], flags=re.DOTALL
    )
    exec(compile(code, language, "exec"), {})
    assert capsys.readouterr().out == printed


@pytest.mark.parametrize(("size", "length"), [(3, 6), (3, 7), (5, 64), (4, 64), (8, 3)])
def test_a_rank_sends_about_that_share_exactly_where_the_ranks_divide_the_length(size, length):
    sent = np.array(simulated_ring([np.ones(length) for _ in range(size)])) / 8
    share = 2 * (size - 1) / size * length
    assert np.all(np.abs(sent - share) < 2)  # numbers
    assert np.all(sent == share) == (length % size == 0)


@each_page
def test_the_tables_are_the_measurement_that_is_stored(language):
    block = re.search(r"<!-- bench -->\n```\n(.*?)\n```", TEXTS[language], re.DOTALL)[1]
    assert block == report(STORED)


def test_what_the_page_says_of_the_measurement_is_so():
    found = STORED["ranks"]
    assert found["load"] < STORED["processor"]["cores"] / 2  # hardly anything else wanted them
    for name in ("tiny", "course", "mid"):
        assert 1 < found[name]["alone"] / found[name]["together"] < 2
    for by_dtype in found["equal"].values():
        assert max(by_dtype["float64"].values()) < 1e-10
        assert by_dtype["float32"]["loss"] < 1e-6
    assert np.finfo(np.float32).eps / np.finfo(np.float64).eps == 2**29
    mid, slow = found["mid"], NETWORKS["10 Gbit/s, 50 us"]
    given = mid["alone"] / 1e3, mid["bytes"], slow
    same = {n: speed_up(n, *given, same_batch=True) for n in EXPECTED}
    assert same[512] < same[64] and SIZES["mid"].batch == 16
    assert all(speed_up(n, *given) > 0.9 * n for n in EXPECTED)  # it stays near n


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_biases_of_keys_differ_most(dtype):
    size = Size(5, 6, 8, 2, 1, 11, steps=1)

    def train(gradients):
        return bench_ranks_child.trained(size, dtype, gradients)[1]

    one = train(mean_gradients)
    shared = lambda ranks: train(DataParallelGradients(ranks, bench_ranks_child.n_targets))  # noqa: E731
    two = all_done(in_ranks(2, shared))[0]
    most = max(one, key=lambda name: np.abs(one[name] - two[name]).max())
    assert most == "blocks.0.attention.key.bias"


@each_page
def test_the_tables_of_two_hosts_are_those_that_are_stored(language):
    block = re.search(r"<!-- two hosts -->\n```\n(.*?)\n```", TEXTS[language], re.DOTALL)[1]
    assert block == two_hosts_report.report(two_hosts.stored())


def shares(link, sending):
    """Of each sum, by its bytes: what it took over what the formula says, as measured, as set."""
    wires = two_hosts_report.as_measured(link, sending), two_hosts_report.as_set(link)
    return {
        int(n): [
            [ms / 1e3 / ring_seconds(2, int(n), wire) for ms in took.values()] for wire in wires
        ]
        for n, took in link["sending"][sending]["sums"].items()
    }


def test_what_the_page_says_of_the_formula_on_a_network_is_so():
    fast, slow = two_hosts.stored()["links"]
    for link in (fast, slow):
        for n_bytes, (measured, as_set) in shares(link, "eager").items():
            if n_bytes > 400_000:
                assert all(0.98 < one < 1.07 for one in measured)
                assert all(1.02 < one < 1.11 for one in as_set)
    small = [shares(link, "eager")[400_000][0] for link in (slow, fast)]
    assert np.allclose(small[0], 7 / 8, atol=0.02) and np.allclose(small[1], 5 / 3, atol=0.04)
    hit = shares(fast, "rendezvous")
    assert all(0.49 < one < 0.52 for n in (400_000, 4_000_000) for one in hit[n][0])
    longest = [fast["sending"][way]["sums"]["40000000"] for way in two_hosts.SENDING]
    for name, ms in longest[0].items():
        assert 1.45 < ms / longest[1][name] < 1.55


def test_what_the_page_says_of_steps_and_of_the_training_on_two_hosts_is_so():
    found = two_hosts.stored()
    for link, _, one in two_hosts_report.each_step(found):
        assert 1.015 < one["together"] / two_hosts_report.expected(link, one) < 1.24
        if link["delay"]:
            assert 0.45 < one["alone"] / one["together"] < 0.55 and one["all-reduce"] > one["alone"]
        else:
            assert 1 < one["alone"] / one["together"] < 1.25
    equal = found["equal"]
    assert equal["loss"] < 1e-6 and equal["weights"] < 1e-4
    assert 1 < equal["carried"] / (2 * 4 * equal["parameters"] * equal["updates"]) < 1.01


def sentences_in_code():
    """The strings of our code; of what is filled in, the braces."""
    for path in Path(minillm.__file__).parent.rglob("*.py"):
        if path.parent.name not in ("ranks", "training", "commands"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                yield "".join(
                    str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


@each_page
def test_messages_are_those_of_the_code(language):
    known = "\n".join(sentences_in_code())
    quoted = [
        words
        for row in table_rows(TEXTS[language])
        for words in re.findall(r"`([^`]+)`", row)
        if " " in words
    ]
    assert len(quoted) == 7
    for words in quoted:
        filled = re.sub(r"\\?\d+", r"(?:\\d+|\\{\\})", re.escape(words))
        assert re.search(filled, known), words


def test_both_languages_have_the_same_code_commands_and_rows():
    for pattern in (
        COMMAND,
        re.compile(r"^## (\d)", re.M),
        re.compile(r"^(\$\$.*)", re.M),
        re.compile(r"```(.*?)```", re.S),
        re.compile(r"^(- )", re.M),
    ):
        one, other = (pattern.findall(text) for text in TEXTS.values())
        assert one == other and one
    one, other = (
        [re.findall(r"`[^`]+`", row) for row in table_rows(text)] for text in TEXTS.values()
    )
    assert one == other and len(one) == 13


def test_both_readmes_lead_here():
    for name, page in (
        ("README.md", "lessons/several_machines.md"),
        ("README.zh.md", "lessons/zh/several_machines.md"),
    ):
        assert f"]({page})" in (ROOT / name).read_text(encoding="utf-8")
