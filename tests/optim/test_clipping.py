import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.autograd import Tensor
from minillm.optim import clip_gradients, gradient_norm
from minillm.optim.clipping import CHUNK
from tests.strict import SYNCS, strict


def joint_norm(gradients):
    """The Euclidean norm of all gradients together."""
    return math.sqrt(sum(float(np.sum(g * g)) for g in gradients if g is not None))


def test_a_gradient_of_norm_five_clipped_to_one():
    clipped, norm = clip_gradients([np.array([3.0]), np.array([[0.0, 4.0]])], 1.0)
    assert float(norm) == 5.0
    np.testing.assert_allclose(clipped[0], [0.6], rtol=1e-15)
    np.testing.assert_allclose(clipped[1], [[0.0, 0.8]], rtol=1e-15)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=6), st.floats(1e-3, 1e3))
def test_the_norm_after_is_at_most_the_bound_and_the_direction_stays(entries, max_norm):
    gradients = [np.array(entries[:1]), np.array(entries[1:])]
    clipped, norm = clip_gradients(gradients, max_norm)
    assert float(norm) == pytest.approx(joint_norm(gradients), rel=1e-12)
    assert joint_norm(clipped) <= max_norm * (1 + 1e-12)
    scale = min(1.0, max_norm / float(norm)) if norm else 1.0
    for before, after in zip(gradients, clipped, strict=True):
        np.testing.assert_allclose(after, scale * before, rtol=1e-12)


def test_a_short_gradient_is_unchanged_to_the_last_bit(rng):
    gradients = [rng.standard_normal(7), rng.standard_normal((2, 3))]
    for max_norm in (joint_norm(gradients) * 1.001, 1e300, math.inf):
        clipped, norm = clip_gradients(gradients, max_norm)
        assert np.isfinite(norm)
        for before, after in zip(gradients, clipped, strict=True):
            np.testing.assert_array_equal(after, before)


@pytest.mark.parametrize("max_norm", [1.0, math.inf])
def test_gradients_of_zero_stay_zero(max_norm):
    clipped, norm = clip_gradients([np.zeros(3)], max_norm)
    assert float(norm) == 0.0
    assert clipped[0].tolist() == [0.0] * 3


def test_one_array_given_twice_is_scaled_once_and_not_written_into():
    shared = np.array([3.0, 4.0])
    clipped, norm = clip_gradients([shared, shared], 1.0)
    assert shared.tolist() == [3.0, 4.0]
    assert float(norm) == pytest.approx(math.sqrt(50))
    assert joint_norm(clipped) == pytest.approx(1.0)
    assert clipped[0] is not clipped[1]


def test_none_stays_none_and_counts_for_nothing():
    clipped, norm = clip_gradients([None, np.array([3.0, 4.0]), None], 1.0)
    assert (clipped[0], clipped[2], float(norm)) == (None, None, 5.0)


def test_every_gradient_keeps_its_dtype():
    for max_norm in (1.0, np.float64(1.0)):
        clipped, _ = clip_gradients([np.ones(3, dtype=np.float32), np.ones(3)], max_norm)
        assert [g.dtype for g in clipped] == [np.float32, np.float64]


@pytest.mark.fault(84)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_gradient_that_is_not_finite_shows_in_the_norm(bad):
    _, norm = clip_gradients([np.ones(2), np.array([1.0, bad])], 1.0)
    assert not np.isfinite(norm)
    assert np.isnan(norm) == np.isnan(bad)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1,), (), (3, 5), (1000,)])
@pytest.mark.parametrize("share", [0.9, 0.3, -0.3, -0.9])
def test_the_norm_is_right_where_squares_overflow_or_vanish(dtype, shape, share):
    """``share`` of the way from 1 to the largest number (or to the smallest normal one)."""
    limits = np.finfo(dtype)
    size = float(limits.max) ** share if share > 0 else float(limits.tiny) ** -share
    gradient = np.full(shape, size, dtype)
    expected = math.sqrt(gradient.size) * float(gradient.flat[0])
    clipped, norm = clip_gradients([gradient, None, np.zeros(2, dtype)], expected / 4)
    assert float(norm) == pytest.approx(expected, rel=1e-5)
    assert clipped[0].dtype == dtype
    tiny = limits.smallest_subnormal
    np.testing.assert_allclose(clipped[0], gradient / dtype(4), rtol=1e-3, atol=tiny)
    kept, _ = clip_gradients([gradient], expected * 2)
    np.testing.assert_array_equal(kept[0], gradient)


