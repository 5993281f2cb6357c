"""The small assistant in Chinese: see ``assistant``."""

from __future__ import annotations

from dataclasses import replace

from minillm.labs.preferences.assistant import STUDY as ENGLISH

STUDY = replace(
    ENGLISH,
    name="assistant_zh",
    question="What does each stage add to a small assistant in Chinese?",
    settings=replace(ENGLISH.settings, language="zh"),
)
