from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.text import CleaningReport, Example, clean, normalize, shared_texts, text_key

# Characters that normalisation treats each in its own way, and a few ordinary ones.
TRICKY = st.text(
    "ab1 \t\n\r\x00\x07\x1c\u0085\u00a0\u3000\u00ad\u200b\u200d\ufeff\u0301\u0307Ａ９İ，。你𠀀é😀"
)


@pytest.mark.parametrize(
    ("given_text", "normal"),
    [
        ("", ""),
        (" \t\n\u0085\u00a0\u2028\u3000 ", ""),
        ("a\u00a0\u3000 b\r\nc\u0085d\x1ce", "a b c d e"),
        ("ＡＺａｚ０９", "AZaz09"),
        ("你好，世界！。", "你好，世界！。"),
        ("x² ½ ﬁ ①", "x² ½ ﬁ ①"),
        ("e\u0301", "é"),
        ("e\x07\u0301\u00ad\u200b", "é"),
        ("Ａ\u030a", "Å"),
        ("\u202eשלום\u202c\ufeff", "שלום"),
        ("👩\u200d👧 می\u200cخواهم", "👩\u200d👧 می\u200cخواهم"),
        ("𠀀\ud800b", "𠀀b"),
        ("İI", "İI"),
    ],
)
def test_normalize_by_example(given_text, normal):
    assert normalize(given_text) == normal


@given(st.text() | TRICKY)
def test_normalizing_twice_changes_nothing_more(text):
    assert normalize(normalize(text)) == normalize(text)


@given(TRICKY)
def test_normal_texts_are_single_visible_lines(text):
    normal = normalize(text)
    assert "  " not in normal
    assert normal == normal.strip()
    assert all(character.isprintable() or character == "\u200d" for character in normal)


@pytest.mark.parametrize("value", [None, b"bytes", 3])
def test_normalize_takes_texts_only(value):
    with pytest.raises(TypeError, match=f"must be a str, got {type(value).__name__}"):
        normalize(value)


def test_the_key_of_a_text_ignores_case_and_blanks():
    assert text_key(" Straße\n１") == text_key("STRASSE 1")
    assert text_key("a b") != text_key("ab")


def test_cleaning_by_example():
    examples = [
        Example("Good  film", "pos"),
        Example("好看", "pos"),
        Example("good film", "pos"),
        Example(" \u3000", "neg"),
        Example("?! 😀", "neg"),
        Example("x" * 21, "neg"),
        Example("so so", "neg"),
        Example("So So", "pos"),
        Example("so so", "neg"),
        Example("42", "neg"),
    ]
    kept, report = clean(examples, max_characters=20)
    assert kept == [("Good film", "pos"), ("好看", "pos"), ("42", "neg")]
    assert report == CleaningReport(
        read=10,
        altered=2,
        empty=1,
        too_long=1,
        no_letters=1,
        duplicates=1,
        contradictions=3,
        kept=3,
    )
    assert str(report) == (
        "10 read, 3 kept (2 altered); dropped: 1 empty, 1 too long, 1 without letters, "
        "1 duplicates, 3 contradictions"
    )


def test_the_length_limit_is_inclusive_and_counts_normalized_characters():
    assert clean([Example(" ab\u200b ", "x")], max_characters=2)[0] == [("ab", "x")]
    assert clean([Example("abc", "x")], max_characters=2)[1].too_long == 1


def test_the_default_limit_is_ten_thousand_characters():
    examples = [Example("a" * 10_000, "x"), Example("a" * 10_001, "x")]
    assert [len(text) for text, _ in clean(examples)[0]] == [10_000]


def test_a_limit_below_one_is_refused():
    with pytest.raises(ValueError, match="max_characters must be at least 1, got 0"):
        clean([], max_characters=0)


@given(st.lists(st.builds(Example, st.text("aA !", max_size=4), st.sampled_from("xy"))))
def test_every_example_read_is_kept_or_counted_once(examples):
    kept, report = clean(examples, max_characters=3)
    counts = asdict(report)
    dropped = sum(counts[name] for name in counts if name not in ("read", "altered", "kept"))
    assert report.read == len(examples) == len(kept) + dropped
    assert report.kept == len(kept)


@given(st.lists(st.builds(Example, st.text("aAbé !", max_size=3), st.sampled_from("xy"))))
def test_what_is_kept_is_in_order_distinct_and_clean_already(examples):
    kept, _ = clean(examples)
    normal = [Example(normalize(text), label) for text, label in examples]
    places = [normal.index(example) for example in kept]
    assert places == sorted(places)
    assert len({text_key(text) for text, _ in kept}) == len(kept)
    again, report = clean(kept)
    assert again == kept
    assert report.altered == 0


@pytest.mark.guide("G5")
def test_injected_noise_is_found_and_nothing_else_is_dropped():
    good = [Example(f"句子 number {i}", "xy"[i % 2]) for i in range(200)]
    noise = [Example(text.upper() + "  ", label) for text, label in good[::4]]
    noise += [Example("…" * n, "x") for n in range(30)]
    kept, report = clean(good + noise)
    assert kept == good
    assert (report.duplicates, report.empty, report.no_letters) == (50, 1, 29)


@given(st.text(st.sampled_from("Tt\u0308\u0301Aaİiẗä ΣσςJj\u030cß"), max_size=6))
def test_texts_that_differ_in_case_only_have_one_key(text):
    assert text_key(text.lower()) == text_key(text.title()) == text_key(text.upper())
    assert text_key(text_key(text)) == text_key(text)


@pytest.mark.parametrize(("capital", "small"), [("T\u0308ag", "\u1e97ag"), ("J\u030cA", "\u01f0a")])
def test_a_text_in_capitals_is_a_duplicate_of_the_one_in_small_letters(capital, small):
    given_ = [Example(capital, "x"), Example(small, "x")]
    assert clean(given_)[1].duplicates == 1
    assert clean([given_[0], Example(small, "y")])[1].contradictions == 2
    assert shared_texts(given_[:1], given_[1:]) == {small}
