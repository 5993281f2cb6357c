"""By what a resumed run knows that its data are the same: SHA-256."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from minillm.text import Example


def digest_of_examples(examples: Sequence[Example], unlabelled: Sequence[str] = ()) -> str:
    """Of labelled texts, and of others without labels."""
    sha = hashlib.sha256()
    for text, label in [*examples, *((text, "") for text in unlabelled)]:
        sha.update(f"{label}\0{text}\0".encode())
    return sha.hexdigest()


def digest_of_json(values: Any) -> str:
    """Of whatever JSON can hold: texts, conversations, pairs of answers, settings."""
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()
