"""Files that stand for public ones: reviews that the grammar writes, others for each name."""

import hashlib
from dataclasses import fields

from minillm.labs.study import find_study, study_modules
from minillm.labs.worlds.public import PublicFile
from minillm.text.corpora import load_corpus


def public_files(settings):
    """Those of a study, each with its place in the settings."""
    found = [(entry.name, getattr(settings, entry.name)) for entry in fields(settings)]
    return [(name, value) for name, value in found if isinstance(value, PublicFile)]


def content(name):
    """What stands for a public file."""
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
        for _, file in public_files(study.settings):
            (folder / file.name).write_bytes(content(file.name))
