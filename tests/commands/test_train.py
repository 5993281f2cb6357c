import gzip
import json
import math
import re
from dataclasses import asdict, replace

import pytest

from minillm.commands.train import require_known_labels
from minillm.tasks import ClassifierTraining, Recipe, TextClassifier, evaluate
from minillm.text import Example, read_examples
from minillm.training import read_facts, read_record
from tests.commands.command_line import TINY, listing, write_examples
from tests.tasks.small import EXAMPLES, TEXTS

RECIPE = Recipe(
    width=16, n_heads=2, n_layers=1, max_length=12, batch_size=8, pretrain_epochs=1,
    finetune_epochs=1,
)  # fmt: skip


def weights(folder):
    """The bytes of a run's model."""
    return (folder / "model.safetensors").read_bytes()


def sizes(out):
    """Number of texts of each split, as printed."""
    found = re.findall(r"^(train|dev|test): (\d+) texts, classes {(.*)}$", out, re.MULTILINE)
    return {name: (int(n), classes) for name, n, classes in found}


def test_a_file_is_split_and_learned_and_the_model_saved(call, file, tmp_path):
    result = call("train", file, "--out", tmp_path / "run", *TINY)
    assert result.code == 0
    assert "60 read, 60 kept" in result.out
    assert sizes(result.out) == {
        "train": (48, "'bad': 24, 'good': 24"),
        "dev": (6, "'bad': 3, 'good': 3"),
        "test": (6, "'bad': 3, 'good': 3"),
    }
    names = {"checkpoint.safetensors", "model.safetensors", "record.jsonl"}
    assert names <= set(listing(tmp_path / "run"))
    assert not [name for name in listing(tmp_path / "run") if name.endswith(".tmp")]
    classifier = TextClassifier.load(tmp_path / "run" / "model.safetensors")
    assert classifier.labels.names == ("bad", "good")


def test_two_threads_say_what_they_share(call, file, tmp_path):
    one = call("train", file, "--out", tmp_path / "one", *TINY)
    two = call("train", file, "--out", tmp_path / "two", *TINY, "--threads", 2)
    assert two.code == 0
    (parameters,) = re.findall(r"^parameters ([\d,]+)$", two.out, re.MULTILINE)
    least = math.ceil(5e8 / int(parameters.replace(",", "")))
    assert f"2 threads share a batch of at least {least:,} ids" in two.out
    assert "threads share" not in one.out
    assert weights(tmp_path / "one") == weights(tmp_path / "two")  # too small to be shared


def test_the_model_stands_beside_its_baselines_on_every_held_out_split(call, file, tmp_path):
    result = call("train", file, "--out", tmp_path / "run", *TINY, "--positive", "bad")
    for split in ("dev", "test"):
        said = "'bad' is said from its threshold on, the best one for dev's F1"
        section = result.out.partition(f"\n{split}, 6 texts ({said})")[2]
        header, *rows = section.strip("\n").split("\n")[:5]
        columns = ["accuracy", "precision", "of", "'bad'", "recall", "F1", "PR-AUC", "threshold"]
        assert header.split() == columns
        rows = [re.split(r"\s{2,}", row) for row in rows]
        assert [row[0] for row in rows] == [
            "majority", "bag of words", "bag of words and pairs", "BERT"
        ]  # fmt: skip
        assert rows[0][1:] == ["50.0 %", "0.500", "1.000", "0.667", "-", "-"]
        assert rows[1][1:] == ["100.0 %", "1.000", "1.000", "1.000", "1.000", "0.500"]


def test_the_command_line_trains_what_the_library_trains(call, tmp_path):
    train, dev = EXAMPLES[::2], EXAMPLES[1::2]
    options = ["--dev", write_examples(tmp_path / "dev.tsv", dev), "--out", tmp_path / "run"]
    options += ["--keep-best", *TINY]
    assert call("train", write_examples(tmp_path / "a.tsv", train), *options).code == 0
    training = ClassifierTraining(replace(RECIPE, keep_best=True), train, held_out=dev)
    list(training.pretrain())
    list(training.finetune())
    classifier = training.result()
    classifier.save(tmp_path / "model.safetensors")
    assert weights(tmp_path / "run") == weights(tmp_path)


