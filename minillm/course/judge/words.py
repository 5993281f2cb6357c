"""What is said of a hand-in, in both languages."""

from __future__ import annotations

from typing import NamedTuple


class Both(NamedTuple):
    """A sentence, or a part of one, in both languages; as text they are one line."""

    english: str
    chinese: str

    def __str__(self) -> str:
        return f"{self.english}  ·  {self.chinese}"


def undefined(name: str) -> Both:
    """Why an exercise stays open whose answer, or check, uses a name that there is not."""
    return Both(
        f"not judged: the notebook does not define {name} (deleted, or never written?)",
        f"未评判：笔记本里没有定义 {name}（是删掉了，还是没有写？）",
    )
