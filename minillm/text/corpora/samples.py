"""Sentences that are in no corpus, each with what a reader says of it, and what is new in it."""

from __future__ import annotations

from typing import NamedTuple

from minillm.text.examples import Example

QUALITY = "a quality of another thing"
PLACES = "things of two places"
DENIAL = "denied in new words"
OPENING = "no opening"
NEITHER = "of no template"


class Sample(NamedTuple):
    """A sentence, its label, and in what it departs from the grammar that training texts obey.

    ``known`` says as much within that grammar, if there is a grammar for it: whoever errs on the
    text but not on this one was misled by what is new.
    """

    text: str
    label: str
    news: tuple[str, ...]
    known: str = ""

    @property
    def example(self) -> Example:
        """The sentence with its label."""
        return Example(self.text, self.label)

    @property
    def known_example(self) -> Example:
        """The one within the grammar with its label."""
        return Example(self.known, self.label)


SAMPLES: dict[tuple[str, str], tuple[Sample, ...]] = {
    ("sentiment", "en"): (
        Sample(
            "The final scene was not confusing but witty.",
            "positive",
            (QUALITY,),
            "The dialogue was not tedious but witty.",
        ),
        Sample(
            "The final scene was not witty but confusing.",
            "negative",
            (QUALITY,),
            "The plot was not clear but confusing.",
        ),
        Sample(
            "Although the tables were dirty, the teacher was friendly.",
            "positive",
            (PLACES,),
            "Although the tables were dirty, the service was friendly.",
        ),
        Sample(
            "The tables were dirty, although the teacher was friendly.",
            "negative",
            (PLACES,),
            "The tables were dirty, although the service was friendly.",
        ),
        Sample(
            "I have seldom seen a film less dull.",
            "positive",
            (DENIAL,),
            "In this film, the plot was anything but dull.",
        ),
        Sample(
            "I would not call this film gripping.",
            "negative",
            (DENIAL,),
            "In this film, the plot was not gripping at all.",
        ),
    ),
    ("sentiment", "zh"): (
        Sample(
            "结尾并不老套，反而很新颖。",
            "positive",
            (OPENING, QUALITY),
            "这本小说情节并不老套，而是很新颖。",
        ),
        Sample(
            "结尾并不新颖，反而很老套。",
            "negative",
            (OPENING, QUALITY),
            "这本小说情节并不新颖，而是很老套。",
        ),
        Sample(
            "虽然价格很离谱，但是老师很认真。",
            "positive",
            (OPENING, PLACES),
            "这门课虽然作业很繁重，但是老师很认真。",
        ),
        Sample(
            "虽然老师很认真，但是价格很离谱。",
            "negative",
            (OPENING, PLACES),
            "这门课虽然老师很认真，但是作业很繁重。",
        ),
        Sample(
            "这部电影没有让人失望。",
            "positive",
            (DENIAL,),
            "这部电影剧情一点也不平淡。",
        ),
        Sample(
            "谈不上喜欢这部电影。",
            "negative",
            (DENIAL,),
            "这部电影剧情一点也不精彩。",
        ),
    ),
    ("topics", "en"): (
        Sample("The striker scored twice in the final.", "sport", (NEITHER,)),
        Sample("The bank raised its interest rate again.", "economy", (NEITHER,)),
        Sample("The museum opened an exhibition of early prints.", "culture", (NEITHER,)),
        Sample("Researchers measured the light of a distant star.", "science", (NEITHER,)),
    ),
    ("topics", "zh"): (
        Sample("前锋在决赛中打进两球。", "sport", (NEITHER,)),
        Sample("央行再次上调利率。", "economy", (NEITHER,)),
        Sample("博物馆推出早期版画展。", "culture", (NEITHER,)),
        Sample("研究人员测量了一颗遥远恒星的亮度。", "science", (NEITHER,)),
    ),
}