def test_every_setting_of_the_recipe_is_an_option(call, file, tmp_path):
    recipe = Recipe(
        seed=7, tokenizer="character", min_count=2, max_length=30, width=12, n_layers=2, n_heads=3,
        dropout=0.2, batch_size=5, pretrain_epochs=0.25, pretrain_lr=0.003, finetune_epochs=0.5,
        finetune_lr=0.004, weight_decay=0.05, max_norm=0.7, head_only=True,
        keep_best=True, patience=2, pooling="mean",
    )  # fmt: skip
    options = []
    for name, value in asdict(recipe).items():
        options += ["--" + name.replace("_", "-"), *([] if value is True else [value])]
    assert call("train", file, "--out", tmp_path / "run", *options).code == 0
    head, _ = read_record(tmp_path / "run" / "record.jsonl")
    assert asdict(recipe).items() <= head["configuration"].items()


@pytest.mark.parametrize(
    ("name", "options", "columns"),
    [
        ("windows.tsv", {"end": "\r\n", "encoding": "utf-8-sig"}, []),
        ("comma.csv", {"separator": ","}, []),
        ("swapped.tsv", {}, ["--columns", "text,label"]),
        ("wide.tsv", {"separator": "\t17\t"}, ["--columns", "label,number,text"]),
    ],
)
def test_the_same_examples_give_the_same_model_from_whatever_file(
    name, options, columns, call, file, tmp_path
):
    examples = EXAMPLES
    if name == "swapped.tsv":
        examples = [Example(label, text) for text, label in EXAMPLES]
    other = write_examples(tmp_path / name, examples, **options)
    assert call("train", file, "--out", tmp_path / "a", *TINY).code == 0
    assert call("train", other, "--out", tmp_path / "b", *TINY, *columns).code == 0
    assert weights(tmp_path / "a") == weights(tmp_path / "b")


def test_files_as_users_have_them_train_the_same_model(call, file, tmp_path):
    assert call("train", file, "--out", tmp_path / "plain", *TINY).code == 0
    text = file.read_text(encoding="utf-8")
    semicolons = "".join(f"{e.text};7;{e.label}\n" for e in EXAMPLES)
    objects = "\n".join(json.dumps({"y": e.label, "s": e.text}) for e in EXAMPLES)
    utf16 = ["--columns", "label=mood,text=review", "--delimiter", ";", "--encoding", "utf-16"]
    files = {
        "header.tsv": (f"label\ttext\n{text}".encode(), []),
        "named.csv": (f"Review;id;Mood\n{semicolons}".encode("utf-16"), utf16),
        "packed.tsv.gz": (gzip.compress(text.encode("gbk")), ["--encoding", "gbk"]),
        "lines.jsonl": (objects.encode(), ["--columns", "label=y,text=s"]),
        "swapped.tab": (
            semicolons.replace(";", "\t").encode(),
            ["--columns", "text,id,label", "--delimiter", "tab"],
        ),
    }
    for name, (content, options) in files.items():
        (tmp_path / name).write_bytes(content)
        out = tmp_path / f"run {name}"
        assert call("train", tmp_path / name, "--out", out, *TINY, *options).code == 0
        assert weights(out) == weights(tmp_path / "plain"), name


