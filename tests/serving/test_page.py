"""The page: its words in both languages, nothing of a text as HTML, and what a browser shows."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest

import minillm.serving
from tests.serving.little import classifier, client
from tests.serving.test_server import running

page = pytest.importorskip("minillm.serving.page", reason="needs the extra serve")
SITE = Path(minillm.serving.__file__).parent / "site"
SOURCES = {path.name: path.read_text(encoding="utf-8") for path in SITE.iterdir()}
SCRIPTS = {name: text for name, text in SOURCES.items() if name.endswith(".js")}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def words(name):
    """The table of one language."""
    block = re.search(rf"\n  {name}: \{{\n(.*?)\n  \}},", SOURCES["words.js"], re.DOTALL)[1]
    rows = re.findall(r'^    "?([\w ]+)"?: "(.*)",$', block, re.M)
    assert len(rows) == len(block.splitlines())
    return dict(rows)


def test_the_page_is_short_files_of_short_lines():
    for name, text in SOURCES.items():
        assert len(text.splitlines()) <= 250, name
        assert not name.endswith("s") or max(map(len, text.splitlines())) <= 130, name


def test_both_languages_have_the_same_words_with_the_same_places():
    english, chinese = words("en"), words("zh")
    assert english.keys() == chinese.keys() and len(english) > 40
    for key, text in english.items():
        places = sorted(re.findall(r"\{\w+\}", text))
        assert sorted(re.findall(r"\{\w+\}", chinese[key])) == places, key
        assert re.search("[\u4e00-\u9fff]", chinese[key] + ("" if places else "一")), key


def test_every_word_that_is_used_is_there_and_every_one_is_used():
    used = set(re.findall(r'data-word(?:-label)?="(\w+)"', SOURCES["index.html"]))
    for text in SCRIPTS.values():
        used |= set(re.findall(r'say\("(\w+)"', text))
    used |= {"text classifier", "language model"}  # named by what is answered
    used |= {"refused", "failed"}  # by the status of an answer
    used |= {"number", "whole_number"}  # by the kind of a field
    used |= {"gone", "broken_off"}  # what else has happened
    used |= {f"code_{code}" for code in codes()}
    used |= {"writing", "ended", "full", "stopped"}  # told by noted()
    assert used == words("en").keys()


def codes():
    """What a server's refusals are named by."""
    found = set()
    for path in SITE.parent.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r'code="(\w+)"|"code": "(\w+)"', text))
        found |= set(
            re.findall(r'(?:later|not_possible)\((?:[^()]|\([^()]*\))*?,\s*"(\w+)"()', text)
        )
    return {"".join(names) for names in found}


def test_no_text_becomes_html_and_no_script_stands_in_the_page():
    """What is typed, and what a model writes, is only ever put in as text."""
    for name, text in SCRIPTS.items():
        for sink in (
            "innerHTML",
            "outerHTML",
            "insertAdjacent",
            "document.write",
            "eval(",
            "Function(",
        ):
            assert sink not in text, name
    html = SOURCES["index.html"]
    assert re.findall(r"<script[^>]*>", html) == ['<script type="module" src="/page.js">']
    assert not re.search(r"\son\w+=|\sstyle=|javascript:|<style", html)
    for name, text in SOURCES.items():
        links = re.findall(r"(?:https?:)?//[a-z][\w.]+", text)
        assert set(links) <= {"//www.w3.org", "http://www.w3.org"}, name


def test_every_file_of_the_page_is_given_out_and_no_other():
    assert {name for name, _ in page.FILES.values()} == SOURCES.keys()
    with client(classifier()) as ask:
        for path, (name, kind) in page.FILES.items():
            answer = ask.get(path)
            assert answer.status_code == 200 and answer.text == SOURCES[name]
            assert answer.headers["content-type"] == f"{kind}; charset=utf-8"


def test_elements_that_scripts_ask_for_are_in_the_page():
    there = set(re.findall(r'\bid="([\w-]+)"', SOURCES["index.html"]))
    for name, text in SCRIPTS.items():
        assert set(re.findall(r'byId\("([\w-]+)"\)', text)) <= there, name


def test_what_is_shown_is_named_for_those_who_do_not_see_it():
    html = SOURCES["index.html"]
    for found in re.findall(r"<section[^>]*>", html):
        label = re.search(r'aria-labelledby="([\w-]+)"', found)[1]
        assert f'<h2 id="{label}"' in html
    for tag in re.findall(r"<(?:input|select|textarea)[^>]*>", html):
        name = re.search(r'id="([\w-]+)"', tag)[1]
        inside = re.search(rf"<label[^>]*>(?:(?!</label>).)*id=\"{name}\"", html, re.DOTALL)
        assert inside or f'for="{name}"' in html, name
    assert 'lang="en"' in html and "viewport" in html and "maximum-scale" not in html


