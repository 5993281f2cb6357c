"""Reviews: what decides, and that no bag of words can know it."""

from collections import Counter

import pytest

from minillm.text.corpora.sentiment import LABELS, Domain, Phrases, aspect, sentiment
from minillm.text.corpora.sentiment_en import ENGLISH
from minillm.text.corpora.sentiment_zh import CHINESE
from minillm.text.tokenizers import WordTokenizer

TINY = Phrases(
    domains=(Domain(("",), (aspect("tea was", "hot/cold"), aspect("cake was", "sweet/dry"))),),
    agreement=("{setting}{main} {strong} and {second} {also}.",),
    comment=("{setting}{main} {strong}: {verdict}.",),
    verdicts={"positive": ("good",), "negative": ("bad",)},
    denial=("{setting}{main} not {weak}.",),
    concession=("{setting}{side} {weak} but {main} {strong}.",),
    contrast=("{setting}{main} {strong}, not {weak}.",),
)
LANGUAGES = pytest.mark.parametrize("phrases", [ENGLISH, CHINESE], ids=["en", "zh"])


def bag(text):
    return frozenset(Counter(WordTokenizer().tokenize(text)).items())


def test_a_tiny_language_gives_these_reviews():
    plain, denial, concession, contrast = (kind.sentences["positive"] for kind in sentiment(TINY))
    assert set(plain) == {
        "Tea was hot and cake was sweet.",
        "Cake was sweet and tea was hot.",
        "Tea was hot: good.",
        "Cake was sweet: good.",
    }
    assert set(denial) == {"Tea was not cold.", "Cake was not dry."}
    assert set(concession) == {
        "Cake was dry but tea was hot.",
        "Tea was cold but cake was sweet.",
    }
    assert set(contrast) == {"Tea was hot, not cold.", "Cake was sweet, not dry."}


def test_the_other_label_exchanges_praise_and_blame():
    _, denial, concession, contrast = (kind.sentences["negative"] for kind in sentiment(TINY))
    assert "Tea was not hot." in denial
    assert "Cake was sweet but tea was cold." in concession
    assert "Tea was cold, not hot." in contrast


@LANGUAGES
def test_every_bag_that_needs_order_occurs_equally_often_with_both_labels(phrases):
    ordered = [kind for kind in sentiment(phrases) if "order" in kind.tags]
    assert len(ordered) == 2
    for kind in ordered:
        negative, positive = (Counter(map(bag, kind.sentences[label])) for label in LABELS)
        assert negative == positive


@LANGUAGES
def test_no_plain_or_denied_bag_occurs_with_both_labels(phrases):
    for kind in sentiment(phrases):
        if "order" not in kind.tags:
            negative, positive = (set(map(bag, kind.sentences[label])) for label in LABELS)
            assert not negative & positive


@LANGUAGES
def test_no_sentence_is_written_twice_in_the_whole_grammar(phrases):
    texts = [t for kind in sentiment(phrases) for label in LABELS for t in kind.sentences[label]]
    assert len({text.casefold() for text in texts}) == len(texts)


@LANGUAGES
def test_no_adjective_praises_here_and_blames_there(phrases):
    aspects = [aspect for domain in phrases.domains for aspect in domain.aspects]
    good = {word for aspect in aspects for word in aspect.words["positive"]}
    bad = {word for aspect in aspects for word in aspect.words["negative"]}
    assert not good & bad


@LANGUAGES
def test_reviews_have_five_to_twenty_five_tokens_and_few_different_ones(phrases):
    tokens = [
        WordTokenizer().tokenize(text)
        for kind in sentiment(phrases)
        for label in LABELS
        for text in list(kind.sentences[label])[::11]
    ]
    assert all(5 <= len(sentence) <= 25 for sentence in tokens)
    assert len(set().union(*tokens)) < 300


@LANGUAGES
def test_the_shares_add_up_to_one_and_half_of_them_needs_order(phrases):
    kinds = sentiment(phrases)
    assert sum(kind.share for kind in kinds) == pytest.approx(1)
    assert sum(kind.share for kind in kinds if "order" in kind.tags) == pytest.approx(0.5)
