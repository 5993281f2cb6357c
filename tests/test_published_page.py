"""The page on published models: its code runs on tiny ones, its commands and messages are real."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from minillm.__main__ import main
from minillm.commands.arguments import build_parser
from minillm.models.published.opening import KINDS
from tests.commands.command_line import write_examples
from tests.published_folders import (
    write_bert,
    write_gpt2,
    write_json,
)

LESSONS = Path(__file__).parents[1] / "lessons"
PAGES = {
    language: LESSONS / folder / "published.md" for language, folder in (("en", ""), ("zh", "zh"))
}
COMMAND = re.compile(r"^\.venv/bin/python -m minillm (.+)$", re.MULTILINE)


def text_of(language):
    return PAGES[language].read_text(encoding="utf-8")


def code_of(language):
    return re.findall(r"```python\n(.*?)```", text_of(language), flags=re.DOTALL)


def rows_of(language):
    """The cells of every row of the page's tables, heads and rules among them."""
    lines = [line for line in text_of(language).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


@pytest.fixture
def models(tmp_path, monkeypatch):
    """A folder with the two models that the page speaks of, in which its code runs."""
    monkeypatch.chdir(tmp_path)
    pooler = {"bert.pooler.dense.weight": (8, 8), "bert.pooler.dense.bias": (8,)}
    write_bert(tmp_path / "models" / "bert", "BertForMaskedLM", more=pooler)
    write_gpt2(tmp_path / "models" / "gpt2")
    return tmp_path


@pytest.mark.guide("G59")
def test_every_block_runs_after_those_before_it_and_says_what_it_promises(models, capsys):
    names: dict = {}
    for number, block in enumerate(code_of("en")):
        exec(compile(block, f"published.md, block {number}", "exec"), names)
    printed = capsys.readouterr().out
    assert "bert masked BertConfig(vocabulary_size=26, width=8" in printed
    assert re.search(r"^bert\.tokens\.weight +\(26, 8\) +bert\.embeddings\.word_emb", printed, re.M)
    assert "passed over: ['bert.pooler.dense.bias', 'bert.pooler.dense.weight']" in printed
    assert float(re.search(r"largest difference: (\S+)", printed)[1]) < 1e-6
    assert "['[CLS]', 'the', 'film', 'was', 'good', '[SEP]']" in printed
    assert "transformer.h.0.attn.c_attn.weight (8, 24) Place" in printed
    assert "90 of 1,522 numbers are trained" in printed
    losses = [float(loss) for loss in re.findall(r"loss (\d\.\d+)", printed)]
    assert len(losses) == 4 and losses[0] > 2 * losses[-1] < 0.4
    assert "['good', 'good', 'good', 'bad', 'bad', 'bad']" in printed
    assert printed.endswith("left out: []\nTrue\n")
    assert names["again"].labels.names == ("bad", "good")


def test_every_command_of_the_page_runs_in_its_order(models, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    write_examples(models / "reviews.tsv")
    commands = COMMAND.findall(text_of("en"))
    assert len(commands) >= 8
    for command in commands:
        words = shlex.split(command)
        assert not build_parser(words).parse_known_args(words)[1], command
        more = ["--epochs", "1", "--max-characters", "99"] if words[0] == "finetune" else []
        assert main([*words, *more]) == 0, (command, capsys.readouterr().err)
    assert (models / "vectors.npz").exists() and (models / "models" / "reviews").exists()


def classifier(folder, **settings):
    write_bert(folder, "BertForSequenceClassification", ["a", "b"], **settings)
    return ["predict", folder, "x"]


def t5(folder):
    return classifier(folder, model_type="t5")


def unsupported(folder):
    return classifier(folder, hidden_act="relu")


def misfit(folder):
    return classifier(folder, hidden_size=4)


def pickled(folder):
    words = classifier(folder)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    return words


def linked(folder):
    words = classifier(folder)
    shutil.move(folder / "model.safetensors", folder.parent / "elsewhere")
    (folder / "model.safetensors").symlink_to(folder.parent / "elsewhere")
    return words


def cut_off(folder):
    words = classifier(folder)
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-50])
    return words


def no_tokens(folder):
    return classifier(folder, tokens=None)


def llama3(folder):
    write_gpt2(folder)
    parts = [{"type": "Split", "pattern": {"Regex": "x"}}, {"type": "ByteLevel"}]
    saved = {
        "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": parts},
    }
    write_json(folder / "tokenizer.json", saved)
    return ["generate", folder, "x"]


def no_tags(folder):
    write_bert(folder, "BertForTokenClassification", ["LABEL_0", "LABEL_1"])
    return ["tag", "apply", folder, "x"]


def other_head(folder):
    write_gpt2(folder)
    return ["predict", folder, "x"]


def questions(folder):
    write_bert(folder, "BertForQuestionAnswering")
    return ["convert", folder, folder.parent / "out"]


def occupied(folder):
    write_gpt2(folder)
    write_gpt2(folder.parent / "out")
    return ["convert", folder, folder.parent / "out"]


REFUSED = [
    *(t5, unsupported, misfit, pickled, linked, cut_off, no_tokens, llama3, no_tags, other_head),
    *(questions, occupied),
]
ELSEWHERE = {"a WordTokenizer has no published form", "reads the shapes of words"}


def told(language):
    """What the messages of the table say."""
    part = re.split(r"^## 7 ", text_of(language), flags=re.MULTILINE)[1]
    return re.findall(r"^\| `([^`]+)` \|", part, flags=re.MULTILINE)


@pytest.mark.parametrize("language", PAGES)
def test_every_message_of_the_table_is_one_that_a_test_meets(language):
    assert len(told(language)) == len(REFUSED) + len(ELSEWHERE)
    assert {*told(language)} >= ELSEWHERE


@pytest.mark.parametrize("refused", REFUSED, ids=lambda refused: refused.__name__)
def test_the_message_on_the_page_is_the_one_that_comes(tmp_path, capsys, refused):
    words = refused(tmp_path / "model")
    assert main([str(word) for word in words]) == 1
    error = capsys.readouterr().err
    place = REFUSED.index(refused)
    assert [one for one in told("en") if one in error] == [told("en")[place]]


def test_what_the_first_table_names_is_known():
    architectures = {
        name
        for kind in KINDS.values()
        for head in kind.heads.values()
        for name in (head.architecture, *head.aliases)
    }
    for language in PAGES:
        named = {*re.findall(r"`((?:Bert|GPT2|Llama)\w+)`", rows_text(language))}
        assert named <= architectures
        assert architectures - named <= {"GPT2Model", "LlamaModel"}


def rows_text(language):
    """The first cells of the page's first table."""
    return " ".join(row[0] for row in rows_of(language)[:8])


def test_both_languages_have_the_same_code_commands_and_messages():
    assert code_of("en") == code_of("zh")
    assert COMMAND.findall(text_of("en")) == COMMAND.findall(text_of("zh"))
    assert told("en") == told("zh")
    assert [len(row) for row in rows_of("en")] == [len(row) for row in rows_of("zh")]
    for pattern in (r"^## (\d)", r"^(-) "):
        one, other = (re.findall(pattern, text_of(language), re.MULTILINE) for language in PAGES)
        assert one == other and len(one) >= 6