browser = pytest.mark.skipif(CHROMIUM is None, reason="the page is looked at with Chromium")


def looked_at(port, folder, **asked):
    """The page as Chromium has built it, as HTML."""
    query = "&".join(f"{key}={quote(value)}" for key, value in asked.items())
    return dumped(f"http://127.0.0.1:{port}/?{query}", folder)


def dumped(address, folder, *options):
    """A page as Chromium has built it."""
    done = subprocess.run(
        [
            *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"),
            *("--virtual-time-budget=10000", f"--user-data-dir={folder}"),
            *(*options, address),
        ],
        capture_output=True,
        timeout=60,
        check=True,
    )
    return done.stdout.decode()


@browser
def test_a_browser_shows_what_a_classifier_says_and_reads_no_text_as_html(tmp_path):
    classifier().save(tmp_path / "model.safetensors")
    evil = "<b>good</b>"
    with running(tmp_path / "model.safetensors") as (_, port):
        html = looked_at(port, tmp_path / "chromium", text=evil, lang="zh")
    assert "<b>" not in html and "&lt;" in html
    assert 'lang="zh-CN"' in html and "判为：" in html and html.count('role="radio"') == 2
    assert len(re.findall(r'<span class="p">[\d.]+ %</span>', html)) == 2
    hidden = {"written", "next", "write", "settings"}
    for name in hidden | {"tokens", "classes", "attention"}:
        (tag,) = re.findall(rf'<\w+ [^>]*id="{name}"[^>]*>', html)
        assert ("hidden" in tag) == (name in hidden), name


SCRIPT = """
import { paint } from "SITE/maps.js";
import { reason, refusal, requireNumber } from "SITE/asking.js";
import { speak } from "SITE/words.js";
const canvas = document.createElement("canvas");
const weights = Array.from({ length: 40 }, (_, i) => Array(40).fill(0).fill(1 / (i + 1), 0, i + 1));
weights[39].fill(0.05, 0, 10).fill(0.5 / 30, 10);
paint(canvas, weights, 1);
const drawn = canvas.getContext("2d").getImageData(0, 0, 40, 40).data;
const told = [];
for (const language of ["en", "zh"]) {
  speak(language);
  told.push(reason({ error: "...", code: "too_long", n: 60, most: 48 }, 422));
  told.push((await refusal(new Response("Internal Server Error", { status: 500 }))).message);
}
const wrong = [];
const field = document.createElement("input");
Object.assign(field, { id: "top_k", type: "number", min: "1", max: "24" });
for (const given of ["24", "", "25", "0", "1.5", null]) {
  field.value = given ?? "";
  const { id, min, max, step } = field;
  const letters = { id, min, max, step, validity: { badInput: true } };
  try {
    requireNumber(given === null ? letters : field);
    wrong.push("");
  } catch (error) {
    wrong.push(error.message);
  }
}
const places = [[0, 0], [0, 1], [30, 0], [39, 0], [39, 39]];
const alphas = places.map(([i, j]) => drawn[4 * (40 * i + j) + 3]);
document.body.textContent = JSON.stringify({ alphas, told, wrong });
"""


@browser
def test_a_long_texts_map_can_be_seen_and_refusals_are_in_the_readers_language(tmp_path):
    page = tmp_path / "try.html"
    script = SCRIPT.replace("SITE", SITE.as_uri())
    page.write_text(f'<body><script type="module">{script}</script></body>', encoding="utf-8")
    html = dumped(page.as_uri(), tmp_path / "chromium", "--allow-file-access-from-files")
    found = json.loads(re.search(r"<body>(.*)</body>", html, re.DOTALL)[1])
    assert found["alphas"][:4] == [255, 0, 255, 255] and abs(found["alphas"][4] - 85) < 2
    long, unreadable, *chinese = found["told"]
    assert "tick “cut what is too long”" in long and "60" in long and "48" in long
    assert '"cut"' not in long and "JSON" not in unreadable and "500" in unreadable
    assert all(re.search("[\u4e00-\u9fff]{4}", one) for one in chinese)
    assert found["wrong"] == ["", "", *["top-k：需要 1 到 24 之间的整数。"] * 4]
