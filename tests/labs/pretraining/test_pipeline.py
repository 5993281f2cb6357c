"""The study of the pipeline: which examples each model gets, and what each number is of."""

from dataclasses import replace

import pytest

from minillm.labs.pretraining import pipeline
from minillm.labs.pretraining.pipeline import STUDY
from minillm.labs.two_stages import Sizes, draw_texts
from minillm.tasks import PIPELINE
from tests.labs.planted_models import PlantedStages, grammar

SETTINGS = replace(
    STUDY.settings,
    corpora=("sentiment",),
    languages=("en",),
    sizes=Sizes(train=40, dev=20, test=60, extra=30),
)


@pytest.fixture
def noted(monkeypatch):
    found = []

    def says(changes):
        return (lambda text: None) if changes.get("head_only") else grammar("en").get

    monkeypatch.setattr(pipeline, "TwoStages", PlantedStages(says, found))
    return found


def test_every_number_is_of_its_model_and_every_split_is_used_for_one_thing(noted):
    found = STUDY.measure(SETTINGS, 9)
    corpus, extra = draw_texts("sentiment", "en", SETTINGS.sizes, seed=9)
    assert noted[0] == {"train": corpus.train, "extra": extra, "recipe": PIPELINE, "seed": 9}
    rest = {key: value for note in noted[1:] for key, value in note.items()}
    assert rest["tuned on"] == rest["hidden in"] == corpus.dev
    assert [n["finetuned"] for n in noted if "finetuned" in n] == [{"head_only": True}, {}]
    assert (found["sentiment en, BERT, fine-tuned"] == 1).all()
    assert found["sentiment en, BERT, fine-tuned"].shape == (6,)  # no review is a mention
    assert found["sentiment en, bag of words"][0] == found["sentiment en, majority"][0] == 0.5
    assert (found["sentiment en, BERT, head alone"] <= 0.7).all()
    assert found["sentiment en, nats"].tolist() == [4, 3, 2, 1]


def test_the_settings_are_those_of_the_command():
    """What the study measures is what `minillm pipeline` prints."""
    from minillm.commands import pipeline as command

    drawn = STUDY.settings.sizes
    assert STUDY.settings.recipe == command.PIPELINE
    assert drawn.extra == command.EXTRA_TEXTS
    printed = command.load_corpus("sentiment", "en")
    assert (drawn.train, drawn.dev, drawn.test) == tuple(map(len, printed[:3]))
