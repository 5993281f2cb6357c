"""Notebooks that are built from the sources of lessons, each once in a run."""

import copy
import json
from functools import cache

from minillm.course.notebooks import as_notebook


def notebook_of(source, language="en", edition="student"):
    """A copy: who changes it changes no other test's."""
    return copy.deepcopy(built(source, source.read_bytes(), language, edition))


@cache
def built(source, text, language, edition):
    return json.loads(as_notebook(source, language, edition))
