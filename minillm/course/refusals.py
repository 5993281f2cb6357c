"""How ``check`` refuses: in a notebook each is its message alone."""

from __future__ import annotations


class WrongAnswer(AssertionError):
    """An answer lacks a property; the message has the smallest input that shows it."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook prints: the message alone, without the way through our code."""
        return [str(self)]


class Misused(TypeError):
    """``check`` was called with something else than a number and the answers of its exercise."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook prints: the message alone."""
        return [str(self)]


class UnknownExercise(KeyError):
    """There is no exercise of that number; the message names those there are."""

    def __str__(self) -> str:
        """The message without the quotes of a KeyError."""
        return str(self.args[0])

    def _render_traceback_(self) -> list[str]:
        """What a notebook prints: the message alone."""
        return [str(self)]
