"""Sentences with personal data of known kind and place, and others that only look like them.

Everybody and everything is invented; numbers have right check digits, so that form alone decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from minillm.labs.worlds.listed import in_language, share
from minillm.text.scrubbing import WEIGHTS

Draw = Callable[[np.random.Generator], str]


class Planted(NamedTuple):
    """A text, and where in it something personal stands."""

    text: str
    spans: tuple[tuple[str, int, int], ...]  # kind, start, stop


def digits(rng: np.random.Generator, n: int) -> str:
    """``n`` random digits."""
    return "".join(map(str, rng.integers(10, size=n)))


def resident(rng: np.random.Generator) -> str:
    """A number of a resident of China, born in the years before 2000."""
    born = f"{rng.integers(1950, 2000)}{rng.integers(1, 13):02d}{rng.integers(1, 29):02d}"
    body = f"11{rng.integers(1000, 9999)}{born}{digits(rng, 3)}"
    total = sum(w * int(d) for w, d in zip(WEIGHTS, body, strict=True))
    return body + "10X98765432"[total % 11]


def card(rng: np.random.Generator) -> str:
    """A card of 16 digits that passes Luhn's check, in groups of four."""
    body = f"4{digits(rng, 14)}"
    doubled = [sum(divmod(2 * int(d), 10)) for d in body[::2]]
    check = -(sum(doubled) + sum(map(int, body[1::2]))) % 10
    whole = f"{body}{check}"
    return " ".join(whole[i : i + 4] for i in range(0, 16, 4))


def address(rng: np.random.Generator) -> str:
    """An address for mail."""
    users, hosts = ("m.lind", "office", "kai_99", "post+news"), ("example.org", "mail.example.com")
    return f"{users[rng.integers(4)]}@{hosts[rng.integers(2)]}"


def unfounded(rng: np.random.Generator) -> str:
    """18 digits whose check digit is wrong."""
    number = resident(rng)
    return number[:17] + ("1" if number[17] != "1" else "2")


def usual_phone(rng: np.random.Generator) -> str:
    """A telephone of North America, with its area or without."""
    local = f"555-{digits(rng, 4)}"
    return (local, f"({rng.integers(200, 999)}) {local}")[rng.integers(2)]


def mobile(rng: np.random.Generator) -> str:
    """A mobile telephone of China."""
    return f"1{rng.integers(3, 10)}{digits(rng, 9)}"


# language -> names on the list, names that are not, usual and odd spellings, sentences, decoys
LISTED = {"en": ("Marla Quist", "Tobin", "Ines Okoro"), "zh": ("柳若溪", "段子昂", "苗青")}
UNLISTED = {"en": ("Bodil", "Jorn Vask"), "zh": ("滕远", "闵秋白")}
USUAL: dict[str, dict[str, Draw]] = {
    "en": {"EMAIL": address, "PHONE": usual_phone, "ID": card},
    "zh": {"EMAIL": address, "PHONE": mobile, "ID": resident},
}
ODD: dict[str, dict[str, Draw]] = {
    "en": {
        "EMAIL": lambda rng: address(rng).replace("@", " (at) "),
        "PHONE": lambda rng: "five five five " + " ".join(digits(rng, 4)),
        "ID": lambda rng: card(rng).replace(" ", "."),
    },
    "zh": {
        "EMAIL": lambda rng: address(rng).replace("@", "#"),
        "PHONE": lambda rng: " ".join(mobile(rng)),
        "ID": lambda rng: "-".join([(n := resident(rng))[:6], n[6:14], n[14:]]),
    },
}
SENTENCES = {
    "en": {
        "EMAIL": ("Please write to {}.", "My address is {}, thank you."),
        "PHONE": ("Call me at {} tonight.", "The office has {}."),
        "ID": ("She paid with {} at noon.", "The number {} is hers."),
        "NAME": ("{} came late.", "I met {} at the station."),
    },
    "zh": {
        "EMAIL": ("请写信到{}。", "邮箱是{}，谢谢。"),
        "PHONE": ("今晚请打{}。", "办公室电话{}。"),
        "ID": ("身份证号{}。", "他的号码{}没有错。"),
        "NAME": ("{}迟到了。", "我在车站遇见{}。"),
    },
}
DECOYS: dict[str, tuple[Draw, ...]] = {
    "en": (
        lambda rng: f"It cost {rng.integers(100, 9999)} in {rng.integers(1990, 2025)}.",
        lambda rng: (
            f"Version 3.{rng.integers(20)}.{rng.integers(9)} is of 2021-03-{rng.integers(10, 31)}."
        ),
        lambda rng: f"Order {unfounded(rng)} has left.",
        lambda rng: "We meet @ noon, near Tobinstone.",
        lambda rng: f"Pages {rng.integers(100, 300)}-{rng.integers(1000, 9999)} are missing.",
    ),
    "zh": (
        lambda rng: f"价格是{rng.integers(100, 9999)}元。",
        lambda rng: f"订单{unfounded(rng)}已发出。",
        lambda rng: f"会议在{rng.integers(1990, 2025)}年3月。",
        lambda rng: f"编号1{rng.integers(3, 10)}{digits(rng, 9)}的零件坏了。",
    ),
}


@dataclass(frozen=True)
class Personal:
    """A language; the share of data that are written in an odd way, and of sentences without any.

    Odd is what no pattern was made for, and a name that is on no list.  Some decoys have the form
    of a telephone, and only their meaning tells.
    """

    language: str = "en"
    odd: float = 0.0
    decoys: float = 0.5

    @property
    def names(self) -> Sequence[str]:
        """The names that are on the list."""
        return in_language(LISTED, self.language)

    def draw(self, n: int, rng: np.random.Generator) -> list[Planted]:
        """``n`` sentences, of every kind as many by chance.

        Raises:
            ValueError: another language, or a share that is not from 0 to 1.
        """
        share("decoys", self.decoys)
        share("odd", self.odd)
        in_language(LISTED, self.language)
        return [
            self.decoy(rng) if rng.random() < self.decoys else self.personal(rng) for _ in range(n)
        ]

    def decoy(self, rng: np.random.Generator) -> Planted:
        """A sentence with nothing personal."""
        decoys = DECOYS[self.language]
        return Planted(decoys[rng.integers(len(decoys))](rng), ())

    def personal(self, rng: np.random.Generator) -> Planted:
        """A sentence with one datum."""
        sentences = SENTENCES[self.language]
        kind = [*sentences][rng.integers(len(sentences))]
        odd = rng.random() < self.odd
        if kind == "NAME":
            names = (UNLISTED if odd else LISTED)[self.language]
            value = names[rng.integers(len(names))]
        else:
            value = (ODD if odd else USUAL)[self.language][kind](rng)
        form = sentences[kind][rng.integers(len(sentences[kind]))]
        start = form.index("{}")
        return Planted(form.format(value), ((kind, start, start + len(value)),))
