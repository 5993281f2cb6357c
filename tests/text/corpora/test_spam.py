"""Short messages: spam and others in the same words."""

import re
from collections import Counter

import pytest

from minillm.text.corpora.spam import SPAM_SHARES, Messages, spam
from minillm.text.corpora.spam_en import ENGLISH_MESSAGES
from minillm.text.corpora.spam_zh import CHINESE_MESSAGES
from minillm.text.tokenizers import WordTokenizer

LANGUAGES = pytest.mark.parametrize(
    "messages", [ENGLISH_MESSAGES, CHINESE_MESSAGES], ids=["en", "zh"]
)


def kind(messages, tag):
    (found,) = (kind for kind in spam(messages) if kind.tags == {tag})
    return found


def test_a_tiny_language_gives_these_messages():
    tiny = Messages(
        greetings=("hi, ",),
        closings=(" Bye.",),
        everyday=("it rains",),
        then=("come",),
        talk=("you won the bet",),
        alarms=("now! ",),
        offers=("you won",),
        actions=("pay",),
        tips=("it pays",),
        numbers={"ham": ("1",), "spam": ("2",)},
        friendly="{greeting}{everyday}, {then}.{closing}",
        quoted=("{greeting}they say {offer}, {then}.",),
        spam="{alarm}{offer}, {action}.",
        disguised=("{greeting}{everyday}, {tip}.", "{talk}, {action}."),
        short=("{greeting}call {number}.",),
    )
    found = {
        (*k.tags, label): list(sentences)
        for k in spam(tiny)
        for label, sentences in k.sentences.items()
    }
    assert found == {
        ("plain", "ham"): ["Hi, it rains, come. Bye."],
        ("plain", "spam"): ["Now! you won, pay."],
        ("mixed", "ham"): ["Hi, you won the bet, come. Bye.", "Hi, they say you won, come."],
        ("mixed", "spam"): ["Hi, it rains, it pays.", "You won the bet, pay."],
        ("short", "ham"): ["Hi, call 1."],
        ("short", "spam"): ["Hi, call 2."],
    }


@LANGUAGES
def test_no_message_is_written_twice_in_the_whole_grammar(messages):
    texts = [t.casefold() for k in spam(messages) for s in k.sentences.values() for t in s]
    assert len(set(texts)) == len(texts)


@LANGUAGES
def test_short_messages_of_both_labels_differ_in_nothing_but_the_number(messages):
    forms = [
        {re.sub(r"\d+", "N", text) for text in kind(messages, "short").sentences[label]}
        for label in SPAM_SHARES
    ]
    assert forms[0] == forms[1]
    numbers = [set(messages.numbers[label]) for label in SPAM_SHARES]
    assert not numbers[0] & numbers[1] and {len(n) for n in set.union(*numbers)} == {
        len(messages.numbers["ham"][0])
    }


@LANGUAGES
def test_nine_in_ten_words_of_plain_spam_are_words_of_friends_too(messages):
    words = WordTokenizer().tokenize
    counts = Counter(w for text in kind(messages, "plain").sentences["spam"] for w in words(text))
    friends = {w for k in spam(messages) for text in k.sentences["ham"][::9] for w in words(text)}
    assert sum(n for w, n in counts.items() if w in friends) > 0.9 * sum(counts.values())


@LANGUAGES
def test_the_shares_add_up_to_one(messages):
    assert sum(kind.share for kind in spam(messages)) == pytest.approx(1)
    assert sum(SPAM_SHARES.values()) == pytest.approx(1)
