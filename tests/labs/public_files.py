"""Files that stand for public ones: reviews that the grammar writes, others for each name."""

import hashlib

from minillm.labs.study import find_study, study_modules
from minillm.labs.worlds.public import public_files
from minillm.text.corpora import load_corpus


def content(name):
    """What stands for a public file; of a domain the label comes last, as in the real ones."""
    if name.startswith("uci-"):
        seed = sum(name.encode())  # other sentences in each domain
        examples = load_corpus("sentiment", "en", seed=seed, sizes=(60, 0, 0)).train
        return "".join(f"{text}\t{label}\n" for text, label in examples).encode()
    corpus = load_corpus("sentiment", "en", sizes=(60, 20, 40))
    parts = {"train": corpus.train, "dev": corpus.dev, "test": corpus.test}
    examples = parts.get(name.removesuffix(".tsv").rpartition("-")[2], corpus.train + corpus.test)
    return "".join(f"{label}\t{text}\n" for text, label in examples).encode()


def digest(name):
    """The digest of its content."""
    return hashlib.sha256(content(name)).hexdigest()


def write_public_files(folder):
    """One of each name that a study needs."""
    for study in map(find_study, study_modules()):
        for file in public_files(study.settings).values():
            (folder / file.name).write_bytes(content(file.name))
