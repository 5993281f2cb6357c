"""Rewriting and word dropout once more, for Chinese."""

from __future__ import annotations

from dataclasses import replace

from minillm.labs.data import augmentation_again
from minillm.labs.study import Study

STUDY = Study(
    name="augmentation_again_zh",
    question="Do rewriting and word dropout help at 1000 Chinese sentences?",
    settings=replace(augmentation_again.STUDY.settings, language="zh"),
    measure=augmentation_again.measure,
    seeds=range(5, 15),
    tolerance=0.12,
)