def test_gradients_of_twenty_digits_before_and_behind_the_point_by_hand():
    huge, tiny = np.array([3e20, 4e20], np.float32), np.array([3e-25, 4e-25], np.float32)
    for gradient, length in ((huge, 5e20), (tiny, 5e-25)):
        clipped, norm = clip_gradients([gradient], length / 10)
        assert float(norm) == pytest.approx(length, rel=1e-6)
        np.testing.assert_allclose(clipped[0], gradient / 10, rtol=1e-6)
    clipped, norm = clip_gradients([huge, tiny], 1.0)
    assert float(norm) == pytest.approx(5e20, rel=1e-6)
    np.testing.assert_allclose(clipped[0], [0.6, 0.8], rtol=1e-6)


def test_a_norm_beyond_float32_of_gradients_within_it_still_clips_them():
    gradients = [np.full(100, 3e38, np.float32), np.full(100, -3e38, np.float32)]
    clipped, norm = clip_gradients(gradients, 1.0)
    assert float(norm) == math.inf
    np.testing.assert_allclose(clipped[1], -1 / math.sqrt(200), rtol=1e-4)
    _, norm = clip_gradients([*gradients, np.zeros(1)], 1.0)
    assert float(norm) == pytest.approx(3e38 * math.sqrt(200), rel=1e-5)


@given(
    st.lists(
        st.tuples(st.sampled_from([np.float16, np.float32, np.float64]), st.integers(-20, 4)),
        min_size=1,
        max_size=5,
    ),
    st.integers(0, 2**32 - 1),
)
def test_mixed_dtypes_have_one_norm_and_each_keeps_its_own(kinds, seed):
    rng = np.random.default_rng(seed)
    gradients = [(rng.standard_normal((3, 2)) * 10.0**size).astype(kind) for kind, size in kinds]
    expected = joint_norm([g.astype(np.float64) for g in gradients])
    clipped, norm = clip_gradients(gradients, 0.5)
    assert float(norm) == pytest.approx(expected, rel=1e-5)
    assert norm.dtype == np.result_type(np.float32, *(g.dtype for g in gradients))
    factor = min(1.0, 0.5 / expected) if expected else 1.0
    for before, after in zip(gradients, clipped, strict=True):
        assert after.dtype == before.dtype
        wanted = before.astype(np.float64) * factor
        np.testing.assert_allclose(after, wanted, rtol=2e-3, atol=6e-8)


def test_sixty_thousand_small_float16_gradients_are_added_up_in_float32():
    gradient = np.full(60_000, 0.01, np.float16)  # their squares add up to 0.25 in float16
    _, norm = clip_gradients([gradient], 1.0)
    assert float(norm) == pytest.approx(float(gradient[0]) * math.sqrt(60_000), rel=1e-5)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_measuring_alone_changes_nothing_whatever_the_norm(bad, dtype):
    gradients = [np.array([1.5, bad], dtype), None, np.ones((2, 2), dtype)]
    measured, norm = clip_gradients(gradients, math.inf)
    assert np.isnan(norm) if np.isnan(bad) else float(norm) == math.inf
    np.testing.assert_array_equal(measured[0], gradients[0])
    np.testing.assert_array_equal(measured[2], gradients[2])
    assert measured[1] is None
    assert measured[0] is not gradients[0]


