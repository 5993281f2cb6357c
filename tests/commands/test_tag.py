"""``tag``: learn, tag, evaluate; what it says of odd input, and what it refuses."""

import io
import json
import re
import sys
from itertools import pairwise

import pytest

from minillm.__main__ import main
from minillm.commands.tag_pictures import novelty_picture
from minillm.tasks.entities.evaluation import TaggerScores
from minillm.tasks.entities.tagger import Tagger
from minillm.tasks.metrics.entities import entity_scores
from minillm.text.conll_files import conll_text, sentences_in, write_conll
from tests.commands.command_line import listing
from tests.tasks.entities.small import DEV, TEST, TRAIN

TINY = ["--tokenizer", "wordpiece:300", "--width", "16", "--n-heads", "2", "--max-length", "40"]
FAST = [*TINY, "--epochs", "6", "--lr", "0.01"]


def rows(sentences):
    return [(sentence.words, sentence.tags) for sentence in sentences]


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("names")
    for name, sentences in (("train", TRAIN), ("dev", DEV), ("test", TEST)):
        write_conll(folder / f"{name}.conll", rows(sentences))
    return folder


@pytest.fixture(scope="session")
def tagger(files, tmp_path_factory):
    """The folder of a run that has learned."""
    out = tmp_path_factory.mktemp("tagger") / "run"
    given = ["--dev", str(files / "dev.conll"), "--test", str(files / "test.conll")]
    assert main(["tag", "train", str(files / "train.conll"), *given, "--out", str(out), *FAST]) == 0
    return out


def table_row(out, name):
    """The numbers of the first row that begins with a name."""
    line = next(line for line in out.split("\n") if line.startswith(name + "  "))
    return [float(cell) for cell in re.split(r"\s{2,}", line)[1:] if cell != "-"]


@pytest.mark.guide("G39")
def test_training_leaves_a_model_its_names_scores_and_a_picture(tagger):
    assert listing(tagger) == [
        *("checkpoint.safetensors", "entities.png", "model.safetensors", "names.json"),
        *("record.jsonl", "scores.json", "times.jsonl"),
    ]
    saved = json.loads((tagger / "scores.json").read_text(encoding="utf-8"))
    assert saved["recipe"]["head"] == "crf"
    assert [*saved["scores"]] == ["dev", "test"]
    of_test = saved["scores"]["test"]
    assert [*of_test] == ["dictionary", "BERT and CRF"]
    assert of_test["dictionary"]["unseen"]["micro"]["recall"] == 0.0
    assert of_test["BERT and CRF"]["unseen"]["micro"]["f1"] > 0.4
    counts = of_test["BERT and CRF"]["all"]["types"]["PER"]
    assert counts["recall"] == counts["right"] / counts["there"]


@pytest.mark.guide("G39")
def test_evaluation_prints_what_it_writes(call, tagger, files, tmp_path):
    result = call("tag", "evaluate", tagger, files / "test.conll", "--out", tmp_path)
    assert (result.code, result.err) == (0, "")
    saved = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))["scores"]["test"]
    trained = json.loads((tagger / "scores.json").read_text(encoding="utf-8"))["scores"]["test"]
    assert saved == trained
    for name in ("dictionary", "BERT and CRF"):
        scores = saved[name]
        expected = [*scores["all"]["micro"].values(), scores["all"]["macro"]["f1"]]
        expected += [scores[group]["micro"]["f1"] for group in ("seen", "unseen")]
        assert table_row(result.out, name) == pytest.approx(expected, abs=5e-4)
    assert table_row(result.out, "PER")[0] == saved[name]["all"]["types"]["PER"]["there"]
    assert listing(tmp_path) == ["entities.png", "scores.json"]


def test_evaluation_without_the_names_of_training_says_so(call, tagger, files, tmp_path):
    (tmp_path / "model.safetensors").write_bytes((tagger / "model.safetensors").read_bytes())
    result = call("tag", "evaluate", tmp_path, files / "test.conll")
    assert "which names training had is not known, all count as unseen" in result.out
    assert "dictionary" not in result.out
    (tmp_path / "names.json").write_text("[3]", encoding="utf-8")
    assert "not a list of names" in call("tag", "evaluate", tmp_path, files / "dev.conll").message


TEXT = "My neighbour Anna Belnor plays the violin ."


