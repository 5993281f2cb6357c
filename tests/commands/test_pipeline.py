"""The guide's pipeline, small; at its full size in the tests marked slow."""

import re
import sys
from dataclasses import replace
from functools import partial

import pytest

from minillm.backend import load_arrays
from minillm.commands import pipeline, pipeline_report
from minillm.commands.tables import percent
from minillm.commands.words import Words
from minillm.course.places import PROJECT
from minillm.labs.stored import read_settings, read_study
from minillm.tasks import TextClassifier
from minillm.text import text_key
from minillm.text.corpora import load_corpus, unlabelled
from minillm.text.corpora.corpus import cells_of
from minillm.text.corpora.samples import SAMPLES
from tests.commands.command_line import listing

SIZES = (60, 20, 60)
PHASES = [
    "Read labelled text",
    "Clean it, and keep the splits apart",
    "Tokenise and number",
    "Pad to rectangles, with a mask",
    "Build the model",
    "Pretrain all of it: which word is hidden?",
    "Fine-tune all of it, and for comparison the head alone",
    "Evaluate on sentences never seen",
    "Predict",
    "Pictures",
]
ROWS = ["sentences", "majority", "bag of words", "bag of words and pairs", "BERT, head alone",
        "BERT, fine-tuned"]  # fmt: skip
CORPORA = [(c, language) for c in ("sentiment", "topics") for language in ("en", "zh")]


@pytest.fixture
def small(monkeypatch):
    """The pipeline on few sentences and with a tiny model; a checkpoint after every update."""
    recipe = replace(
        pipeline.PIPELINE, width=16, n_layers=1, n_heads=2, pretrain_epochs=1, finetune_epochs=2
    )
    monkeypatch.setattr(pipeline, "PIPELINE", recipe)
    monkeypatch.setattr(pipeline, "EXTRA_TEXTS", 40)
    monkeypatch.setattr(pipeline, "load_corpus", partial(load_corpus, sizes=SIZES))
    monkeypatch.setattr("minillm.tasks.classifier_training.SAVE_EVERY", 1)


def section(out, title):
    """The lines under a heading."""
    return out.partition(f"== {title}")[2].partition("\n== ")[0].rstrip("\n").split("\n")[1:]


def cells(lines):
    """A printed table, its rows by their first cell."""
    return {row[0]: row[1:] for row in (re.split(r"\s{2,}", line) for line in lines)}


def shown(language):
    """The lines of output that a README shows."""
    text = (PROJECT / {"en": "README.md", "zh": "README.zh.md"}[language]).read_text("utf-8")
    (block,) = re.findall(r"\n\n```\n(.*?)\n```\n", text, flags=re.DOTALL)
    return block.splitlines()


def shape(line):
    """The cells of a printed line without the numbers and labels, which differ between runs."""
    line = re.sub("positive|negative", "label", re.sub(r"\d+(?:\.\d+)?", "0", line))
    return re.split(r"\s{2,}", line)


def check_sample(lines, printed):
    """Each line was printed, in this order; three dots stand just where some are left out."""
    there, place, left_out = [shape(line) for line in printed], 0, True
    for line in lines:
        if line == "...":
            assert not left_out
            left_out = True
        else:
            found = there.index(shape(line), place)
            assert place == 0 or left_out == (found > place), line
            place, left_out = found + 1, False
    assert left_out


def test_a_shortened_sample_shows_where_and_nothing_that_is_not_printed():
    printed = ["head  a", "x  1.0 %", "y  2.0 %", "z  3"]
    check_sample(["x  7.5 %", "...", "z  4", "..."], [*printed, "end"])
    for wrong in (["x  1.0 %", "z  3", "..."], ["x  1.0 %", "...", "y  2.0 %", "..."],
                  ["x  1.0 %", "...", "w  3", "..."], ["x  1.0 %"]):  # fmt: skip
        with pytest.raises((AssertionError, ValueError)):
            check_sample(wrong, [*printed, "end"])


