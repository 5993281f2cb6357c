"""Of many tests that are alike, those that every run has; the slow run has all of them."""

import zlib

import pytest


def chosen(name, share):
    """Whether it is one of each ``share`` by its name, on any machine and in any order."""
    return zlib.crc32(name.encode()) % share == 0


def mostly_slow(entries, names, share):
    """Parameters of a test, one of each ``share`` for every run and the others marked slow."""
    return [
        pytest.param(*entry, id=name, marks=[] if chosen(name, share) else [pytest.mark.slow])
        for entry, name in zip(entries, names, strict=True)
    ]
