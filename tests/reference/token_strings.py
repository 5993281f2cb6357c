"""Texts to train tokenisers on, and strings of every kind to cut: the same on every machine."""

from __future__ import annotations

import random

ENGLISH = """
the a of and to in is it that was for on with as his they be at one have this from or had by hot
but some what there we can out other were all your when up use word how said an each she which
do their time if will way about many then them would write like so these her long make thing see
him two has look more day could go come did my sound no most number who over know water than
call first people may down side been now find tea team steam teas teams lower lowest newer
newest wide widest unaffable affable naïve café résumé Zürich 3.14 1,000 2024 don't it's I've
we'll
"""
CHINESE = """
今天 天气 很好 我们 一起 喝茶 茶水 茶杯 学习 语言 模型 训练 数据 词元 编号 一个
不是 什么 没有 问题 因为 所以 可以 这个 那个 时间 北京 上海 电影 喜欢 非常 有趣
"""
ENGLISH, CHINESE = ENGLISH.split(), CHINESE.split()

RANGES = {  # all of them in Unicode since version 6: older tables than Python's have them too
    "letters": [(0x41, 0x5A), (0x61, 0x7A)],
    "ascii": [(0x20, 0x7E)],
    "latin": [(0xC0, 0x17F), (0x1E00, 0x1E95), (0x1EA0, 0x1EF9)],
    "marks": [(0x61, 0x7A), (0x300, 0x34E)],
    "greek and cyrillic": [(0x391, 0x3A1), (0x3A3, 0x3C9), (0x410, 0x44F)],
    "hebrew, arabic, hindi": [(0x5D0, 0x5EA), (0x621, 0x63A), (0x64B, 0x652), (0x905, 0x94D)],
    "thai and kana": [(0xE01, 0xE3A), (0x3041, 0x3096), (0x30A1, 0x30FA)],
    "hangul": [(0xAC00, 0xD7A3), (0x1100, 0x1112), (0x1161, 0x1175)],
    "chinese": [(0x4E00, 0x9FA5), (0x3001, 0x3003), (0xFF01, 0xFF5E)],
    "rare chinese": [(0x3400, 0x4DB5), (0x20000, 0x2A6D6), (0xF900, 0xFA2D), (0x2F800, 0x2FA1D)],
    "emoji": [(0x1F300, 0x1F320), (0x1F600, 0x1F610), (0x1F3FB, 0x1F3FF), (0x200D, 0x200D),
              (0xFE0F, 0xFE0F), (0x1F1E6, 0x1F1FF)],
    "controls": [(0, 0x20), (0x7F, 0xA0), (0xAD, 0xAD), (0x61, 0x63)],
    "blanks": [(0x2000, 0x200F), (0x2028, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000),
               (0x1680, 0x1680), (0x20, 0x20), (0x61, 0x63), (0xFEFF, 0xFEFF)],
    "numbers": [(0x30, 0x39), (0xB2, 0xB3), (0xBC, 0xBE), (0x2160, 0x216B), (0x660, 0x669),
                (0x2460, 0x2473), (0x3007, 0x3007)],
    "signs": [(0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x2010, 0x2027), (0x20A0, 0x20B5),
              (0x2200, 0x22FF), (0xE000, 0xE005), (0xFFFD, 0xFFFD)],
}  # fmt: skip
BY_HAND = [
    "", " ", "  ", "\n", "\t\n ", " a", "a ", "a  b", "a \n b", "\r\n", "\x00",
    "\x1c\x1d\x1e\x1f", "don't I've we'll they're he'd I'm it's", "DON'T I'VE", "'s's '",
    "o'clock rock'n'roll", "''re", "aaa", "aaaaaaaaaaa", "tea team steam", "teateateatea",
    "  teas", "the the the", "[MASK]", "[CLS] the [SEP]", "[UNK]", "[unused1]",
    "<|endoftext|>", "<s>the</s>", "##able", "#", "你好，世界！",
    "今天天气很好。我们一起喝茶吧", "他说NLP很难（真的）", "　全角　空格",
    "二〇二四年Ｖ２版", "👩\u200d👩\u200d👧👍🏽1️⃣❤️!", "🇨🇳🇺🇸", "e\u0301te\u0301",
    "q\u0323\u0307", "İSTANBUL ΟΔΟΣ Straße", "\ufb01 ﬀ", "한국어 가나다", "Việt Nam", "мир",
    "שלום", "مَرْحَبًا", "हिन्दी", "ไทย", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "x² + y² ≠ z³", "≠≮≯", "\ufeffmark",
    "zero\u200bwidth", "soft\u00adhyphen", "no\u00a0break", "\u2028line\u2029", "\ufffd",
    "\U0010fffd", "1,000.50 $3 50% #1 @x _y", "a_b-c/d\\e", "```python\nprint('x')\n```",
    "https://example.org/?q=1&r=2", "x" * 100, "x" * 101, "é" * 100, "e\u0301" * 101,
    "茶" * 120,
]  # fmt: skip


def training_texts() -> list[str]:
    """Lines of English and Chinese words, some of them far more frequent than others."""
    rng = random.Random(20)
    texts = []
    for _ in range(1500):
        pool = CHINESE if rng.random() < 0.25 else ENGLISH
        words = [pool[int(len(pool) * rng.random() ** 2)] for _ in range(rng.randrange(3, 14))]
        words = [word.capitalize() if rng.random() < 0.1 else word for word in words]
        blank, stop = ("", "。") if pool is CHINESE else (" ", rng.choice(".,!?"))
        texts.append(blank.join(words) + stop)
    return texts


def strings(n: int = 2000) -> list[str]:
    """Those by hand, some of every range, words with something between them, and a long one."""
    rng = random.Random(21)
    found = list(BY_HAND)
    names = list(RANGES)
    while len(found) < n - 2:
        kind = len(found) % (len(names) + 2)
        if kind < len(names):
            found.append(signs(rng, RANGES[names[kind]], rng.randrange(1, 24)))
        elif kind == len(names):
            found.append(signs(rng, [r for rs in RANGES.values() for r in rs], rng.randrange(24)))
        else:
            words = [rng.choice(ENGLISH + CHINESE) for _ in range(rng.randrange(1, 9))]
            found.append(rng.choice(["", " ", "  ", "\n", ", "]).join(words))
    words = [rng.choice(ENGLISH) for _ in range(600)]
    return [*found, (" ".join(words) * 40)[:100_000], "tea" * 33_334]


def signs(rng: random.Random, ranges: list[tuple[int, int]], n: int) -> str:
    """So many characters, each from one of the ranges."""
    return "".join(chr(rng.randint(*rng.choice(ranges))) for _ in range(n))
