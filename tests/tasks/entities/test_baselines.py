"""The dictionary: longest names, most frequent types, and nothing that it has not seen."""

import json

import pytest

from minillm.tasks.entities.baselines import DictionaryTagger
from minillm.tasks.entities.evaluation import evaluate_tagger
from minillm.tasks.entities.shapes import SHAPES, shape_of
from minillm.text.conll_files import sentences_in
from minillm.text.corpora.names import NameDials, NameWorld

LEARNED = sentences_in(
    "New\tB-LOC\nYork\tI-LOC\n\nYork\tB-LOC\n\nYork\tB-PER\n\nyork\tB-PER\n\n"
    "New\tB-LOC\nYork\tI-LOC\nTimes\tI-ORG\n\nRome\tB-PER\n\nROME\tB-LOC\n\n"
    "Rome\tB-ORG\nExpress\tI-ORG\n",
    name="f",
)


@pytest.mark.guide("G39")
def test_the_longest_name_with_its_most_frequent_type():
    tagger = DictionaryTagger.learned(LEARNED)
    said = tagger.predict([["in", "new", "YORK", "York", "Times"], ["Rome", "is", "new"]])
    assert said == [["O", "B-LOC", "I-LOC", "B-PER", "B-ORG"], ["B-LOC", "O", "O"]]
    assert tagger.predict([["the", "Rome", "express", "Rome"]]) == [
        ["O", "B-ORG", "I-ORG", "B-LOC"]
    ]
    assert tagger.types[("york",)] == "PER"  # twice, LOC once
    assert tagger.types[("rome",)] == "LOC"  # once each: the first in alphabetical order
    assert tagger.types[("times",)] == "ORG"  # tags that do not fit are two names
    assert DictionaryTagger.learned([]).predict([["a"]]) == [["O"]]
    with pytest.raises(ValueError, match="sentence 0 has no words"):
        tagger.predict([[]])


def test_it_comes_back_from_json():
    tagger = DictionaryTagger.learned(LEARNED)
    again = DictionaryTagger.from_json(json.loads(json.dumps(tagger.to_json())))
    assert (again.types, again.longest) == (tagger.types, 2)


@pytest.mark.guide("G39")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_dials_decide_what_a_dictionary_can_find(language):
    """Known names of one type each: all.  Only new names: none.  Only shared ones: a third."""
    found = {}
    for new, ambiguous in [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.5, 0.3)]:
        dials = NameDials(language, names=20, new=new, ambiguous=ambiguous)
        world = NameWorld(dials, seed=0)
        tagger = DictionaryTagger.learned(world.draw("train", 600))
        found[new, ambiguous] = evaluate_tagger(tagger, world.draw("test", 300), tagger.types)
    assert found[0.0, 0.0].all.micro.f1 == 1.0
    assert found[1.0, 0.0].all.micro.f1 == 0.0
    assert 0.2 < found[0.0, 1.0].all.micro.f1 < 0.5
    mixed = found[0.5, 0.3]
    assert mixed.unseen.micro.recall == 0.0
    assert 0.4 < mixed.all.micro.recall / mixed.seen.micro.recall < 0.6


@pytest.mark.parametrize(
    ("word", "shape"),
    [
        *[("rome", "small"), ("Rome", "Capital"), ("USA", "CAPITALS"), ("iPhone", "miXed")],
        *[("McDonald", "miXed"), ("A", "Letter"), ("2016", "digits"), ("3.5", "digits")],
        *[("4th", "d1gits"), ("B52", "d1gits"), ("...", "sign"), ("👩‍👩‍👧", "sign"), ("@", "sign")],
        *[("@anna", "@name"), ("#Rome", "#topic"), ("http://t.co/x", "address")],
        *[("www.a.org", "address"), ("北京", "ideograph"), ("京A", "miXed"), ("かな", "other")],
        *[("don't", "small"), ("O'Neill", "miXed"), ("U.S.", "CAPITALS"), ("Überall", "Capital")],
    ],
)
def test_the_shape_of_a_word(word, shape):
    assert shape_of(word) == shape
    assert shape in SHAPES
