"""The study of augmentation for Chinese, with the BERT."""

from __future__ import annotations

from dataclasses import replace

from minillm.labs.data import augmentation
from minillm.labs.study import Study

STUDY = Study(
    name="augmentation_zh",
    question="Which augmentation helps in Chinese, at which size of the data?",
    settings=replace(augmentation.STUDY.settings, languages=("zh",), bert_languages=("zh",)),
    measure=augmentation.measure,
    seeds=range(3),
    tolerance=0.12,
)
