"""Exercises of lesson 21: one step against a model, pairs that find each other, even use."""

from __future__ import annotations

from minillm.course.content.checks.even_use import EVEN_USE
from minillm.course.content.checks.pairs_found import PAIRS_FOUND
from minillm.course.content.checks.sign_steps import SIGN_STEPS

CHECKS = {"21.1": SIGN_STEPS, "21.2": PAIRS_FOUND, "21.3": EVEN_USE}
