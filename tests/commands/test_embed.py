"""Word vectors on the command line: learned, asked, gone on with, and refused."""

import json

import numpy as np
import pytest

from minillm.commands.embed_pictures import labels, write_apart
from minillm.commands.embed_progress import Told
from minillm.commands.pictures import new_figure
from minillm.models.word_vectors import WordVectors, read_vectors, write_binary_vectors
from minillm.models.word_vectors.training import Trained
from minillm.tasks import glove_vectors
from minillm.training import read_record
from tests.commands.command_line import listing

ANIMALS, TOOLS = ["cat", "dog", "cow", "pig"], ["saw", "axe", "nail", "drill"]
TRAIN = ("--method", "glove", "--rate", "0.15", "--width", "6", "--epochs", "8", "--min-count", "1")


@pytest.fixture
def text(tmp_path, rng):
    """Lines about animals, and lines about tools; a word of each is seldom with the other."""
    lines = []
    for i in range(400):
        words = list(rng.choice(ANIMALS if i % 2 else TOOLS, 5))
        if i % 5 == 0:
            words[2] = str(rng.choice(TOOLS if i % 2 else ANIMALS))
        lines.append(" ".join(words))
    path = tmp_path / "text.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.guide("G10")
def test_vectors_are_learned_written_drawn_and_asked(call, text, tmp_path):
    out = tmp_path / "run"
    result = call("embed", "train", text, *TRAIN, "--out", out)
    assert result.code == 0, result.err
    assert listing(out) == [
        *("checkpoint.safetensors", "record.jsonl", "times.jsonl"),
        *("vectors.json", "vectors.png", "vectors.txt"),
    ]
    assert "sentences 400, words 2,000, of them kept 2,000; different words kept 8" in result.out
    facts = json.loads((out / "vectors.json").read_text(encoding="utf-8"))
    assert facts["method"] == "glove" and facts["vocabulary"] == 8 and facts["words"] == 2000
    assert (
        facts["settings"]["epochs"] == 8
        and facts["settings"]["rate"] == 0.15
        and facts["window"]["size"] == 10
    )
    vectors = read_vectors(out / "vectors.txt")
    assert sorted(vectors.words) == sorted(ANIMALS + TOOLS) and vectors.width == 6
    found = tmp_path / "found.json"
    near = call("embed", "neighbours", out, "cat", "saw", "--count", "3", "--json", found)
    told = json.loads(found.read_text(encoding="utf-8"))["neighbours"]
    for word, listed in told.items():
        assert [w for w, _ in listed] == [n.word for n in vectors.nearest([word], 3)[0]]
        assert all(f"{w} " in near.out and f"{c:.3f}" in near.out for w, c in listed)


def test_the_same_seed_gives_the_same_file_and_another_another(call, text, tmp_path):
    files = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        call("embed", "train", text, *TRAIN, "--seed", seed, "--out", tmp_path / name)
        files.append((tmp_path / name / "vectors.txt").read_bytes())
    assert files[0] == files[1] != files[2]


def test_an_interrupted_run_goes_on(call, text, tmp_path, monkeypatch):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    call("embed", "train", text, *TRAIN, "--out", whole)
    write = glove_vectors.write_state

    def stopping(path, trained, facts):
        write(path, trained, facts)
        if trained.epochs == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(glove_vectors, "write_state", stopping)
    stopped = call("embed", "train", text, *TRAIN, "--out", parts)
    assert stopped.code == 130 and "--resume goes on" in stopped.err
    assert listing(parts) == ["checkpoint.safetensors", "record.jsonl", "times.jsonl"]
    assert "there is no vectors.txt" in call("embed", "neighbours", parts, "cat").message
    monkeypatch.setattr(glove_vectors, "write_state", write)
    assert "holds an earlier run" in call("embed", "train", text, *TRAIN, "--out", parts).message
    assert call("embed", "train", text, *TRAIN, "--out", parts, "--resume").code == 0
    assert (parts / "vectors.txt").read_bytes() == (whole / "vectors.txt").read_bytes()
    events = [read_record(folder / "record.jsonl")[1] for folder in (parts, whole)]
    assert events[0] == events[1][:2] + events[1][3:]  # the third was made, and not yet told of
    assert call("embed", "train", text, *TRAIN, "--out", parts, "--overwrite").code == 0