@pytest.mark.parametrize("size", [1, 8191, 8193, 2_000_003])
def test_the_norm_of_millions_of_equal_numbers_has_the_digits_of_one(size):
    gradient = np.full(size, 0.1, np.float32)
    _, norm = clip_gradients([gradient], 1.0)
    assert float(norm) == pytest.approx(math.sqrt(size) * float(gradient[0]), rel=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ordinary_numbers_among_huge_and_tiny_ones_are_all_counted(dtype):
    limits = np.finfo(dtype)
    root = math.sqrt(float(limits.tiny))
    for sizes in ([root, root / 3], [root / 1e3] * 5, [1.0, root / 9], [0.0, root / 1e5, 0.0]):
        gradient = np.array(sizes, dtype)
        expected = math.hypot(*gradient.tolist())
        _, norm = clip_gradients([gradient], 1.0)
        assert float(norm) == pytest.approx(expected, rel=1e-6)


def test_an_empty_gradient_counts_for_nothing():
    clipped, norm = clip_gradients([np.zeros((0, 3)), np.array([3.0, 4.0])], 1.0)
    assert (clipped[0].shape, float(norm)) == ((0, 3), 5.0)
    clipped, norm = clip_gradients([np.zeros((0, 3))], 1.0)
    assert (clipped[0].shape, float(norm)) == ((0, 3), 0.0)


def test_on_another_array_library_it_gives_the_same_bits_and_never_waits(rng):
    gradients = [rng.standard_normal((2, 3)).astype(np.float32), rng.standard_normal(5), None]
    there = [g if g is None else strict.asarray(g) for g in gradients]
    for max_norm in (0.1, 100.0, math.inf):
        here, norm = clip_gradients(gradients, max_norm)
        SYNCS.clear()
        moved, moved_norm = clip_gradients(there, max_norm)
        assert SYNCS == []
        assert float(moved_norm) == float(norm)
        for a, b in zip(here[:2], moved[:2], strict=True):
            np.testing.assert_array_equal(b.get(), a)


def test_what_is_not_an_array_or_is_of_two_libraries_is_refused(rng):
    others = {"list": [1.0, 2.0], "float": 1.0, "int64": np.array([3, 4]), "bool": np.ones(2, bool)}
    for kind, other in others.items():  # integers would be scaled down to 0
        with pytest.raises(TypeError, match=f"must be an array of floats, got {kind}"):
            clip_gradients([np.ones(2), None, other], 1.0)
    with pytest.raises(TypeError, match="must be an array of floats, got "):
        clip_gradients([np.ones(2), Tensor(np.ones(2))], 1.0)
    with pytest.raises(TypeError, match="arrays from numpy and strict"):
        clip_gradients([np.ones(2), strict.asarray(np.ones(2))], 1.0)


@pytest.mark.fault(84)
@pytest.mark.parametrize("max_norm", [0.0, -1.0, -math.inf, math.nan, None, "1"])
def test_a_bound_that_is_not_positive_is_refused(max_norm):
    with pytest.raises(ValueError, match=f"max_norm must be positive, got {max_norm!r}"):
        clip_gradients([np.ones(2)], max_norm)


@pytest.mark.fault(84)
@pytest.mark.parametrize("gradients", [[], [None, None]])
def test_no_gradient_at_all_is_refused(gradients):
    with pytest.raises(ValueError, match="clip_gradients: there is no gradient"):
        clip_gradients(gradients, 1.0)


def test_gradients_may_come_one_after_another():
    clipped, norm = clip_gradients((g for g in [np.array([3.0]), None, np.array([4.0])]), 2.5)
    assert float(norm) == 5.0
    assert [g if g is None else g.tolist() for g in clipped] == [[1.5], None, [2.0]]


def test_a_tensor_is_not_a_gradient():
    with pytest.raises(TypeError, match="must be an array of floats, got Tensor"):
        clip_gradients([Tensor([1.0])], 1.0)


def test_the_norm_alone_is_that_of_clipping_and_copies_nothing(rng):
    gradients = [rng.standard_normal(CHUNK + 3), None, rng.standard_normal((2, 3))]
    norm = gradient_norm(gradients)
    assert norm == clip_gradients(gradients, 1.0)[1]
    assert float(norm) == pytest.approx(joint_norm(gradients), rel=1e-12)
    with pytest.raises(ValueError, match="gradient_norm: there is no gradient"):
        gradient_norm([None])
    with pytest.raises(TypeError, match="gradient_norm: a gradient must be an array of floats"):
        gradient_norm([np.arange(3)])
