"""A few lines that stand for SST-2, and settings of tagged reviews that go with them."""

import hashlib

from minillm.labs.learners import SmallBert
from minillm.labs.real_text.sst2_shortcut_case import Settings, Strengths
from minillm.labs.worlds.public import PublicFile

WORDS = {"0": ("dull", "slow", "flat"), "1": ("fine", "warm", "bold")}
TAGS = ("sponsored", "verified")


def sentences(name, n):
    """Sentences with one word of their label each."""
    return [
        (label, f"{name} film {i} is {WORDS[label][i % 3]} .") for i in range(n) for label in "01"
    ]


def small_settings(folder):
    """Small ones; the files that they name are written."""

    def written(name, n):
        content = "".join(f"{label}\t{text}\n" for label, text in sentences(name, n)).encode()
        (folder / f"{name}.tsv").write_bytes(content)
        return PublicFile(f"{name}.tsv", hashlib.sha256(content).hexdigest())

    return Settings(
        train=written("train", 60),
        asked=written("test", 20),
        learned=100,
        agreements=(0.5, 0.9, 1.0),
        bert=SmallBert(width=8, n_heads=2, max_length=12, learning_rate=0.03, updates=0),
        strengths=Strengths(updates=60, target=12, target_share=0.25, l2=1e-3, l2_masked=1e-3),
    )
