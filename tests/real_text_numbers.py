"""The tables of own_text.md on real texts: ``python -m tests.real_text_numbers``."""

import json
from pathlib import Path

import numpy as np

from tests.finetuning_numbers import with_interval
from tests.readme_numbers import rows
from tests.told import print_page

SAID = {  # what the command calls them
    "dictionary": "dictionary",
    "field (CRF)": "BERT and CRF",
    "a head for each word": "BERT, a head for each word",
}
STORED = Path(__file__).parents[1] / "figures" / "real_text"


def read(name):
    """What a run on real text wrote, with the command that made it."""
    return json.loads((STORED / f"{name}.json").read_text(encoding="utf-8"))


def translation():
    """BLEU and chrF of one run, beside its baselines."""
    lines = [
        [name, f"{one['bleu']['score']:.1f}", f"{one['chrf']:.1f}", f"{one['exact']:.3f}"]
        for name, one in read("translation")["systems"].items()
    ]
    return rows(["Multi30k, English to German", "BLEU", "chrF", "exact"], lines)


def entities():
    """F1 of names, and of those that training had or had not, on the test file."""
    lines = [
        [
            SAID[name],
            *(with_interval(np.array(one["test"][kind])) for kind in ("all", "seen", "unseen")),
        ]
        for name, one in read("entities")["scores"].items()
    ]
    return rows(["WNUT 2017", "F1", "seen in training", "not seen"], lines)


def words():
    """Words a second, and how many times more the peer does."""
    lines = [
        [name, f"{one['minillm']:,}", f"{one['gensim']:,}", f"{one['minillm'] / one['gensim']:.2f}"]
        for name, one in read("word_vectors")["words_per_second"].items()
    ]
    return rows(["words a second", "minillm", "gensim", "ratio"], lines)


TABLES = [words, translation, entities]

if __name__ == "__main__":
    print_page(TABLES)