@pytest.mark.guide("G9")
@pytest.mark.parametrize("method", ["skip-gram", "cbow"])
def test_word2vec_is_learned_too_and_goes_on(method, call, text, tmp_path):
    out, options = tmp_path / "run", ("--method", method, *TRAIN[4:], "--window", "2")
    assert call("embed", "train", text, *options, "--out", out).code == 0
    vectors = (out / "vectors.txt").read_bytes()
    facts = json.loads((out / "vectors.json").read_text(encoding="utf-8"))
    assert facts["method"] == facts["settings"]["model"] == method
    assert facts["settings"]["window"] == 2 and facts["settings"]["epochs"] == 8
    assert facts["settings"]["rate"] == {"skip-gram": 0.025, "cbow": 0.05}[method]
    (out / "vectors.txt").unlink()
    assert call("embed", "train", text, *options, "--out", out, "--resume").code == 0
    assert (out / "vectors.txt").read_bytes() == vectors
    other = call("embed", "train", text, *options, "--out", out, "--resume", "--seed", "3")
    assert other.code == 1 and "seed: was 0, is 3" in other.err


@pytest.mark.parametrize("form", ["text", "binary"])
def test_analogies_are_scored_by_section(form, call, tmp_path):
    words = ["Athens", "Greece", "Oslo", "Norway", "noise"]
    table = np.array([[1, 0, 0], [1, 0, 1], [0, 1, 0], [0, 1, 1], [0, 0, 0.1]])
    path, questions, found = (tmp_path / n for n in ("vectors", "questions", "found.json"))
    if form == "binary":
        write_binary_vectors(path, WordVectors(words, table))
    else:
        rows = zip(words, table, strict=True)
        path.write_text("".join(f"{w} {' '.join(map(str, r))}\n" for w, r in rows), "utf-8")
    questions.write_text(
        ": capitals\nathens greece oslo norway\nAthens Greece Paris France\n"
        ": turned\nAthens Oslo Greece noise\n",
        "utf-8",
    )
    result = call("embed", "analogies", path, questions, "--json", found)
    assert result.code == 0, result.err
    lines = [line.split() for line in result.out.splitlines()]
    assert ["capitals", "1", "100.0", "%", "1", "2"] in lines
    assert ["turned", "0", "0.0", "%", "1", "1"] in lines
    assert ["all", "1", "50.0", "%", "2", "3"] in lines
    sections = json.loads(found.read_text(encoding="utf-8"))["sections"]
    questions.write_text(": capitals\nathens greece paris france\n", "utf-8")
    none = [line.split() for line in call("embed", "analogies", path, questions).out.splitlines()]
    assert ["capitals", "-", "-", "0", "1"] in none
    questions.write_text(": capitals\nathens greece oslo norway\nAthens Greece Paris France\n")
    assert sections["capitals"] == {"questions": 2, "asked": 1, "right": 1}
    cased = call("embed", "analogies", path, questions, "--cased").out
    assert ["capitals", "-", "-", "0", "2"] in [line.split() for line in cased.splitlines()]


def test_an_unknown_word_is_one_line_with_words_like_it(call, tmp_path):
    path = tmp_path / "vectors"
    path.write_text("house 1 2\nmouse 3 4\n", "utf-8")
    assert (
        "no vector for 'houze'; did you mean house"
        in call("embed", "neighbours", path, "houze").message
    )
    assert (
        "no vector for 'mouse'" in call("embed", "neighbours", path, "mouse", "--limit", 1).message
    )


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (["embed", "train", "f", "--windw", "3"], "--window, --width"),
        (["translate", "--threads", "1", "learn", "f", "--stepz=3"], "--steps"),
        (["tag", "apply", "m", "--fromat", "text"], "--format"),
        (["pretrain", "f", "--qqq", "3"], None),
        (["predict", "m", "--fromat", "text"], "--format"),
    ],
)
def test_options_that_there_are_not_are_told_with_those_like_them(words, near, call):
    result = call(*words)
    assert result.code == 2
    last = result.err.splitlines()[-1]
    assert last.startswith(f"minillm {words[0]}")
    assert last.endswith(f"; did you mean {near}?") if near else "did you mean" not in last


