"""Reviews: what decides, and that no bag of words can know it."""

import re
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
    single_statement=("{setting}{main} {strong}.",),
    single_concession=("{setting}the {strong} {noun} outweighed the {weak} {thing}.",),
    single_contrast=("{setting}{main} {strong} instead of {weak}.",),
)
LANGUAGES = pytest.mark.parametrize("phrases", [ENGLISH, CHINESE], ids=["en", "zh"])
DIAL = pytest.mark.parametrize("single", [True, False], ids=["single clauses", "none"])


def bag(text):
    return frozenset(Counter(WordTokenizer().tokenize(text)).items())


def test_a_tiny_language_gives_these_reviews():
    plain, denial, concession, contrast = (
        kind.sentences["positive"] for kind in sentiment(TINY, single_clauses=False)
    )
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
    _, denial, concession, contrast = (
        kind.sentences["negative"] for kind in sentiment(TINY, single_clauses=False)
    )
    assert "Tea was not hot." in denial
    assert "Cake was sweet but tea was cold." in concession
    assert "Tea was cold, not hot." in contrast


@DIAL
@LANGUAGES
def test_every_bag_that_needs_order_occurs_equally_often_with_both_labels(phrases, single):
    ordered = [kind for kind in sentiment(phrases, single_clauses=single) if "order" in kind.tags]
    assert len(ordered) == (4 if single else 2)
    for kind in ordered:
        negative, positive = (Counter(map(bag, kind.sentences[label])) for label in LABELS)
        assert negative == positive


@DIAL
@LANGUAGES
def test_no_plain_or_denied_bag_occurs_with_both_labels(phrases, single):
    for kind in sentiment(phrases, single_clauses=single):
        if "order" not in kind.tags:
            negative, positive = (set(map(bag, kind.sentences[label])) for label in LABELS)
            assert not negative & positive


@DIAL
@LANGUAGES
def test_no_sentence_is_written_twice_in_the_whole_grammar(phrases, single):
    texts = [
        t
        for kind in sentiment(phrases, single_clauses=single)
        for label in LABELS
        for t in kind.sentences[label]
    ]
    assert len({text.casefold() for text in texts}) == len(texts)


@LANGUAGES
def test_no_adjective_praises_here_and_blames_there(phrases):
    aspects = [aspect for domain in phrases.domains for aspect in domain.aspects]
    good = {word for aspect in aspects for word in aspect.words["positive"]}
    bad = {word for aspect in aspects for word in aspect.words["negative"]}
    assert not good & bad


@DIAL
@LANGUAGES
def test_reviews_have_five_to_twenty_five_tokens_and_few_different_ones(phrases, single):
    tokens = [
        WordTokenizer().tokenize(text)
        for kind in sentiment(phrases, single_clauses=single)
        for label in LABELS
        for text in list(kind.sentences[label])[::11]
    ]
    assert all(5 <= len(sentence) <= 25 for sentence in tokens)
    assert len(set().union(*tokens)) < 300


@DIAL
@LANGUAGES
def test_the_shares_add_up_to_one_and_half_of_them_needs_order(phrases, single):
    kinds = sentiment(phrases, single_clauses=single)
    assert sum(kind.share for kind in kinds) == pytest.approx(1)
    assert sum(kind.share for kind in kinds if "order" in kind.tags) == pytest.approx(0.5)


def test_single_clauses_are_of_all_kinds_and_have_no_comma():
    kinds = {kind.tags: kind for kind in sentiment(TINY, single_clauses=True)}
    single = {tags - {"single"}: kind for tags, kind in kinds.items() if "single" in tags}
    wanted = {
        ("plain",): "Tea was hot.",
        ("negation",): "Tea was not cold.",
        ("order", "concession"): "The hot tea outweighed the dry cake.",
        ("order", "negation"): "Tea was hot instead of cold.",
    }
    assert {frozenset(tags) for tags in wanted} == single.keys()
    for tags, text in wanted.items():
        assert text in single[frozenset(tags)].sentences["positive"]


@LANGUAGES
def test_a_missing_comma_is_no_negation(phrases):
    """Without single clauses all sentences without a comma are denials, or nearly all."""
    for single in (True, False):
        kinds = sentiment(phrases, single_clauses=single)
        shares = Counter()
        for kind in kinds:
            texts = [t for label in LABELS for t in kind.sentences[label]]
            plain = [t for t in texts if not re.search("[,;，]", t)]
            shares["negation" in kind.tags] += kind.share * len(plain) / len(texts)
        denied = shares[True] / shares.total()
        assert denied < 0.7 if single else denied > 0.9, denied
