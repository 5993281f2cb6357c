"""Sentences with planted personal data: what is said to stand there does."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.backend import stream
from minillm.labs.worlds.personal import LISTED, SENTENCES, UNLISTED, Personal
from minillm.text.scrubbing import luhn_check, resident_check


@given(st.integers(0, 1000), st.sampled_from(["en", "zh"]), st.sampled_from([0.0, 0.5, 1.0]))
def test_the_marks_are_those_of_the_data(seed, language, odd):
    world = Personal(language, odd=odd, decoys=0.2)
    for text, spans in world.draw(20, stream(seed, "personal")):
        for kind, start, stop in spans:
            value = text[start:stop]
            forms = [form.format(value) for form in SENTENCES[language][kind]]
            assert text in forms and value.strip() == value
            if kind == "NAME":
                assert value in (*LISTED[language], *UNLISTED[language])
            plain = "".join(c for c in value if c.isalnum())
            if kind == "ID":
                assert (luhn_check if language == "en" else resident_check)(plain)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_dials_have_both_ends(language):
    world = Personal(language)
    every = replace(world, decoys=0.0).draw(200, stream(0, "personal"))
    none = replace(world, decoys=1.0).draw(200, stream(0, "personal"))
    assert all(len(one.spans) == 1 for one in every) and not any(one.spans for one in none)
    assert {one.spans[0][0] for one in every} == {*SENTENCES[language]}
    names = {
        odd: {
            text[start:stop]
            for text, spans in replace(world, odd=odd, decoys=0.0).draw(200, stream(0, "personal"))
            for kind, start, stop in spans
            if kind == "NAME"
        }
        for odd in (0.0, 1.0)
    }
    assert names == {0.0: {*LISTED[language]}, 1.0: {*UNLISTED[language]}}


def test_what_there_is_not_is_refused():
    with pytest.raises(ValueError, match="language must be one of en, zh, got 'fr'"):
        Personal("fr").draw(1, stream(0, "personal"))
    for dial in ("odd", "decoys"):
        with pytest.raises(ValueError, match=f"{dial} must be from 0 to 1, got 1.5"):
            replace(Personal(), **{dial: 1.5}).draw(1, stream(0, "personal"))
