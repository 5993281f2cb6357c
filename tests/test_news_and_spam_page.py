"""What the pages on news and spam say is what the stored studies say."""

import pytest

from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_settings, read_study
from tests.news_and_spam_numbers import (
    ATTACKS,
    CORPORA,
    EVERY,
    FILTERS,
    NEWS,
    TABLES,
    WAYS,
    about_news,
    about_spam,
    ahead,
    bullets,
    by_copies,
    flattered,
    lost,
)
from tests.told import above_zero, intervals, missing_rows, numbers

PAGES = ("news_and_spam.md", "zh/news_and_spam.md")
each_page = pytest.mark.parametrize("page", PAGES)


@each_page
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_every_row_is_that_of_the_stored_study(table, page):
    assert not missing_rows(table, page), (
        "python -m tests.news_and_spam_numbers prints what the page should say"
    )


@each_page
def test_every_interval_in_the_text_is_that_of_the_stored_studies(page):
    assert intervals(page) == sorted(bullets().values())


@each_page
def test_the_settings_that_the_text_names_are_those_of_the_studies(page):
    news, spam = read_settings("topics"), read_settings("spam_attack")
    named = {f"{size:,}" for size in (*news["sizes"], *spam["sizes"])}
    named |= {f"{passes:g}" for passes in news["passes"]}
    named |= {f"{100 * share:.0f}" for share in news["unbalanced"]["shares"].values()}
    named |= {f"{100 * news['mislabelled']['wrong']:.0f}"}
    assert named <= numbers(page)
    for recipe in (news["recipe"], spam["filters"]["recipe"]):
        assert (recipe["n_layers"], recipe["width"], recipe["pretrain_epochs"]) == (2, 64, 0)
    assert tuple(spam["attack"]["rows"]) == ATTACKS + EVERY
    assert (spam["attack"]["words"], spam["attack"]["copies"]) == (3, 1)
    real = read_settings("spam_attack_sms")
    assert real["attack"] == spam["attack"] and real["fractions"] == [0.4, 0.3, 0.3]
    assert real["filters"]["recipe"] == spam["filters"]["recipe"]
    assert spam["filters"]["recipe"]["finetune_epochs"] == 6


@pytest.mark.guide("G35")
def test_accuracy_and_macro_f1_part_where_topics_are_unequal():
    for model in NEWS[1:]:
        for corpus in ("english", "chinese", "mislabelled"):
            assert abs(flattered(corpus, model).mean()) < 0.001
        assert above_zero(flattered("unbalanced", model))
    for corpus in CORPORA:
        assert flattered(corpus, "majority").min() > 0.1
    told = about_news()
    edge = told.pop("unequal, BERT and pairs, F1")
    assert all(above_zero(values) for values in told.values()) and not above_zero(edge)
    bag, pairs, bert = (told[f"wrong labels, {model}"] for model in NEWS[1:])
    assert above_zero(pairs - bag) and above_zero(bert - pairs)


@pytest.mark.guide("G36")
def test_aimed_misspelling_hides_drawn_spam_and_copies_help_one_filter_alone():
    study = "spam_attack"
    for name in FILTERS:
        for attack in ("aimed, seen", "aimed, unseen"):
            assert above_zero(lost(study, name, attack))
            helped = above_zero(by_copies(study, name, attack))
            assert helped == (name == "BERT, wordpiece")
        for attack in ("blind, seen", "blind, unseen"):
            assert above_zero(lost(study, name, attack)) == (name == "BERT, wordpiece")
    assert above_zero(-about_spam(study)["copies, bag of words"])
    for name in ("bag of letters", "BERT, word", "letters, seen"):
        assert not above_zero(-about_spam(study)[f"copies, {name}"])


@pytest.mark.guide("G36")
def test_the_bag_of_letters_holds_best_on_drawn_messages_and_copies_spare_misspelled_friends():
    study = "spam_attack"
    for way in WAYS:
        for attack in ("aimed, seen", "aimed, unseen"):
            for name in ("bag of words", "BERT, word", "BERT, wordpiece"):
                assert above_zero(ahead(study, "bag of letters", name, way, attack))
    for name in ("bag of words", "BERT, word"):
        assert above_zero(about_spam(study)[f"precision by copies, {name}"])
    assert above_zero(about_spam(study)["alarms, BERT"])
    assert read_study(study)["BERT, word, as they are"].shape == (5, 7, 6)


@pytest.mark.guide("G36")
def test_aimed_misspelling_hides_real_spam_and_copies_of_other_kinds_are_no_help():
    study = "spam_attack_sms"
    told = about_spam(study)
    for name in FILTERS:
        for attack in ("aimed, seen", "aimed, unseen"):
            assert above_zero(lost(study, name, attack))
        mean, half = mean_and_interval(told[f"copies, {name}"])
        assert abs(mean) < half < (0.006 if name.startswith("bag") else 0.016)
    assert above_zero(told["recall lost blind, word pieces"])
    pieces, words = (told[f"recall lost, {name}"] for name in ("BERT, wordpiece", "bag of words"))
    assert not above_zero(pieces - words)
    assert above_zero(told["copies, letters, seen"]) and above_zero(told["alarms, BERT"])
    for name in ("bag of words", "BERT, word"):
        mean, half = mean_and_interval(told[f"precision by copies, {name}"])
        assert abs(mean) < half


@pytest.mark.guide("G36")
def test_the_bag_of_letters_holds_best_on_real_messages_and_without_attack_berts_are_ahead():
    study = "spam_attack_sms"
    for way in WAYS:
        for name in ("bag of words", "BERT, word", "BERT, wordpiece"):
            assert above_zero(ahead(study, "bag of letters", name, way, "aimed, unseen"))
    better = {
        (one, other)
        for one in FILTERS
        for other in FILTERS
        if above_zero(ahead(study, one, other, WAYS[0], "none"))
    }
    assert better == {("BERT, word", "bag of words"), ("BERT, wordpiece", "bag of words")}
