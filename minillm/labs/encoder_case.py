"""A case whose remedies all train a small encoder beside one that is trained without any."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from minillm.labs.compare import Case
from minillm.labs.small_encoder import Learning, SmallEncoder


class EncoderCase(Case):
    """``learned()`` trains a model; the settings have ``learning``, and strengths with steps."""

    learned: Callable[..., SmallEncoder]

    @property
    def learning(self) -> Learning:
        """How the baseline learns."""
        found: Learning = self.settings.learning
        return replace(found, steps=self.settings.strengths.steps)

    def plain(self) -> SmallEncoder:
        """The model without any remedy, trained once."""
        found: SmallEncoder = self.shared(("plain", self.learning.steps), self.learned)
        return found