def test_a_text_is_shown_with_its_names_where_they_stand(call, tagger):
    odd = "  My neighbour  Anna Belnor\tplays the violin."
    result = call("tag", "apply", tagger, odd, TEXT)
    assert result.code == 0
    first, second = result.out.split("\n")[:-1]
    assert re.sub(r"\[(.*?) [A-Z]+\]", r"\1", first) == odd
    assert re.sub(r"\[(.*?) [A-Z]+\]", r"\1", second) == TEXT
    (sentence,) = sentences_in(call("tag", "apply", tagger, TEXT, "--format", "conll").out, name="")
    assert [sentence.tags] == [
        tuple(t) for t in Tagger.load(tagger / "model.safetensors").predict([TEXT.split()])
    ]


def test_json_lines_have_places_and_probabilities(call, tagger):
    text = "The mayor of Port Belnor is ill ."
    found = json.loads(call("tag", "apply", tagger, text, "--format", "jsonl").out)
    assert found["text"] == text
    for name in found["names"]:
        assert text[name["start"] : name["stop"]] == name["name"]
        assert 0 < name["least_probability"] <= 1


def standard_input(text, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_the_same_words_in_all_forms_of_input_get_the_same_tags(
    call, tagger, tmp_path, monkeypatch
):
    words = TEXT.split()
    conll, lines, objects = (tmp_path / name for name in ("a.conll", "a.txt", "a.jsonl"))
    conll.write_text("\n".join(words) + "\n", encoding="utf-8")
    lines.write_text(TEXT + "\n", encoding="utf-8")
    objects.write_text(json.dumps({"words": words}) + "\n" + json.dumps({"text": TEXT}), "utf-8")
    plain = call("tag", "apply", tagger, TEXT, "--format", "conll").out
    assert call("tag", "apply", tagger, "--file", conll, "--format", "conll").out == plain
    assert call("tag", "apply", tagger, "--file", lines, "--format", "conll").out == plain
    assert call("tag", "apply", tagger, "--file", objects, "--format", "conll").out == 2 * plain
    standard_input(TEXT + "\n", monkeypatch)
    assert call("tag", "apply", tagger, "--format", "conll").out == plain
    standard_input(conll_text([(words, ["O"] * len(words))]), monkeypatch)
    options = ["--file", "-", "--input", "conll", "--format", "conll"]
    assert call("tag", "apply", tagger, *options).out == plain


def test_empty_texts_and_long_ones_are_told_and_lose_nothing(call, tagger):
    long = " ".join([TEXT] * 8)
    result = call("tag", "apply", tagger, "", long, " \t")
    assert "2 of 3 texts have no words" in result.err
    assert (
        "1 of 1 sentences have more than the 40 pieces that the model reads at once" in result.err
    )
    first, second, third = result.out.split("\n")[:-1]
    assert (first, third) == ("", " \t")
    assert re.sub(r"\[(.*?) [A-Z]+\]", r"\1", second) == long


def test_a_tenth_is_kept_where_no_other_files_are_given(call, files, tmp_path):
    options = [*TINY, "--epochs", "0.1", "--head", "token"]
    result = call("tag", "train", files / "train.conll", "--out", tmp_path / "run", *options)
    (n,) = map(int, re.findall(r"(\d+) of the sentences are also in dev or test", result.out))
    assert f"sentences: {192 - n} train, 24 dev, 24 test" in result.out
    assert "BERT  " in result.out and "BERT and CRF" not in result.out


def test_a_run_is_not_lost_and_can_go_on(call, files, tmp_path):
    given = ["tag", "train", files / "train.conll", "--out", tmp_path, *TINY, "--epochs", "0.2"]
    assert call(*given).code == 0
    before = (tmp_path / "model.safetensors").read_bytes()
    assert "holds an earlier run (checkpoint.safetensors)" in call(*given).message
    assert call(*given, "--resume").code == 0
    assert (tmp_path / "model.safetensors").read_bytes() == before
    assert "lr: was 0.002, is 0.5" in call(*given, "--resume", "--lr", "0.5").err
    assert call(*given, "--overwrite", "--seed", "1").code == 0
    assert (tmp_path / "model.safetensors").read_bytes() != before


def test_tags_that_start_inside_are_told_with_their_line(call, tagger, tmp_path):
    file = tmp_path / "inside.conll"
    file.write_text("Anna\tB-PER\n\nsays\tO\nPort\tI-LOC\n\nRome\tI-LOC\n", encoding="utf-8")
    result = call("tag", "evaluate", tagger, file)
    told = "tags of 2 of 3 sentences do not fit together in BIO, first I-LOC behind O on line 4"
    assert told in result.out
    assert result.code == 0
    assert table_row(result.out, "LOC")[0] == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a\tO\nNile\tB-RIVER\n", "line 2: the type of B-RIVER is not one of.*: LOC, ORG, PER"),
        ("a\tO\nb\n", r"line 2: 1 column\(s\)"),
        ("\n\n", "there is no sentence in it"),
        ("a\tnoun\n", "line 1: the last column must be a tag"),
    ],
)
def test_files_that_cannot_be_scored_are_refused(call, tagger, tmp_path, content, message):
    file = tmp_path / "bad.conll"
    file.write_text(content, encoding="utf-8")
    result = call("tag", "evaluate", tagger, file)
    assert result.code == 1
    assert re.search(r"bad\.conll.*" + message, result.message)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", '{"words": ["a", ""]}', "line 1: .*none of them empty"),
        ("a.jsonl", '{"words": ["a", " b"]}', "line 1: .*with blanks around it"),
        ("a.jsonl", '\n{"label": "x"}', 'line 2: "text" with a text or "words"'),
        ("a.jsonl", "[1]", "line 1: one object a line"),
        ("a.conll", "\n", "there is no sentence in it"),
        ("a.txt", "", "nothing to tag"),
    ],
)
def test_texts_that_cannot_be_tagged_are_refused(call, tagger, tmp_path, name, content, message):
    (tmp_path / name).write_text(content, encoding="utf-8")
    result = call("tag", "apply", tagger, "--file", tmp_path / name)
    assert (result.code, result.out) == (1, "")
    assert re.search(message, result.message)