@pytest.mark.guide("G34")
@pytest.mark.errata("A18")
@pytest.mark.parametrize(("corpus", "language"), CORPORA)
def test_the_phases_come_in_the_order_in_which_they_happen(corpus, language, small, call, tmp_path):
    result = call("pipeline", "--corpus", corpus, "--language", language, "--out", tmp_path)
    assert result.code == 0
    assert "Traceback" not in result.err
    say = Words(language)
    titles = re.findall(r"^== (.*?)(?:   \((?:guide|指南) .*\))?$", result.out, re.MULTILINE)
    assert titles == [say(title) for title in PHASES]

    assert {
        "attention.png", "checkpoint.safetensors", "confusion.png", "curves.png",
        "model.safetensors", "pretrained.safetensors", "record.jsonl",
    } <= set(listing(tmp_path))  # fmt: skip
    assert not [name for name in listing(tmp_path) if name.endswith(".tmp")]

    header, *_ = read = section(result.out, titles[-3])
    groups = {"sentiment": ["concession", "negation", "order", "plain", "single"],
              "topics": ["mention", "order", "plain"]}[corpus]  # fmt: skip
    columns = ["test accuracy", "all", "macro F1", *groups]
    assert re.split(r"\s{2,}", header) == [say(name) for name in columns]
    assert list(cells(read[1:]))[: len(ROWS)] == [say(name) for name in ROWS]

    samples = SAMPLES[corpus, language]
    predictions = section(result.out, titles[-2])[1:]
    right = 0
    for line, sample in zip(predictions, samples, strict=False):
        text, said, *_, expected, news = re.split(r"\s{2,}", line)
        assert (text, expected) == (sample.text, sample.label)
        assert news == ", ".join(map(say, sample.news))
        right += said == expected
    told = "right: {right} of {n}"
    assert predictions[len(samples)] == say(told, right=right, n=len(samples))
    if corpus == "sentiment":
        check_sample(shown(language), result.out.splitlines())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_table_has_a_row_of_the_model_without_single_clauses(
    language, small, call, tmp_path, monkeypatch
):
    """Its numbers are those of the stored study; where there is no file there is no row."""
    monkeypatch.setattr(pipeline, "draw_pictures", lambda *_: None)
    say = Words(language)
    of, settings = read_study("single_clauses"), read_settings("single_clauses")
    mean = of[f"{language}, BERT without"].mean(axis=0)
    single = percent(mean[settings["groups"].index("single")])
    right = of[f"{language}, BERT without, samples"].sum(axis=1).mean()
    arguments = ("pipeline", "--language", language)

    read = section(
        call(*arguments, "--out", tmp_path / "a").out, say("Evaluate on sentences never seen")
    )
    row = cells(read)[say("BERT, trained without single clauses")]
    assert row[-1] == single
    assert f"{right:.1f}" in read[-1]

    monkeypatch.setattr(pipeline_report, "read_study", partial(read_study, folder=tmp_path))
    read = section(
        call(*arguments, "--out", tmp_path / "b").out, say("Evaluate on sentences never seen")
    )
    assert list(cells(read[1:])) == [say(name) for name in ROWS]


def test_the_pipeline_says_what_happened_to_the_data(small, call, tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "draw_pictures", lambda *_: None)
    out = call("pipeline", "--out", tmp_path).out
    assert "train     60 sentences, classes {'negative': 30, 'positive': 30}" in out
    assert "40 more sentences without labels" in out
    assert "train, dev and test share no sentence" in out
    assert re.search(r"unknown in test: \d+\.\d %", out)
    padding = re.search(r"padding: ([\d.]+) % of all positions, ([\d.]+) % in buckets", out)
    assert float(padding[2]) < float(padding[1])
    scores = cells(section(out, "Pretrain")[1:])
    assert list(scores)[:5] == [
        "guess by", "uniform", "word frequencies (unigram)", "counts of both neighbours", "BERT"
    ]  # fmt: skip
    assert float(scores["BERT"][0]) > float(scores["counts of both neighbours"][0])
    assert "so far counts guess better" in out
    assert re.search(r"what fine-tuning forgot: .* [\d.]+ nats before it, [\d.]+ after", out)


def test_the_saved_model_is_the_one_that_was_shown(small, call, tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "draw_pictures", lambda *_: None)
    out = call("pipeline", "--out", tmp_path, "--language", "zh").out
    texts = [sample.text for sample in SAMPLES["sentiment", "zh"]]
    lines = section(out, "预测")[1:]
    printed = [re.split(r"\s{2,}", line)[1] for line in lines[: len(texts)]]
    assert TextClassifier.load(tmp_path / "model.safetensors").predict(texts) == printed


def test_the_head_alone_stands_on_the_pretrained_encoder(small, call, tmp_path, monkeypatch):
    shown = {}
    monkeypatch.setattr(pipeline, "draw_pictures", lambda *_: None)
    monkeypatch.setattr(pipeline, "print_table", lambda models, *_: shown.update(models))
    assert call("pipeline", "--out", tmp_path).code == 0
    pretrained, _ = load_arrays(tmp_path / "pretrained.safetensors")
    equal = {
        name: [
            (array == pretrained[f"masked.bert.{path}"]).all()
            for path, array in classifier.model.bert.state_dict().items()
        ]
        for name, classifier in shown.items()
    }
    assert all(equal["BERT, head alone"])
    assert not all(equal["BERT, fine-tuned"])


@pytest.mark.parametrize(("corpus", "language"), CORPORA)
def test_the_sentences_to_predict_occur_nowhere_in_the_data(corpus, language):
    """At full size: neither in what is learned from nor in what is tested on."""
    data = load_corpus(corpus, language)
    seen = {text_key(e.text) for part in (data.train, data.dev, data.test) for e in part}
    seen |= {text_key(text) for text in unlabelled(corpus, language, size=pipeline.EXTRA_TEXTS)}
    assert len(seen) > 5000
    assert not seen & {text_key(sample.text) for sample in SAMPLES[corpus, language]}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_known_is_a_sentence_of_the_grammar_and_the_sample_is_none(language):
    cells = cells_of("sentiment", language, 0, single_clauses=True)
    grammar = {
        text: label for label, row in cells.items() for cell in row for text in cell.sentences
    }
    for sample in SAMPLES["sentiment", language]:
        assert sample.text not in grammar
        assert grammar[sample.known] == sample.label


