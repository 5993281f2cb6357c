"""Notes every stream of random numbers that the package asks for, and from where."""

import sys
from collections import defaultdict

from minillm.backend import stream


def note_streams(monkeypatch):
    """From now on: the path of every stream -> the places in the source that asked for it."""
    found = defaultdict(set)

    def noted(*path):
        caller = sys._getframe(1)
        found[path].add((caller.f_code.co_filename, caller.f_lineno))
        return stream(*path)

    for name, module in list(sys.modules.items()):
        if name.startswith("minillm.") and vars(module).get("stream") is stream:
            monkeypatch.setattr(module, "stream", noted)
    return found


def asked_twice(found):
    """The paths that two places in the source ask for: they would draw the same numbers."""
    return {path: places for path, places in found.items() if len(places) > 1}