def test_options_and_files_that_do_not_fit_are_refused(call, tagger, files, model, tmp_path):
    train = ["tag", "train", files / "train.conll", "--out", tmp_path / "run"]
    (tmp_path / "few.conll").write_text("a\tB-X\n\n" * 9, encoding="utf-8")
    (tmp_path / "none.conll").write_text(
        "".join(f"a{i}\tO\n\n" for i in range(20)), encoding="utf-8"
    )
    (tmp_path / "river.conll").write_text("a\tB-RIVER\n", encoding="utf-8")
    for arguments, message in [
        ([*train, "--epochs", "0"], "--epochs must be above 0"),
        ([*train, "--tokenizer", "wordpiece:2"], ": --tokenizer: size must be at least"),
        ([*train, "--hidden-words", "2"], "--hidden-words must be at most 1"),
        ([*train, "--dev", tmp_path / "river.conll"], "river.conll, line 1: the type of B-RIVER"),
        (
            ["tag", "train", tmp_path / "few.conll", "--out", tmp_path / "r"],
            "9 sentences are too few",
        ),
        (["tag", "train", tmp_path / "none.conll", "--out", tmp_path / "r"], "no name is tagged"),
        (["tag", "apply", model, "a"], "not a tagger but text classifier"),
        (["predict", tagger, "a"], "not a text classifier but tagger"),
        (["tag", "apply", tmp_path / "missing", "a"], "missing"),
        (["tag", "sample", "--new", "2", "--out", tmp_path / "s"], "--new must be from 0 to 1"),
    ]:
        result = call(*arguments)
        assert result.code == 1
        assert message in result.message
    assert not (tmp_path / "run").exists() and not (tmp_path / "r").exists()


def test_sentences_that_are_held_out_too_are_not_learned_from(call, files, tmp_path):
    dev, test = tmp_path / "dev.conll", tmp_path / "test.conll"
    write_conll(dev, rows([*TRAIN[:3], *DEV]))
    write_conll(test, rows([*TRAIN[2:5], *TEST]))
    given = ["tag", "train", files / "train.conll", "--dev", dev, "--test", test]
    result = call(*given, "--out", tmp_path / "run", *TINY, "--epochs", "0.1")
    apart = [{s.words for s in part} for part in ([*TRAIN[:3], *DEV], [*TRAIN[2:5], *TEST])]
    n, both = sum(s.words in apart[0] | apart[1] for s in TRAIN), len(apart[0] & apart[1])
    assert f"{n} of the sentences are also in dev or test: dropped" in result.out
    assert f"sentences: {len(TRAIN) - n} train" in result.out
    assert (
        f"{both} sentences are in dev and in test: what is chosen on dev knows them" in result.out
    )
    own = ["tag", "train", files / "dev.conll", "--dev", files / "dev.conll"]
    result = call(*own, "--out", tmp_path / "r", *TINY)
    assert "all of the sentences are also in dev or test" in result.message


