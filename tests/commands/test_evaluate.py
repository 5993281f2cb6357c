import re

import pytest

from minillm.tasks import Decision, TextClassifier, accuracy, average_precision, precision_recall
from tests.commands.command_line import write_examples
from tests.tasks.small import EXAMPLES, TEXTS

MIXED = [e._replace(label="good") if i % 5 == 0 else e for i, e in enumerate(EXAMPLES)]


def own_row(out):
    """The scores that are printed for the model itself."""
    (line,) = re.findall(r"^(?:BERT|model) +(.*)$", out, re.MULTILINE)
    return re.split(r"\s{2,}", line)


def test_the_scores_are_those_of_the_predictions(call, model, tmp_path):
    result = call("evaluate", model, write_examples(tmp_path / "a.tsv", MIXED))
    assert (result.code, result.err) == (0, "")
    assert "60 texts, classes {'bad': 24, 'good': 36}" in result.out
    assert "precision of 'bad'" in result.out
    classifier = TextClassifier.load(model / "model.safetensors")
    p = classifier.predict_probabilities(TEXTS)
    true = classifier.labels.encode(e.label for e in MIXED)
    said = classifier.labels.encode(classifier.predict(TEXTS))
    assert own_row(result.out) == [
        f"{100 * accuracy(said, true):.1f} %",
        *(f"{value:.3f}" for value in precision_recall(said, true, 0)),
        f"{average_precision(p[:, 0], true == 0):.3f}",
    ]


def test_true_classes_are_rows_of_the_confusion_matrix(call, model, tmp_path):
    result = call("evaluate", model, write_examples(tmp_path / "a.tsv", MIXED))
    lines = [re.split(r"\s{2,}", line.strip()) for line in result.out.strip().split("\n")[-3:]]
    assert lines[0] == ["called bad", "called good"]
    assert [line[0] for line in lines[1:]] == ["true bad", "true good"]
    counts = [[int(n) for n in line[1:]] for line in lines[1:]]
    assert [sum(row) for row in counts] == [24, 36]
    assert counts[1][0] > counts[0][1]  # good ones that look bad, and not the other way round


def test_the_class_to_find_can_be_chosen(call, model, tmp_path):
    file = write_examples(tmp_path / "a.tsv", MIXED)
    assert "precision of 'good'" in call("evaluate", model, file, "--positive", "good").out


def test_the_class_to_find_is_that_of_training_whichever_is_rare_in_the_file(call, model, tmp_path):
    file = write_examples(tmp_path / "a.tsv", [*EXAMPLES[:10], *EXAMPLES[30:]])
    result = call("evaluate", model, file)
    assert "classes {'bad': 30, 'good': 10}" in result.out
    assert "precision of 'bad'" in result.out


def test_a_class_that_does_not_occur_in_the_file_has_no_average_precision(call, model, tmp_path):
    file = write_examples(tmp_path / "a.tsv", EXAMPLES[:10])
    result = call("evaluate", model, file, "--positive", "bad")
    assert result.code == 0
    assert own_row(result.out)[-1] == "-"


def test_columns_and_csv_files_are_read_as_in_training(call, model, tmp_path):
    plain = call("evaluate", model, write_examples(tmp_path / "a.tsv"))
    comma = call("evaluate", model, write_examples(tmp_path / "a.csv", separator=","))
    swapped = [type(e)(e.label, e.text) for e in EXAMPLES]
    file = write_examples(tmp_path / "b.tsv", swapped)
    other = call("evaluate", model, file, "--columns", "text,label")
    assert plain.out == comma.out == other.out
    assert plain.code == 0


def refused(call, *arguments):
    """``evaluate`` must fail with one line; gives the line."""
    result = call("evaluate", *arguments)
    assert (result.code, result.out) == (1, "")
    return result.message.removeprefix("minillm evaluate: ")


def test_a_label_that_the_model_does_not_know_is_refused(call, model, tmp_path):
    file = write_examples(tmp_path / "a.tsv", [*EXAMPLES, EXAMPLES[0]._replace(label="odd")])
    expected = f"{file}: label 'odd' is not one of the model's: bad, good"
    assert refused(call, model, file) == expected


@pytest.mark.parametrize("wanted", ["odd", ""])
def test_a_class_to_find_that_does_not_exist_is_refused(wanted, call, model, tmp_path):
    file = write_examples(tmp_path / "a.tsv")
    line = refused(call, model, file, "--positive", wanted)
    assert line == f"--positive {wanted!r} is not one of bad, good"


def test_missing_and_empty_files_are_named(call, model, tmp_path):
    nowhere = tmp_path / "nowhere"
    assert refused(call, model, nowhere) == f"{nowhere}: No such file or directory"
    file = write_examples(tmp_path / "a.tsv")
    assert refused(call, nowhere, file) == f"{nowhere}: No such file or directory"
    empty = write_examples(tmp_path / "empty.tsv", [])
    assert refused(call, model, empty) == f"{empty}: no examples in the file"


def test_the_threshold_of_training_is_the_one_of_use(call, model, tmp_path):
    """A threshold that nothing reaches: 'bad' is never said, in evaluation nor in prediction."""
    classifier = TextClassifier.load(model / "model.safetensors")
    classifier.decision = Decision("bad", 1.0)
    classifier.save(tmp_path / "never.safetensors")
    file = write_examples(tmp_path / "a.tsv")
    assert own_row(call("evaluate", tmp_path / "never.safetensors", file).out)[1:4] == ["0.000"] * 3
    said = call("predict", tmp_path / "never.safetensors", *TEXTS).out
    assert " bad " not in said
    assert " bad " in call("predict", model, *TEXTS).out
