"""The page on serving: its requests are answered, its statuses real, its table stored."""

import json
import re
import shlex
from pathlib import Path

import pytest

import minillm.serving
from minillm.commands.arguments import build_parser
from minillm.commands.bench_report import report
from tests.serving.little import classifier, client, language

KINDS = pytest.importorskip("minillm.serving.endpoints", reason="needs the extra serve").KINDS
ROOT = Path(__file__).parents[1]
PAGES = {"en": ROOT / "lessons" / "serving.md", "zh": ROOT / "lessons" / "zh" / "serving.md"}
TEXTS = {name: path.read_text(encoding="utf-8") for name, path in PAGES.items()}
COMMAND = re.compile(r"^\.venv/bin/python -m minillm (.+)$", re.MULTILINE)
CURL = re.compile(r"^curl .+$", re.MULTILINE)
STORED = ROOT / "tests" / "benchmarks" / "serving.json"


def rows(text):
    """Cells of the tables' rows, heads and rules left out."""
    found = [line for line in text.splitlines() if re.match(r"\| [`4-5]", line)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in found]


def named(cell):
    return re.findall(r"`(\w+)`", cell)


@pytest.mark.guide("G64")
@pytest.mark.parametrize("line", CURL.findall(TEXTS["en"]), ids=lambda line: line[15:40])
def test_every_request_of_the_page_is_answered_with_what_the_table_promises(line):
    words = shlex.split(line)
    url = next(word for word in words if word.startswith("localhost"))
    path, body = url.partition("8000")[2], words[words.index("-d") + 1]
    header = words[words.index("-H") + 1].split(": ")
    row = next(row for row in rows(TEXTS["en"]) if row[0] == f"`POST {path}`")
    assert {*json.loads(body)} <= {"text", *named(row[1])}
    with client(classifier() if path.endswith("classify") else language()) as ask:
        answer = ask.post(path, content=body, headers=dict([header]))
    assert answer.status_code == 200
    promised = {*named(row[2].split("each with")[0])} - {"cut"}
    if '"stream"' in body:
        last = json.loads(answer.text.splitlines()[-1])
        assert last["done"] is True and {"text", "count", "stopped"} <= last.keys()
    else:
        assert promised <= answer.json().keys() | {"tokens"}


def test_the_paths_and_fields_of_the_table_are_those_there_are():
    table = rows(TEXTS["en"])
    posts = [row for row in table if row[0].startswith("`POST")]
    assert [row[0].strip("`").rpartition("/")[2] for row in posts] == list(KINDS)
    for row in posts:
        kind = row[0].strip("`").rpartition("/")[2]
        with client(classifier() if kind == "classify" else language()) as ask:
            told = ask.post(f"/api/{kind}", json={"text": "the", "nonsense": 1}).json()["error"]
        known = set(told.partition("known: ")[2].split(", "))
        assert known == {"text", "cut", *named(row[1])}
    with client(classifier()) as ask:
        for row in table[:2]:
            answer = ask.get(row[0].strip("`").split()[1]).json()
            assert {*named(row[2])} <= answer.keys()


def test_the_statuses_are_those_that_the_server_gives():
    sources = [
        path.read_text(encoding="utf-8")
        for path in Path(minillm.serving.__file__).parent.glob("*.py")
    ]
    given = {int(n) for text in sources for n in re.findall(r"Refused\(\s*([45]\d\d)", text)}
    given |= {405}  # by Starlette
    for text in TEXTS.values():
        told = [int(row[0]) for row in rows(text) if row[0].isdecimal()]
        assert told == sorted(given)


@pytest.mark.parametrize("language", TEXTS)
def test_commands_options_and_defaults_are_understood(language):
    commands = COMMAND.findall(TEXTS[language])
    assert len(commands) == 2
    for command in commands:
        words = shlex.split(command)
        assert not build_parser(words).parse_known_args(words)[1]
    parser = build_parser(["serve"])
    for option, value in re.findall(r"`(--[\w-]+) ([\w.]+)`", TEXTS[language]):
        given = "lab" if value == "NAME" else value
        found = parser.parse_args(["serve", "runs/reviews", option, given])
        name = option[2:].replace("-", "_")
        if name not in ("host", "allow_host", "stored"):
            assert getattr(found, name) == parser.parse_args(["serve", "x"]).__dict__[name]


def test_the_table_is_the_measurement_that_is_stored():
    found = json.loads(STORED.read_text(encoding="utf-8"))
    for text in TEXTS.values():
        block = re.search(r"<!-- bench -->\n```\n(.*?)\n```", text, re.DOTALL)[1]
        assert block == report(found)
    one, most = (found["serve"]["classify"][n] for n in ("1", "16"))
    assert most["answers/s"] > 2 * one["answers/s"] and most["median ms"] < one["median ms"]
    kept = found["serve"]["stored"]
    assert kept["int8"]["same as float32"] > 0.99 and kept["int8"]["kB"] < kept["float32"]["kB"]
    assert kept["int8"]["ms"] > 0.8 * kept["float32"]["ms"]  # no time is saved


def test_both_languages_have_the_same_requests_commands_and_rows():
    for pattern in (COMMAND, CURL, re.compile(r"^## (\d)", re.M), re.compile(r"^(- )", re.M)):
        one, other = (pattern.findall(text) for text in TEXTS.values())
        assert one == other and one
    one, other = ([[named(cell) for cell in row[:2]] for row in rows(t)] for t in TEXTS.values())
    assert one == other


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_text_is_what_the_page_says_it_is(kind):
    told = re.search(r"An empty text is a beginning to ([^;]+);", TEXTS["en"])[1]
    with client(classifier() if kind == "classify" else language()) as ask:
        status = ask.post(f"/api/{kind}", json={"text": ""}).status_code
    assert status == (200 if kind in named(told) else 422)


def test_p_is_the_models_own_whatever_filters_the_choice():
    asked = {"text": "the", "seed": 1, "length": 1}
    with client(language()) as ask:
        (token,) = ask.post(
            "/api/generate", json={**asked, "temperature": 0.2, "min_p": 0.5}
        ).json()["tokens"]
        rows = ask.post("/api/next", json={"text": "the", "count": 20}).json()["next"]
    (own,) = [one["p"] for one in rows if one["id"] == token["id"]]
    assert token["p"] == pytest.approx(own, abs=1e-5) and own < 0.9


def test_links_lead_to_files_and_both_readmes_lead_here():
    for path in PAGES.values():
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), target
    for name, page in (
        ("README.md", "lessons/serving.md"),
        ("README.zh.md", "lessons/zh/serving.md"),
    ):
        assert f"]({page})" in (ROOT / name).read_text(encoding="utf-8")
