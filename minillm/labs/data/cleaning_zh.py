"""The study of cleaning for Chinese."""

from __future__ import annotations

from dataclasses import replace

from minillm.labs.data import cleaning
from minillm.labs.study import Study

STUDY = Study(
    name="cleaning_zh",
    question="What do cleaning and a label filter find in Chinese, and what is it worth?",
    settings=replace(cleaning.STUDY.settings, language="zh"),
    measure=cleaning.measure,
    seeds=range(3),
    tolerance=0.12,
)
