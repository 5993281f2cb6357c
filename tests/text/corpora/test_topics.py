"""News items: one topic is reported, another may be mentioned."""

import re
from collections import Counter, defaultdict

import pytest

from minillm.text.corpora.topics import News, Scene, Topic, topics
from minillm.text.corpora.topics_en import ENGLISH_NEWS
from minillm.text.corpora.topics_zh import CHINESE_NEWS

LANGUAGES = pytest.mark.parametrize("news", [ENGLISH_NEWS, CHINESE_NEWS], ids=["en", "zh"])


def kind(news, *tags):
    (found,) = (kind for kind in topics(news) if kind.tags == set(tags))
    return found


def words_of(topic):
    phrases = [*topic.events, *(p for scene in topic.scenes for part in scene for p in part)]
    return " ".join(phrases)


def test_a_tiny_paper_gives_these_items():
    tiny = News(
        topics={
            "sport": Topic((Scene(("a runner",), ("won",)),), ("the race",)),
            "culture": Topic((Scene(("a poet",), ("sang",)),), ("the play",)),
        },
        outcomes=("ended",),
        whens=("today ",),
        sources=(", we hear",),
        plain="{when}{subject} {verb}{source}.",
        mention=("after {minor}, {subject} {verb}.",),
    )
    plain, mention, order = (
        {label: list(s) for label, s in k.sentences.items()} for k in topics(tiny)
    )
    assert plain["sport"] == ["Today a runner won, we hear.", "Today the race ended, we hear."]
    assert mention["culture"] == ["After the race, a poet sang."]
    assert order == {
        "sport": ["After the play, the race ended."],
        "culture": ["After the race, the play ended."],
    }


@LANGUAGES
def test_where_two_events_are_named_every_bag_occurs_with_two_labels(news):
    labels = defaultdict(Counter)
    for label, sentences in kind(news, "mention", "order").sentences.items():
        for text in sentences:
            labels["".join(sorted(text.casefold()))][label] += 1
    assert all(len(counts) >= 2 for counts in labels.values())


@pytest.mark.guide("G35")
@LANGUAGES
def test_the_mentioned_event_is_always_of_another_topic(news):
    for label, sentences in kind(news, "mention").sentences.items():
        own = re.compile("|".join(map(re.escape, news.topics[label].events)), re.IGNORECASE)
        assert not any(own.search(text) for text in sentences)


@LANGUAGES
def test_no_item_is_written_twice_in_the_whole_grammar(news):
    texts = [t for k in topics(news) for sentences in k.sentences.values() for t in sentences]
    assert len({text.casefold() for text in texts}) == len(texts)


@pytest.mark.parametrize(
    ("news", "words"),
    [
        (ENGLISH_NEWS, "star match court market race record field stage cell growth fair auction"),
        (CHINESE_NEWS, "比赛 明星 市场 细胞 纪录 竞赛 拍卖 法庭 恒星 自行车手"),
    ],
    ids=["en", "zh"],
)
def test_some_words_belong_to_more_than_one_topic(news, words):
    shared = {
        word: sum(word in words_of(topic) for topic in news.topics.values())
        for word in words.split()
    }
    assert all(count >= 2 for count in shared.values()), shared


@LANGUAGES
def test_the_shares_add_up_to_one(news):
    assert sum(kind.share for kind in topics(news)) == pytest.approx(1)