@pytest.mark.parametrize("columns", ["{n}\t{word}\t{tag}", "{n} {word} NN {tag}"])
def test_numbers_in_front_of_the_words_are_not_learned(columns, call, files, tagger, tmp_path):
    path = tmp_path / "numbered.conll"
    path.write_text(
        "".join(
            columns.format(n=n, word=word, tag=tag) + "\n" + "\n" * (n == len(s.words))
            for s in TRAIN
            for n, (word, tag) in enumerate(zip(s.words, s.tags, strict=True), start=1)
        )
    )
    told = "the first column counts 1, 2, ... in every sentence: the word must come first"
    assert told in call("tag", "train", path, "--out", tmp_path / "run").message
    assert told in call("tag", "apply", tagger, "--file", path).message
    shown = call("tag", "train", "--help").out
    assert "first the word, last its tag" in " ".join(shown.split())


def test_a_sentence_of_numbers_is_one_of_words():
    assert len(sentences_in("1\tO\n2\tO\n", name="two columns")) == 1
    assert len(sentences_in("1\tCD\tO\n\n1\tCD\tO\n", name="lone numbers")) == 2
    assert len(sentences_in("1\tCD\tO\n2\tCD\tO\n\n7\tCD\tO\n", name="a seven")) == 2


def test_it_is_said_where_no_name_was_found(call, tagger):
    result = call("tag", "apply", tagger, "plays the violin .")
    assert (result.out, result.message) == (
        "plays the violin .\n",
        "minillm tag: no name was found",
    )
    assert call("tag", "apply", tagger, TEXT).err == ""


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_sample_is_written_that_can_be_learned(call, tmp_path, language):
    out = tmp_path / "sample"
    result = call("tag", "sample", "--language", language, "--out", out, "--new", "1")
    for name, n in (("train", 800), ("dev", 200), ("test", 400)):
        assert f"{name}.conll: {n} sentences" in result.out
    assert listing(out) == ["dev.conll", "test.conll", "train.conll"]
    options = ["--out", tmp_path / "run", *TINY, "--epochs", "0.02", "--tokenizer", "character"]
    given = ["--dev", out / "dev.conll", "--test", out / "test.conll"]
    learned = call("tag", "train", out / "train.conll", *given, *options)
    assert (
        learned.code == 0 and "dev or test" not in learned.out and "in dev and" not in learned.out
    )
    saved = json.loads((tmp_path / "run" / "scores.json").read_text(encoding="utf-8"))
    assert saved["scores"]["test"]["dictionary"]["all"]["micro"]["f1"] == 0.0


@pytest.mark.parametrize(("kinds", "f1"), [(("corporation", "creative-work"), 0), (("PER",), 1)])
def test_a_picture_has_the_scores_in_figures_and_names_apart(kinds, f1, tmp_path, monkeypatch):
    """Scores of 0 are no empty frame; no name of a type lies over another one."""
    drawn = []
    monkeypatch.setattr(
        "minillm.commands.tag_pictures.save", lambda figure, *_: drawn.append(figure)
    )
    kinds = [*kinds, *(f"kind-of-name-{i}" for i in range(4 if len(kinds) > 1 else 0))]
    true = [[f"B-{kind}", "O"] for kind in kinds]
    scores = entity_scores(true, true if f1 else [["O", "O"]] * len(kinds))
    novelty_picture(tmp_path / "a.png", {"BERT": TaggerScores(scores, scores, scores)}, title="t")
    drawn[0].canvas.draw()
    for ax in drawn[0].axes:
        numbers = [text.get_text() for text in ax.texts]
        assert numbers == [f"{f1:.2f}"] * (len(kinds) + 1)
        for one, other in pairwise(ax.get_xticklabels()):
            if one.get_rotation():  # the feet of the words lie apart, and so do the words
                assert one.get_position()[0] < other.get_position()[0]
            else:
                assert not one.get_window_extent().overlaps(other.get_window_extent())
    assert bool(drawn[0].axes[0].get_xticklabels()[0].get_rotation()) == (len(kinds) > 1)
