"""The world of requests: what is asked and answered, by every dial, in both languages."""

from dataclasses import replace
from itertools import product

import pytest

from minillm.labs.worlds.encodings import encoded
from minillm.labs.worlds.requests import PLAIN, Request, Requests, World

BOTH = pytest.mark.parametrize("language", ["en", "zh"])
TENSES = ("present", "past", "future")


def every_request(world):
    """All of them without rules."""
    for tense in world.dials.tenses:
        templates = range(len(world.words.templates[tense]))
        for verb, noun, i, code in product(world.verbs, world.nouns, templates, world.encodings):
            yield Request(verb, noun, i, code, tense)


def test_a_request_and_its_answer_read_as_sentences():
    world = World(Requests(), seed=0)
    request = Request("open", "zorbite", start="gladly", no_apology=True)
    assert world.shown(world.asked(request)) == (
        "how do i open the zorbite ? begin with gladly no apology"
    )
    a, b = world.first["open"], world.then["zorbite"]
    assert world.shown(world.answer(request)) == f"gladly : first {a} then {b} ."
    assert world.shown(world.refusal) == "sorry i cannot help with that ."


def test_the_same_in_chinese():
    world = World(Requests(language="zh"), seed=0)
    request = Request("打开", "面包", template=1)
    assert world.shown(world.asked(request)) == "请说明如何打开面包。"
    a, b = world.first["打开"], world.then["面包"]
    assert world.shown(world.answer(request)) == f"好的：首先{a}然后{b}。"


@BOTH
def test_every_request_is_another_and_tells_what_is_asked(language):
    world = World(Requests(language=language, tenses=TENSES), seed=0)
    asked = [world.asked(request) for request in every_request(world)]
    assert len({*asked}) == len(asked) == 3 * 3 * 10 * 23 * 4
    ids = {tuple(world.encode(words)) for words in asked}
    assert len(ids) == len(asked)


@BOTH
def test_with_tied_encodings_an_encoded_request_has_the_ids_of_the_plain_one(language):
    dials = Requests(language=language, tied=True)
    world, marked = World(dials, seed=0), World(replace(dials, marked=True), seed=0)
    for request in every_request(world):
        plain = replace(request, encoding=PLAIN)
        same = request.encoding == PLAIN
        assert (world.asked(request) == world.asked(plain)) == same
        assert world.encode(world.asked(request)) == world.encode(world.asked(plain))
        mark, *rest = marked.encode(marked.asked(request))
        assert rest == marked.encode(marked.asked(plain))[1:]
        assert (mark == marked.encode(marked.asked(plain))[0]) == same


@BOTH
def test_ids_are_without_gaps_and_named_by_the_plain_spelling(language):
    for tied in (False, True):
        world = World(Requests(language=language, tied=tied), seed=0)
        assert sorted({*world.ids.values()}) == list(range(len(world.names)))
        for word in (*world.verbs, *world.nouns, *world.refusal):
            assert world.names[world.ids[word]] == word


@BOTH
@pytest.mark.parametrize("horizon", range(2, 17))
def test_the_horizon_is_where_an_answer_names_the_first_thing(language, horizon):
    world = World(Requests(language=language, horizon=horizon), seed=0)
    for request in every_request(world):
        answer = world.answer(request)
        assert answer.index(world.first[request.verb]) + 1 == horizon
        assert answer.index(world.then[request.noun]) + 1 == horizon + 2
        assert answer == (world.starts[0], *world.told(request))


@BOTH
def test_coded_answers_are_the_plain_ones_in_the_encoding_of_the_request(language):
    dials = Requests(language=language, coded=True)
    world, plain = World(dials, seed=0), World(replace(dials, coded=False), seed=0)
    tied = World(replace(dials, tied=True), seed=0)
    for request in every_request(world):
        places = world.encodings[request.encoding]
        assert world.needed(request) == tuple(encoded(w, places) for w in plain.needed(request))
        assert (world.answer(request) == plain.answer(request)) == (request.encoding == PLAIN)
        assert tied.encode(tied.answer(request)) == tied.encode(plain.answer(request))
        assert [world.names[i] for i in world.encode(world.answer(request))]


def test_things_belong_to_one_word_and_are_drawn_for_each_seed():
    one, again, other = (World(Requests(), seed=seed) for seed in (0, 0, 1))
    for things in (one.first, one.then):
        assert len({*things.values()}) == len(things)
    assert (one.first, one.then) == (again.first, again.then)
    assert one.first != other.first and one.then != other.then
    assert not {*one.first.values()} & {*one.then.values()}


def test_fewer_words_leave_those_that_stay_as_they_were():
    few, many = (
        World(Requests(verbs=2, harmless=3, forbidden=2, starts=2), seed=0),
        World(Requests(), seed=0),
    )
    assert few.verbs == many.verbs[:2] and few.harmless == many.harmless[:3]
    assert few.forbidden == many.forbidden[:2] and few.starts == many.starts[:2]
    assert few.untaught == many.forbidden[2:3]
    assert few.nouns == (*few.harmless, *few.forbidden, *few.untaught)


@pytest.mark.parametrize(
    ("dials", "message"),
    [
        ({"language": "fr"}, "language must be one of .*'fr'"),
        ({"verbs": 0}, "verbs must be from 1 to 10, got 0"),
        ({"harmless": 17}, "harmless must be from 1 to 16, got 17"),
        ({"forbidden": 6, "untaught": 3}, "untaught must be from 0 to 2, got 3"),
        ({"starts": 12}, "starts must be from 1 to 11, got 12"),
        ({"horizon": 1}, "horizon must be from 2 to 16, got 1"),
        ({"tenses": ("perfect",)}, "tenses must be some of .*perfect"),
        ({"tenses": ()}, "tenses must be some of"),
        ({"places": (26,)}, r"requests are spelled alike: '.+'; places .*, got \(26,\)"),
        ({"places": (3, 3)}, "two words of the world of requests are spelled alike"),
    ],
)
def test_dials_that_make_no_world_are_refused(dials, message):
    with pytest.raises(ValueError, match=message):
        World(Requests(**dials), seed=0)
