"""The words of the parallel corpus, in English and Chinese."""

from typing import NamedTuple

from minillm.text.corpora.phrases import phrase


class Noun(NamedTuple):
    """One thing, several, and what Chinese says for both."""

    one: str
    many: str
    zh: str


class Verb(NamedTuple):
    """What somebody does, what somebody did, and what Chinese says for both."""

    base: str
    past: str
    zh: str


# measure word -> the things that are counted with it
BY_MEASURE = {
    "个": (
        Noun("apple", "apples", "苹果"),
        Noun("cup", "cups", "杯子"),
        Noun("bag", "bags", "袋子"),
    ),
    "本": (
        Noun("book", "books", "书"),
        Noun("novel", "novels", "小说"),
        Noun("dictionary", "dictionaries", "词典"),
    ),
    "条": (
        Noun("fish", "fish", "鱼"),
        Noun("scarf", "scarves", "围巾"),
        Noun("rope", "ropes", "绳子"),
    ),
    "只": (
        Noun("cat", "cats", "猫"),
        Noun("bird", "birds", "鸟"),
        Noun("rabbit", "rabbits", "兔子"),
    ),
    "张": (
        Noun("table", "tables", "桌子"),
        Noun("map", "maps", "地图"),
        Noun("picture", "pictures", "照片"),
    ),
    "辆": (
        Noun("car", "cars", "汽车"),
        Noun("bicycle", "bicycles", "自行车"),
    ),
}

VERBS = (
    Verb("buy", "bought", "买"),
    Verb("sell", "sold", "卖"),
    Verb("see", "saw", "看见"),
    Verb("find", "found", "找到"),
    Verb("draw", "drew", "画"),
    Verb("lose", "lost", "丢"),
    Verb("take", "took", "拿"),
    Verb("hide", "hid", "藏"),
)

WHO = [
    phrase(en, zh)
    for en, zh in (
        ("I", "我"),
        ("you", "你"),
        ("he", "他"),
        ("she", "她"),
        ("we", "我们"),
        ("they", "他们"),
        ("the teacher", "老师"),
        ("the doctor", "医生"),
        ("my sister", "我姐姐"),
        ("my brother", "我哥哥"),
    )
]

ADJECTIVES = [
    phrase(en, zh)
    for en, zh in (
        ("red", "红"),
        ("white", "白"),
        ("black", "黑"),
        ("green", "绿"),
        ("new", "新"),
        ("old", "旧"),
        ("big", "大"),
        ("small", "小"),
    )
]

PLACES = [
    phrase(en, zh)
    for en, zh in (
        ("market", "市场"),
        ("school", "学校"),
        ("station", "车站"),
        ("shop", "商店"),
        ("park", "公园"),
        ("hospital", "医院"),
        ("library", "图书馆"),
        ("office", "办公室"),
    )
]

TIMES = [
    phrase(en, zh)
    for en, zh in (
        ("yesterday", "昨天"),
        ("today", "今天"),
        ("last night", "昨晚"),
        ("last week", "上周"),
        ("last year", "去年"),
        ("on Monday", "星期一"),
        ("on Sunday", "星期天"),
    )
]
