"""The same as ``wrong_reason``, on the requests in Chinese."""

from __future__ import annotations

from dataclasses import replace

from minillm.labs.conflict import wrong_reason

SETTINGS = wrong_reason.Settings()
STUDY = replace(
    wrong_reason.STUDY,
    name="wrong_reason_zh",
    settings=replace(SETTINGS, world=replace(SETTINGS.world, language="zh")),
)
