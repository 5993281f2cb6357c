"""What attention costs: counted, in products, scores and bytes; no clock is asked."""

import numpy as np
import pytest

from minillm.labs.transformer.attention_cost import cost
from minillm.ops import scaled_dot_product_attention

WIDTH = 32
LENGTHS = np.arange(192, 577, 96)


class Counted(np.ndarray):
    """An array that counts the multiply-adds of every matrix product that it is part of."""

    multiply_adds = 0

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        plain = [np.asarray(x) if isinstance(x, Counted) else x for x in inputs]
        if "out" in options:
            options["out"] = tuple(np.asarray(x) for x in options["out"])
        result = getattr(ufunc, method)(*plain, **options)
        if ufunc is np.matmul:
            Counted.multiply_adds += result.size * plain[0].shape[-1]
        return result.view(Counted) if isinstance(result, np.ndarray) else result


def multiply_adds(length, n_heads):
    """In the products of attention over so many places, forward."""
    rng = np.random.default_rng(0)
    shape = 3, n_heads, length, WIDTH // n_heads
    q, k, v = rng.standard_normal(shape).astype(np.float32).view(Counted)
    Counted.multiply_adds = 0
    scaled_dot_product_attention.rule(q, k, v)
    return Counted.multiply_adds


@pytest.mark.guide("G16")
@pytest.mark.parametrize("n_heads", [1, 4])
def test_scores_and_products_are_counted_and_quadratic_whatever_the_heads(n_heads):
    lengths = np.array([1, 10, 50, 100])
    scores = [cost(length, width=WIDTH, n_heads=n_heads, repeats=1)[0] for length in lengths]
    assert scores == (n_heads * lengths**2).tolist()
    counted = [multiply_adds(length, n_heads) for length in lengths]
    assert counted == (2 * WIDTH * lengths**2).tolist()


@pytest.mark.guide("G16")
@pytest.mark.parametrize("n_heads", [1, 4])
def test_the_bytes_at_the_peak_are_a_parabola_two_arrays_of_scores_high(n_heads):
    peaks = np.array([cost(n, width=WIDTH, n_heads=n_heads, repeats=1)[1] for n in LENGTHS])
    parabola = np.polyfit(LENGTHS, peaks, 2)
    assert parabola[0] == pytest.approx(2 * n_heads * 4, rel=0.02)
    assert np.abs(np.polyval(parabola, LENGTHS) / peaks - 1).max() < 0.005
    line = np.polyval(np.polyfit(LENGTHS, peaks, 1), LENGTHS)
    assert np.abs(line / peaks - 1).max() > 0.1