def test_a_new_run_leaves_nothing_of_the_old_one_and_another_seed_has_its_own_folder(
    small, call, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert call("pipeline").code == 0
    old = tmp_path / "runs" / "pipeline-sentiment-en"
    assert {"model.safetensors", "attention.png"} <= set(listing(old))

    def stop(steps, **_):
        next(iter(steps))
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "watch", stop)
    assert call("pipeline", "--seed", "5").code == 130
    assert "model.safetensors" in listing(old)
    assert call("pipeline").code == 130
    assert not {"model.safetensors", "bag_of_words.safetensors", "attention.png"} & {*listing(old)}


def test_every_seed_draws_its_own_corpus(small, call, tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "draw_pictures", lambda *_: None)
    read = [
        section(call("pipeline", "--seed", seed, "--out", tmp_path / seed).out, "Read")
        for seed in ("0", "1")
    ]
    assert read[0][:3] == read[1][:3]
    assert not set(read[0][4:]) & set(read[1][4:])


@pytest.mark.parametrize(("title", "after"), [("pretrain", 2), ("head alone", 1), ("fine-tune", 3)])
def test_a_pipeline_that_is_stopped_in_any_stage_resumes_to_the_same_end(
    title, after, small, call, tmp_path, monkeypatch
):
    monkeypatch.setattr(pipeline, "draw_pictures", lambda *_: None)
    whole = call("pipeline", "--out", tmp_path / "whole")
    watch = pipeline.watch

    def stop(steps, **options):
        if options["title"] == title:
            for _ in range(after):
                next(steps)
            raise KeyboardInterrupt
        watch(steps, **options)

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "watch", stop)
        assert call("pipeline", "--out", tmp_path / "parts").code == 130
    resumed = call("pipeline", "--out", tmp_path / "parts", "--resume")
    assert resumed.code == 0
    for name in listing(tmp_path / "whole"):
        if name.endswith("times.jsonl"):  # when it was begun, and how long it took
            continue
        assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert (
        resumed.out.partition("\nwhole pipeline")[0] == whole.out.partition("\nwhole pipeline")[0]
    )


def test_without_matplotlib_there_are_no_pictures_and_no_error(small, call, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # as if it were not installed
    result = call("pipeline", "--out", tmp_path)
    assert result.code == 0
    assert section(result.out, "Pictures")[0] == "none: matplotlib is not installed"
    assert "curves.png" not in listing(tmp_path)


def test_resuming_nothing_is_one_line(small, call, tmp_path):
    result = call("pipeline", "--out", tmp_path, "--resume")
    assert result.code == 1
    assert "nothing to resume" in result.message


def test_resuming_with_another_seed_is_refused_with_the_difference(
    small, call, tmp_path, monkeypatch
):
    monkeypatch.setattr(pipeline, "draw_pictures", lambda *_: None)
    assert call("pipeline", "--out", tmp_path).code == 0
    before, _ = load_arrays(tmp_path / "model.safetensors")
    result = call("pipeline", "--out", tmp_path, "--resume", "--seed", "1")
    assert result.code == 1
    told = "\n  seed: was 0, is 1\n  data: has another content than it had"  # settings first
    assert result.err.rstrip().endswith(told)
    assert load_arrays(tmp_path / "model.safetensors")[0].keys() == before.keys()


@pytest.mark.guide("G27", "G32", "G37")
@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "zh"])
def test_at_full_size_bert_beats_counting(language, call, tmp_path):
    """Hidden words by their frequency; it takes more passes to beat the neighbours: see there."""
    out = call("pipeline", "--language", language, "--out", tmp_path).out
    say = Words(language)
    read = cells(section(out, say(PHASES[5]))[2:])
    nats = {n: float(row[0]) for n, row in read.items() if row}
    assert nats["BERT"] < nats[say("word frequencies (unigram)")] < nats[say("uniform")]
    header, *lines = section(out, say(PHASES[7]))
    names = re.split(r"\s{2,}", header)[1:]
    whole = {n: row for n, row in cells(lines).items() if len(row) == len(names)}
    rows = {n: dict(zip(names, row, strict=True)) for n, row in whole.items()}
    accuracy = {
        (n, group): float(text.removesuffix(" %"))
        for n, row in rows.items()
        for group, text in row.items()
    }
    bert = {name: accuracy[say("BERT, fine-tuned"), say(name)] for name in ("all", "order")}
    for bag in ("bag of words", "bag of words and pairs"):
        assert bert["all"] > accuracy[say(bag), say("all")]
        assert bert["order"] > accuracy[say(bag), say("order")] + 10
    assert bert["all"] > accuracy[say("BERT, head alone"), say("all")]
    assert accuracy[say("BERT, fine-tuned"), say("negation")] > 75
    for name, *row in map(partial(re.split, r"\s{2,}"), shown(language)):
        for group, text in zip(names, row, strict=False) if name in rows else ():
            stated = float(text.removesuffix(" %"))
            assert abs(stated - accuracy[name, group]) < 5, (name, group)
