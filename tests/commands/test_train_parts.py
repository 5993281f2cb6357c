"""Which part of the data ``train`` gives to whom: recorded while it works."""

import itertools

import pytest

from minillm import tasks
from minillm.backend import stream
from minillm.commands import train
from minillm.commands.arguments import build_parser
from minillm.commands.splits import read_splits
from minillm.commands.tables import percent
from minillm.tasks import ClassifierTraining
from minillm.text import shared_texts, split
from tests.commands.command_line import TINY, write_examples
from tests.tasks.small import EXAMPLES

PARTS = {  # each has adjectives of its own
    "train": EXAMPLES[::3],
    "dev": EXAMPLES[1::3],
    "test": EXAMPLES[2::3],
}


@pytest.fixture
def given(monkeypatch):
    """What each of those who learn, choose or judge was given, by what it is there for."""
    found = {"scores": []}

    class Noted(ClassifierTraining):
        def __init__(self, recipe, examples, unlabelled, *, held_out, **options):
            found.update(weights=examples, pretraining=unlabelled, progress=held_out)
            super().__init__(recipe, examples, unlabelled, held_out=held_out, **options)

    def fit(train, dev, encoder, **options):
        found.update(bags=train, penalties=dev)
        return tasks.fit_baselines(train, dev, encoder, **options)

    def tuned(classifier, examples, positive):
        found["threshold"] = examples
        return tasks.tuned(classifier, examples, positive)

    def evaluate(classifier, examples):
        found["scores"].append(examples)
        return tasks.evaluate(classifier, examples)

    monkeypatch.setattr(train, "ClassifierTraining", Noted)
    for function in (fit, tuned, evaluate):
        name = {"fit": "fit_baselines"}.get(function.__name__, function.__name__)
        monkeypatch.setattr(train, name, function)
    return found


@pytest.mark.guide("G1", "G42")
def test_weights_come_from_train_every_choice_from_dev_and_test_is_only_scored(
    given, call, tmp_path
):
    files = {name: write_examples(tmp_path / name, part) for name, part in PARTS.items()}
    more = tmp_path / "more.txt"
    more.write_text("\n".join(e.text for e in EXAMPLES) + "\nA lion.\n", encoding="utf-8")
    options = ["--dev", files["dev"], "--test", files["test"], "--unlabelled", more, *TINY]
    result = call("train", files["train"], "--out", tmp_path / "run", *options, "--positive", "bad")
    assert result.code == 0, result.err
    assert given.pop("scores") == [PARTS["dev"]] * 4 + [PARTS["test"]] * 4
    assert given == {
        "weights": PARTS["train"],
        "pretraining": [e.text for e in PARTS["train"]] + ["A lion."],
        "progress": PARTS["dev"],
        "bags": PARTS["train"],
        "penalties": PARTS["dev"],
        "threshold": PARTS["dev"],
    }
    words = {name: [w for e in part for w in tokens_of(e.text)] for name, part in PARTS.items()}
    known = {*words["train"], "lion"}
    unknown = sum(word not in known for word in words["dev"]) / len(words["dev"])
    assert f"unknown in dev {percent(unknown)}\n" in result.out


def tokens_of(text):
    """The tokens of so plain a text: its words, and the full stop."""
    return text.lower().replace(".", " .").split()


def arguments_of(*options):
    """The options of ``train`` as the command has them."""
    return build_parser(["train"]).parse_args(["train", *map(str, options)])


@pytest.mark.guide("G1")
@pytest.mark.parametrize("seed", [0, 1])
def test_a_file_is_split_by_the_seed_of_the_run_and_the_parts_keep_their_names(seed, file):
    expected = split(EXAMPLES, rng=stream(seed, "split"))
    found = read_splits(arguments_of(file, "--seed", seed))
    assert found == dict(zip(("train", "dev", "test"), expected, strict=True))
    assert found["test"] != split(EXAMPLES, rng=stream(1 - seed, "split"))[2]


@pytest.mark.guide("G1")
def test_a_file_with_every_text_twice_is_split_into_parts_that_share_none(tmp_path):
    """The second time in another spelling; dev against test too."""
    again = [e._replace(text=f" {e.text.upper()}  ") for e in EXAMPLES]
    parts = read_splits(arguments_of(write_examples(tmp_path / "a.tsv", [*EXAMPLES, *again])))
    assert {name: len(part) for name, part in parts.items()} == {"train": 48, "dev": 6, "test": 6}
    for one, other in itertools.combinations(parts.values(), 2):
        assert shared_texts(one, other) == set()
