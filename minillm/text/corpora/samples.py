"""Sentences that are in no corpus, each with what a reader says of it."""

from __future__ import annotations

# the last two of sentiment are built as no training sentence is
SAMPLES: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("sentiment", "en"): (
        ("The final scene was not confusing but witty.", "positive"),
        ("The final scene was not witty but confusing.", "negative"),
        ("Although the tables were dirty, the teacher was friendly.", "positive"),
        ("The tables were dirty, although the teacher was friendly.", "negative"),
        ("I have seldom seen a film less dull.", "positive"),
        ("I would not call this film gripping.", "negative"),
    ),
    ("sentiment", "zh"): (
        ("结尾并不老套，反而很新颖。", "positive"),
        ("结尾并不新颖，反而很老套。", "negative"),
        ("虽然价格很离谱，但是老师很认真。", "positive"),
        ("虽然老师很认真，但是价格很离谱。", "negative"),
        ("这部电影没有让人失望。", "positive"),
        ("谈不上喜欢这部电影。", "negative"),
    ),
    ("topics", "en"): (
        ("The striker scored twice in the final.", "sport"),
        ("The bank raised its interest rate again.", "economy"),
        ("The museum opened an exhibition of early prints.", "culture"),
        ("Researchers measured the light of a distant star.", "science"),
    ),
    ("topics", "zh"): (
        ("前锋在决赛中打进两球。", "sport"),
        ("央行再次上调利率。", "economy"),
        ("博物馆推出早期版画展。", "culture"),
        ("研究人员测量了一颗遥远恒星的亮度。", "science"),
    ),
}