def test_messages_name_options(call, text, tmp_path):
    path = tmp_path / "vectors"
    path.write_text("a 1 2\nnew york 3 4\n", "utf-8")
    assert call("embed", "neighbours", path, "a").message.endswith(
        "line 2: a word and 2 numbers needed, got a word and 3; if words have blanks in them, "
        "read with --blanks"
    )


def test_a_loss_that_is_not_finite_names_the_option(call, text, tmp_path, monkeypatch):
    def diverge(*_, **__):
        raise ValueError("word2vec: the loss of chunk 3 is inf; lower rate or batch")

    monkeypatch.setattr("minillm.commands.embed_training.learn_word2vec", diverge)
    result = call("embed", "train", text, "--min-count", "1", "--out", tmp_path / "run")
    assert result.message.endswith("the loss of chunk 3 is inf; give a lower --rate")


def test_word_vectors_that_are_worse_than_none_are_told(capsys):
    told = Told("cbow", epochs=1, per_pass=2, items=None, replaced=())
    for done, loss in ((1, 3.0), (2, 6.0)):
        told(Trained(None, done, loss, items=done * 10), done)
    assert capsys.readouterr().err == "cbow pass 1 of 1: mean loss 5.0000\n"  # (30 + 120) / 30
    told.print_end(5.1)
    assert capsys.readouterr() == (
        "mean loss of the last pass 5.0000; before learning 5.1000\n",
        "",
    )
    told.print_end(5.0)
    assert "give a lower --rate" in capsys.readouterr().err


@pytest.mark.parametrize("method", ["cbow", "glove"])
def test_learning_is_told_and_so_is_that_nothing_was_learned(method, call, text, tmp_path):
    options = ["--method", method, *TRAIN[4:6], "--epochs", "2", "--min-count", "1"]
    good = call("embed", "train", text, *options, "--rate", "0.1", "--out", tmp_path / "good")
    told = [line.rpartition(" ") for line in good.err.splitlines()]
    assert [head for head, _, _ in told] == [f"{method} pass {n} of 2: mean loss" for n in (1, 2)]
    assert f"mean loss of the last pass {told[1][2]}; before learning" in good.out
    if method == "glove":
        bad = call("embed", "train", text, *options, "--rate", "200", "--out", tmp_path / "bad")
        assert (bad.code, "give a lower --rate" in bad.err) == (0, True)


def test_texts_without_two_words_are_refused(call, tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("one two three\n", "utf-8")
    result = call("embed", "train", path, "--out", tmp_path / "run")
    assert result.code == 1 and "0 different words occur 5 times" in result.message
    assert not (tmp_path / "run").exists()


def test_a_chinese_text_is_read_by_characters(call, tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("我爱你\n你爱我\n" * 5, "utf-8")
    result = call("embed", "train", path, "--width", "3", "--out", tmp_path / "run")
    assert result.code == 0, result.err
    assert set(read_vectors(tmp_path / "run" / "vectors.txt").words) == {"我", "爱", "你"}


def test_words_that_would_cover_others_are_points(rng):
    """Forty words at almost one place, and four with room around them."""
    places = np.vstack([rng.normal(0, 1e-3, (40, 2)), [[-1, -1], [-1, 1], [1, -1], [1, 1]]])
    _, (ax,) = new_figure(1, width=8, height=7)
    ax.scatter(*places.T)
    ax.figure.canvas.draw()
    names = [f"word{i}" for i in range(44)]
    assert write_apart(ax, names, places, None) == len(ax.texts)
    boxes = [text.get_window_extent() for text in ax.texts]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    written = [text.get_text() for text in ax.texts]
    assert written[0] == "word0" and written[-4:] == names[-4:] and 5 <= len(written) <= 12


def test_chinese_words_are_written_or_numbered_and_never_boxes():
    assert labels(["你", "a$b"], "A Font") == ["你", r"a\$b"]
    assert labels(["你", "我"], None) == ["1", "2"]
    assert labels(["a", "é"], None) == ["a", "é"]
