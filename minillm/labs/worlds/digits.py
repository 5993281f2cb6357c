"""Small pictures of the ten digits, drawn by strokes, and pictures of nothing.

A digit is a few lines on a square of pixels.  Its corners wobble, the whole is shifted, and every
pixel has some noise, so that no picture comes twice.

Letters: N pictures, S pixels of a side, P pixels of a picture, S S.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

# the lines of each digit through corners "across,down"; the square is 6 wide and 6 high
STROKES = {
    "0": ("2,0 4,0 5,2 5,4 4,6 2,6 1,4 1,2 2,0",),
    "1": ("2,1 3,0 3,6", "2,6 4,6"),
    "2": ("1,1 2,0 4,0 5,1 5,2 1,6 5,6",),
    "3": ("1,0 5,0 3,2 5,4 4,6 2,6 1,5",),
    "4": ("4,6 4,0 1,4 5,4",),
    "5": ("5,0 1,0 1,3 4,3 5,4 5,5 4,6 1,6",),
    "6": ("4,0 2,1 1,3 1,5 2,6 4,6 5,5 4,3 1,4",),
    "7": ("1,0 5,0 3,3 2,6",),
    "8": ("3,3 1,2 2,0 4,0 5,2 3,3 5,5 4,6 2,6 1,5 3,3",),
    "9": ("5,2 2,3 1,2 2,0 4,0 5,2 5,4 3,6",),
}
SHADES = " .:*#"


class Pictures(NamedTuple):
    """Pictures as rows of pixels, and the digit of each."""

    pixels: np.ndarray  # (N, P) float32, from 0 to 1
    labels: np.ndarray  # (N,)

    def only(self, chosen: np.ndarray | slice) -> Pictures:
        """Some of them."""
        return Pictures(self.pixels[chosen], self.labels[chosen])


@dataclass(frozen=True)
class Digits:
    """How digits are drawn: the square of pixels, and how much no two of them are alike.

    Corners are moved by normal ``wobble``, the picture by up to ``shift`` pixels each way; ``pen``
    is the deviation of a line's shade, ``noise`` that of a pixel.
    """

    side: int = 8
    wobble: float = 0.3
    shift: int = 1
    pen: float = 0.5
    noise: float = 0.1

    def draw(self, n: int, rng: np.random.Generator) -> Pictures:
        """``n`` random digits, as many of each as can be.

        Raises:
            ValueError: the side is too small for a digit, or what is to vary is negative.
        """
        self.check()
        labels = rng.permutation(np.arange(n) % len(STROKES))
        clean = np.empty((n, self.side**2))
        for digit, lines in enumerate(STROKES.values()):
            (chosen,) = np.nonzero(labels == digit)
            clean[chosen] = self.drawn(lines, len(chosen), rng)
        noisy = clean + self.noise * rng.standard_normal(clean.shape)
        return Pictures(np.clip(noisy, 0, 1).astype(np.float32), labels)

    def check(self) -> None:
        """Refuse what cannot be drawn."""
        if self.side < 2:
            raise ValueError(f"Digits: side must be at least 2 pixels, got {self.side}")
        if self.pen <= 0:
            raise ValueError(f"Digits: pen must be above 0, got {self.pen}")
        for name in ("wobble", "shift", "noise"):
            if getattr(self, name) < 0:
                raise ValueError(f"Digits: {name} must be at least 0, got {getattr(self, name)}")

    def drawn(self, lines: Sequence[str], n: int, rng: np.random.Generator) -> np.ndarray:
        """One digit ``n`` times, without noise: ``exp(-d² / 2 pen²)`` at distance d of its lines.

        Shapes: ``-> (N, P)``.
        """
        step = (self.side - 2) / 6  # of the square's sixths, in pixels; a margin is left
        moved = rng.integers(-self.shift, self.shift, size=(n, 1, 2), endpoint=True)
        nearest = np.full((n, self.side**2), np.inf)
        for line in lines:
            corners = np.array([[float(x) for x in at.split(",")] for at in line.split()])
            wobbling = corners + self.wobble * rng.standard_normal((n, *corners.shape))
            at = wobbling * step + (self.side - 1) / 2 - 3 * step + moved
            for start, end in zip(at.swapaxes(0, 1), at.swapaxes(0, 1)[1:], strict=False):
                nearest = np.minimum(nearest, self.squared_distances(start, end))
        return np.exp(-nearest / (2 * self.pen**2))

    def squared_distances(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Of all pixels from a line between two points (N, 2) of each picture, (N, P)."""
        down, across = np.divmod(np.arange(self.side**2), self.side)
        pixels = np.stack([across, down], axis=1)
        along = end - start
        length = np.maximum((along**2).sum(axis=1), np.finfo(float).tiny)
        from_start = pixels - start[:, None]  # (N, P, 2)
        place = np.clip((from_start @ along[:, :, None])[..., 0] / length[:, None], 0, 1)
        found: np.ndarray = ((from_start - place[..., None] * along[:, None]) ** 2).sum(axis=2)
        return found

    def blank(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """``n`` pictures of nothing, (N, P): each pixel is uniform from 0 to 1."""
        return rng.random((n, self.side**2), dtype=np.float32)

    def text(self, pixels: np.ndarray) -> str:
        """A picture in letters, one line for a row of pixels, the darker the more ink.

        Raises:
            ValueError: the picture has another size.
        """
        if np.shape(pixels) != (self.side**2,):
            raise ValueError(
                f"Digits.text: pixels must be ({self.side**2},), got {np.shape(pixels)}"
            )
        shades = np.minimum((pixels * len(SHADES)).astype(int), len(SHADES) - 1)
        letters = [SHADES[shade] for shade in shades]
        rows = ["".join(letters[i : i + self.side]) for i in range(0, len(letters), self.side)]
        return "\n".join(rows)
