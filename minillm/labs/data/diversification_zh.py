"""The study of domains for Chinese."""

from __future__ import annotations

from dataclasses import replace

from minillm.labs.data import diversification
from minillm.labs.study import Study

STUDY = Study(
    name="diversification_zh",
    question="Do more domains help on a held-out one in Chinese, for the same number of tokens?",
    settings=replace(diversification.STUDY.settings, language="zh"),
    measure=diversification.measure,
    seeds=range(3),
    tolerance=0.12,
)