def test_what_was_noticed_in_reading_is_printed(call, file, tmp_path):
    file.write_text("label\ttext\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    dev = write_examples(tmp_path / "dev.tsv", [Example("", "good"), Example("a " * 11, "bad")])
    result = call("train", file, "--out", tmp_path / "run", *TINY, "--dev", dev)
    assert f"{file}: line 1 is a header: labels from 'label', texts from 'text'" in result.out
    assert f"{dev}: 1 of 2 texts are empty: they are labelled all the same" in result.out
    told = [line for line in result.out.split("\n") if "cut to max_length" in line]
    assert told == ["dev: 1 of 2 texts are cut to max_length 12 tokens"]


def test_a_run_is_trained_on_from_an_earlier_one(call, file, model, tmp_path):
    """Of so small a rate nothing is learned: what is known comes from the earlier run."""
    options = ["--pretrain-epochs", "0", "--finetune-epochs", "0.1", "--finetune-lr", "1e-9"]
    result = call("train", file, "--out", tmp_path / "run", "--start-from", model, *options)
    assert result.code == 0
    later, earlier = (
        TextClassifier.load(folder / "model.safetensors") for folder in (tmp_path / "run", model)
    )
    assert later.encoder.to_json() == earlier.encoder.to_json()
    assert later.predict(TEXTS) == earlier.predict(TEXTS)
    p, q = (one.predict_probabilities(TEXTS) for one in (later, earlier))
    assert abs(p - q).max() < 1e-4


def test_the_threshold_is_tuned_on_dev(call, tmp_path):
    train, dev = EXAMPLES[::2], EXAMPLES[1::2]
    dev = [e._replace(label="bad") if i % 4 == 0 else e for i, e in enumerate(dev)]
    options = ["--dev", write_examples(tmp_path / "dev.tsv", dev), "--out", tmp_path / "run"]
    options += ["--positive", "bad", *TINY]
    assert call("train", write_examples(tmp_path / "a.tsv", train), *options).code == 0
    classifier = TextClassifier.load(tmp_path / "run" / "model.safetensors")
    found = evaluate(classifier, dev).best_decision("bad")
    assert classifier.decision == found != evaluate(classifier, train).best_decision("bad")


def test_a_class_to_find_among_two_gets_a_threshold_and_among_three_none(call, tmp_path):
    third = [Example(f"The sea was {e.text.split()[3]} blue, {i}.", "sea") for i, e in
             enumerate(EXAMPLES)]  # fmt: skip
    two = write_examples(tmp_path / "two.tsv")
    three = write_examples(tmp_path / "three.tsv", [*EXAMPLES, *third])
    find = ["--positive", "bad", *TINY]
    assert "threshold" in call("train", two, "--out", tmp_path / "two", *find).out
    out = call("train", three, "--out", tmp_path / "three", *find).out
    assert "(the most probable label is said)" in out
    assert "threshold" not in out
    loaded = [TextClassifier.load(tmp_path / n / "model.safetensors") for n in ("two", "three")]
    assert [one.decision is None for one in loaded] == [False, True]


def test_quotes_quote_in_a_csv_file(call, tmp_path):
    examples = [e._replace(text=f'"Well, {e.text[:-1]}, he said ""so""."') for e in EXAMPLES]
    file = write_examples(tmp_path / "quoted.csv", examples, separator=",")
    assert call("train", file, "--out", tmp_path / "run", *TINY).code == 0
    tokens = TextClassifier.load(tmp_path / "run" / "model.safetensors").encoder.vocabulary.tokens
    assert {",", '"', "so"} <= set(tokens)


def test_a_file_is_cleaned_before_it_is_split(call, tmp_path):
    dirty = [
        *EXAMPLES,
        *(e._replace(text=f"  {e.text.upper()} ") for e in EXAMPLES),  # all sixty again
        Example("?!", "good"),
        Example("Neither fish nor flesh", "good"),
        Example("Neither fish nor flesh", "bad"),
    ]
    result = call(
        "train", write_examples(tmp_path / "a.tsv", dirty), "--out", tmp_path / "run", *TINY
    )
    assert result.code == 0
    assert "1 without letters, 60 duplicates, 2 contradictions" in result.out
    assert sum(n for n, _ in sizes(result.out).values()) == 60


@pytest.mark.guide("G1")
@pytest.mark.parametrize("given", [["dev"], ["test"], ["dev", "test"]])
def test_train_dev_and_test_share_no_sentence(given, call, file, tmp_path, monkeypatch):
    """Held-out files made of training sentences in another spelling: they are dropped there."""
    seen = {}

    class Spy(ClassifierTraining):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            seen["train"] = self

    def spy(classifier, baselines, splits, positive):
        seen.update(splits)

    monkeypatch.setattr("minillm.commands.train.ClassifierTraining", Spy)
    monkeypatch.setattr("minillm.commands.train.print_scores", spy)
    options = []
    for i, name in enumerate(given):
        part = [e._replace(text=e.text.upper()) for e in EXAMPLES[i::6]]
        options += [f"--{name}", write_examples(tmp_path / f"{name}.tsv", part)]
    result = call("train", file, "--out", tmp_path / "run", *TINY, *options)
    assert f"{10 * len(given)} of its texts are also held out: dropped" in result.out
    encoder = seen["train"].encoder
    keys = {
        "train": {ids.tobytes() for ids in seen.pop("train").labelled},
        **{name: {encoder([e.text])[0].tobytes() for e in part} for name, part in seen.items()},
    }
    assert keys.keys() == {"train", "dev", *given, *(["test"] if given == ["test"] else [])}
    assert sum(map(len, keys.values())) == len(set.union(*keys.values())) == 60


def test_unlabelled_texts_are_pretrained_on_unless_empty_or_held_out(call, file, tmp_path):
    dev = write_examples(tmp_path / "dev.tsv", EXAMPLES[:10])
    more = tmp_path / "more.txt"
    more.write_text("A zebra sang.\n\n  \n" + "\n".join(TEXTS[:10]) + "\n", encoding="utf-8")
    options = ["--dev", dev, "--unlabelled", more, "--out", tmp_path / "run"]
    result = call("train", file, *options, *TINY)
    assert result.code == 0
    assert f"{more}: 1 of 13 texts" in result.out
    classifier = TextClassifier.load(tmp_path / "run" / "model.safetensors")
    assert "zebra" in classifier.encoder.vocabulary.tokens


def test_the_class_to_find_is_the_rarer_one_or_the_one_asked_for(call, tmp_path):
    unbalanced = [e for i, e in enumerate(EXAMPLES) if e.label == "bad" or i % 3]
    file = write_examples(tmp_path / "a.tsv", unbalanced)
    for options, positive in (([], "good"), (["--positive", "bad"], "bad")):
        result = call("train", file, "--out", tmp_path / positive, *TINY, *options)
        assert f"precision of '{positive}'" in result.out


def test_an_earlier_run_is_kept_unless_it_may_be_replaced(call, file, tmp_path):
    out = tmp_path / "run"
    assert call("train", file, "--out", out, *TINY).code == 0
    before = weights(out)
    refused = call("train", file, "--out", out, *TINY, "--seed", "1")
    assert refused.code == 1
    assert refused.message == (
        f"minillm train: --out {out} holds an earlier run (checkpoint.safetensors): "
        "give --resume, --overwrite, or another --out"
    )
    assert weights(out) == before
    assert call("train", file, "--out", out, *TINY, "--seed", "1", "--overwrite").code == 0
    assert weights(out) != before
    assert read_facts(out / "checkpoint.safetensors")["seed"] == 1


def test_a_replaced_run_leaves_no_model_behind_when_the_new_one_fails(call, file, tmp_path):
    out = tmp_path / "run"
    (tmp_path / "run").mkdir()
    (out / "notes.safetensors").write_text("somebody else's", encoding="utf-8")
    assert call("train", file, "--out", out, *TINY).code == 0
    options = ["--overwrite", "--pretrain-lr", "1e30", "--pretrain-epochs", "2"]
    assert call("train", file, "--out", out, *TINY, *options).code == 1
    assert listing(out) == [
        *("checkpoint.safetensors", "last_good.safetensors", "notes.safetensors"),
        *("record.jsonl", "times.jsonl"),
    ]
    assert read_facts(out / "checkpoint.safetensors")["pretrain_lr"] == 1e30  # not of the old run


def test_a_finished_run_resumed_gives_the_same_model(call, file, tmp_path):
    assert call("train", file, "--out", tmp_path / "run", *TINY).code == 0
    before = weights(tmp_path / "run")
    result = call("train", file, "--out", tmp_path / "run", *TINY, "--resume")
    assert result.code == 0
    assert "\ntest, 6 texts" in result.out
    assert weights(tmp_path / "run") == before


def test_ten_lines_are_one_clear_line_and_twenty_are_learned(call, tmp_path):
    ten = write_examples(tmp_path / "ten.tsv", EXAMPLES[:5] + EXAMPLES[-5:])
    result = call("train", ten, "--out", tmp_path / "run", *TINY)
    assert result.code == 1
    assert result.message == (
        f"minillm train: {ten}: class 'good' has 5 example(s): too few for all three parts of "
        "(0.8, 0.1, 0.1); give more, or a file as --dev"
    )
    twenty = write_examples(tmp_path / "twenty.tsv", EXAMPLES[:10] + EXAMPLES[-10:])
    assert call("train", twenty, "--out", tmp_path / "run", *TINY).code == 0
    assert (
        call("train", ten, "--dev", twenty, "--out", tmp_path / "b", *TINY).code == 1
    )  # all held out
    assert call("train", twenty, "--dev", ten, "--out", tmp_path / "b", *TINY).code == 0


def test_held_out_labels_must_be_known():
    splits = {"dev": [Example("a", "x")], "test": [Example("b", "z")]}
    with pytest.raises(ValueError, match=r"test: label 'z' does not occur .* which has x, y"):
        require_known_labels(splits, {"x": 0, "y": 1})
    require_known_labels({"dev": splits["dev"]}, {"x": 0, "y": 1})


def test_labels_and_texts_may_be_chinese(call, tmp_path):
    chinese = [
        Example(f"这家{place}的{what}{degree}{word}。", label)
        for label, words in (("褒", "好美"), ("贬", "坏丑"))
        for place in ("酒店", "饭馆", "书店")
        for what in ("服务", "环境")
        for degree in ("很", "太")
        for word in words
    ]
    file = write_examples(tmp_path / "中文.tsv", chinese)
    result = call("train", file, "--out", tmp_path / "模型", *TINY)
    assert result.code == 0
    assert "{'褒': " in result.out
    assert read_examples(file) == chinese
