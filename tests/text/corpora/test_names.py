"""Sentences with names: their tags, the two dials, and what no dial changes."""

import itertools

import pytest

from minillm.text.conll_files import conll_text, sentences_in
from minillm.text.corpora.names import NameDials, NameWorld

each_language = pytest.mark.parametrize("language", ["en", "zh"])


def names(sentences):
    """Words and type of every name, one by one."""
    found = []
    for words, tags, _ in sentences:
        for word, tag in zip(words, tags, strict=True):
            if tag[0] == "B":
                found.append([[word], tag[2:]])
            elif tag[0] == "I":
                assert found[-1][1] == tag[2:]
                found[-1][0].append(word)
    return [(tuple(name), kind) for name, kind in found]


def world(language, **dials):
    return NameWorld(NameDials(language, **dials), seed=1)


@each_language
@pytest.mark.parametrize(("new", "expected"), [(0.0, 0.0), (1.0, 1.0), (0.4, 0.4)])
def test_the_share_of_new_names_is_what_the_dial_says(language, new, expected):
    one = world(language, new=new)
    trained = {name for name, _ in names(one.draw("train", 1500))}
    asked = [name for name, _ in names(one.draw("test", 1000))]
    assert sum(name not in trained for name in asked) / len(asked) == pytest.approx(
        expected, abs=0.04 if 0 < new < 1 else 0
    )
    assert len(trained) == 40 * 3 - 12 * 2  # all known names, the shared ones counted once


@each_language
@pytest.mark.parametrize("ambiguous", [0.0, 0.5, 1.0])
def test_the_share_of_names_that_all_types_have(language, ambiguous):
    one = world(language, ambiguous=ambiguous, new=0.0)
    found = {*names(one.draw("train", 1500))}
    types = [{kind for name, kind in found if name == other} for other in {n for n, _ in found}]
    assert sum(len(kinds) == 3 for kinds in types) == round(40 * ambiguous)
    assert all(len(kinds) in (1, 3) for kinds in types)


@each_language
def test_what_stands_around_a_name_tells_its_type(language):
    """The word before a name and the word behind it are never those around another type."""
    around = {}
    for words, tags, _ in world(language).draw("train", 800):
        padded = ["", *words, "", ""]
        stops = [*tags, "O"]
        for i, tag in enumerate(tags):
            if tag[0] == "B":
                stop = next(j for j in range(i + 1, len(stops)) if stops[j][0] != "I")
                place = (padded[i].lower(), padded[stop + 1], padded[stop + 2])
                around.setdefault(place, set()).add(tag[2:])
    assert all(len(kinds) == 1 for kinds in around.values())
    assert {*itertools.chain(*around.values())} == {"PER", "LOC", "ORG"}


@each_language
def test_a_seed_gives_the_same_sentences_and_a_split_does_not_move_another(language):
    a, b = world(language), world(language)
    b.draw("train", 50)
    assert a.draw("test", 20) == b.draw("test", 20)
    assert a.draw("test", 20)[:5] == a.draw("test", 5)
    assert a.draw("dev", 20) != a.draw("test", 20)
    other = NameWorld(NameDials(language), seed=2)
    assert other.known != a.known
    assert any("".join(tags) == "O" * len(tags) for _, tags, _ in a.draw("train", 100))


@each_language
def test_they_can_be_written_as_a_file(language):
    sentences = world(language).draw("train", 30)
    back = sentences_in(conll_text((s.words, s.tags) for s in sentences), name="f")
    assert [(s.words, s.tags) for s in back] == [(s.words, s.tags) for s in sentences]


def test_what_cannot_be_drawn_is_refused():
    for dials, message in [
        ({"language": "fr"}, "language must be one of en, zh"),
        ({"new": 1.5}, "new must be from 0 to 1"),
        ({"ambiguous": -0.1}, "ambiguous must be from 0 to 1"),
        ({"names": 0}, "names must be from 1 to 60, got 0"),
        ({"names": 61}, "names must be from 1 to 60, got 61"),
    ]:
        with pytest.raises(ValueError, match=message):
            NameWorld(NameDials(**dials), seed=0)
    with pytest.raises(ValueError, match="split must be train, dev or test, got 'all'"):
        world("en").draw("all", 3)
    with pytest.raises(ValueError, match="n = -1"):
        world("en").draw("test", -1)
