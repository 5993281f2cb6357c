import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.autograd import Parameter, Tensor, gradients_of
from minillm.backend import kernels
from minillm.optim import SGD, Adam, AdamW, clip_gradients


@pytest.fixture(autouse=True, params=["off", "numpy"])
def by_the_rule_and_by_the_kernel(request):
    """Every test here holds for both."""
    with kernels(request.param):
        yield


def reference(w, gradients, *, lr, b1, b2, eps, weight_decay):
    """One weight, one step after the other, in Python floats; yields the weight after each."""
    m = v = 0.0
    for t, g in enumerate(gradients, start=1):
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
        w = w - lr * m_hat / (math.sqrt(v_hat) + eps) - lr * weight_decay * w
        yield w


def weights(*shape, seed=0):
    """A float64 parameter with random entries."""
    return Parameter(np.random.default_rng(seed).standard_normal(shape))


SETTINGS = [
    {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01},
    {"lr": 0.3, "betas": (0.5, 0.75), "eps": 0.1, "weight_decay": 0.2},
    {"lr": 0.1, "betas": (0.0, 0.0), "eps": 1e-3, "weight_decay": 0.0},
]


@pytest.mark.guide("G26")
@pytest.mark.parametrize("settings", SETTINGS)
def test_adamw_follows_the_plain_algorithm_for_fifty_steps(settings, rng):
    parameters = [weights(2, 3, seed=1), weights(5, seed=2)]
    start = np.concatenate([p.data.ravel() for p in parameters])
    optimizer = AdamW(parameters, **settings)
    gradients = 3.0 * rng.standard_normal((50, 11))
    (b1, b2), rest = settings["betas"], {k: v for k, v in settings.items() if k != "betas"}
    expected = [
        list(reference(w, g, b1=b1, b2=b2, **rest)) for w, g in zip(start, gradients.T, strict=True)
    ]
    for step, g in enumerate(gradients):
        optimizer.step([g[:6].reshape(2, 3), g[6:]])
        now = np.concatenate([p.data.ravel() for p in parameters])
        np.testing.assert_allclose(now, [w[step] for w in expected], rtol=0, atol=1e-14)
    assert optimizer.steps == 50


def test_adam_is_adamw_without_decay(rng):
    plain, decoupled = weights(7), weights(7)
    adam = Adam([plain], lr=0.3, betas=(0.5, 0.75), eps=0.1)
    adamw = AdamW([decoupled], lr=0.3, betas=(0.5, 0.75), eps=0.1, weight_decay=0.0)
    for g in rng.standard_normal((5, 7)):
        adam.step([g])
        adamw.step([g])
        np.testing.assert_array_equal(plain.data, decoupled.data)


def test_the_defaults_are_those_of_the_papers():
    adam, adamw = Adam([weights(1)]), AdamW([weights(1)])
    for optimizer in (adam, adamw):
        assert (optimizer.lr, optimizer.betas, optimizer.eps) == (1e-3, (0.9, 0.999), 1e-8)
    assert (adam.weight_decay, adamw.weight_decay) == (0.0, 0.01)


@given(st.floats(1e-3, 1e3), st.booleans())
def test_the_first_step_has_the_size_of_the_learning_rate_whatever_the_gradient(size, positive):
    g = size if positive else -size
    parameter = Parameter(np.array([2.0]))
    Adam([parameter], lr=0.1).step([np.array([g])])
    assert parameter.data[0] == pytest.approx(2.0 - 0.1 * np.sign(g), rel=1e-5)


def test_the_first_step_by_hand():
    """m^ = g and v^ = g², so that w = 2 - 0.1 · 3 / (3 + 1)."""
    parameter = Parameter(np.array([2.0]))
    Adam([parameter], lr=0.1, eps=1.0).step([np.array([3.0])])
    assert parameter.data[0] == pytest.approx(1.925, rel=1e-14)


@given(
    st.lists(st.floats(-100, 100), min_size=1, max_size=30),
    st.floats(0.0, 0.95),
    st.floats(0.91, 0.999),
)
def test_no_step_is_longer_than_its_bound(gradients, b1, b2):
    """By Cauchy and Schwarz, |m^| is at most a factor times sqrt(v^).

    The sum of b1^s g_s is the product of (b1/sqrt(b2))^s and sqrt(b2)^s g_s.
    """
    parameter = Parameter(np.zeros(1))
    optimizer = Adam([parameter], lr=0.1, betas=(b1, b2))
    for t, g in enumerate(gradients, start=1):
        before = parameter.data[0]
        optimizer.step([np.array([g])])
        sums = sum((b1**2 / b2) ** s for s in range(t))
        corrections = math.sqrt(1 - b2**t) / (1 - b1**t)
        bound = 0.1 * (1 - b1) / math.sqrt(1 - b2) * math.sqrt(sums) * corrections
        assert abs(parameter.data[0] - before) <= bound * (1 + 1e-9)


def test_a_gradient_after_long_silence_makes_the_longest_step():
    """lr (1 - b1) / sqrt(1 - b2), which is 3.16 lr by default."""
    parameter = Parameter(np.zeros(1))
    optimizer = Adam([parameter], lr=1.0, eps=1e-300)
    for _ in range(20_000):
        optimizer.step([np.zeros(1)])
    optimizer.step([np.array([-7.0])])
    assert parameter.data[0] == pytest.approx(0.1 / math.sqrt(0.001), rel=1e-6)


def test_steps_do_not_depend_on_the_scale_of_the_gradients(rng):
    small, large = weights(7), weights(7)
    for scale, parameter in ((1.0, small), (1e4, large)):
        optimizer = Adam([parameter], eps=1e-300)
        for g in np.random.default_rng(3).standard_normal((20, 7)):
            optimizer.step([scale * g])
    np.testing.assert_allclose(small.data, large.data, rtol=1e-12)


def test_without_gradient_adamw_shrinks_the_weights_by_lr_times_decay():
    parameter = weights(7)
    start = parameter.data.copy()
    optimizer = AdamW([parameter], lr=0.1, weight_decay=0.3)
    for steps in range(1, 4):
        optimizer.step([np.zeros(7)])
        np.testing.assert_allclose(parameter.data, start * (1 - 0.1 * 0.3) ** steps, rtol=1e-15)


@pytest.mark.guide("G24")
def test_the_penalty_in_the_loss_adds_lambda_w_to_the_gradient(rng):
    w, x = weights(7), rng.standard_normal(7)
    (plain,) = gradients_of((w * Tensor(x)).sum(), [w])
    penalty = (w * w).sum() * (0.3 / 2)
    (with_penalty,) = gradients_of((w * Tensor(x)).sum() + penalty, [w])
    np.testing.assert_allclose(with_penalty - plain, 0.3 * w.data, rtol=1e-13)


@pytest.mark.guide("G24")
def test_decay_reaches_all_weights_alike_and_a_penalty_in_the_gradient_does_not():
    """Two weights at 1 under pure noise of size 0.01 and 100.

    Decoupled, both end near (1 - lr λ)^3000 = 0.74.  With λ w inside the gradient, Adam divides
    it by the noise: the quiet weight vanishes and the noisy one hardly decays.
    """
    noise = np.random.default_rng(0).standard_normal((3000, 2)) * [0.01, 100.0]
    decoupled, penalised = Parameter(np.ones(2)), Parameter(np.ones(2))
    adamw = AdamW([decoupled], lr=1e-3, weight_decay=0.1)
    adam = Adam([penalised], lr=1e-3)
    for g in noise:
        adamw.step([g])
        adam.step([g + 0.1 * penalised.data])
    assert round((1 - 1e-4) ** 3000, 2) == 0.74
    np.testing.assert_allclose(decoupled.data, 0.69, atol=0.1)
    quiet, noisy = penalised.data
    assert abs(quiet) < 0.05
    assert noisy > 0.8


@pytest.mark.fault(65)
def test_a_parameter_without_gradient_is_left_alone():
    still, moving = weights(3), weights(3)
    start = still.data.copy()
    optimizer = AdamW([still, moving], weight_decay=0.5)
    optimizer.step([None, np.ones(3)])
    np.testing.assert_array_equal(still.data, start)
    assert np.all(moving.data != start)
    assert np.all(optimizer.state["m"][0] == 0)


def test_the_first_step_of_a_late_parameter_has_the_size_of_the_learning_rate():
    early, late = Parameter(np.ones(1)), Parameter(np.ones(1))
    optimizer = Adam([early, late], lr=0.01)
    for _ in range(5):
        optimizer.step([np.array([0.5]), None])
    optimizer.step([np.array([0.5]), np.array([0.5])])
    assert late.data[0] == pytest.approx(1 - 0.01, rel=1e-6)
    assert (optimizer.steps, optimizer.updates) == (6, [6, 1])


@given(
    st.lists(st.booleans(), min_size=1, max_size=20),
    st.sampled_from([Adam, AdamW, lambda p, **rest: SGD(p, momentum=0.9, **rest)]),
    st.integers(0, 2**32 - 1),
)
def test_a_parameter_that_is_skipped_goes_as_if_alone_with_its_own_gradients(seen, make, seed):
    skipped, beside, alone = weights(3), weights(2), weights(3)
    together, single = make([skipped, beside], lr=0.1), make([alone], lr=0.1)
    rng = np.random.default_rng(seed)
    for has_gradient in seen:
        g, other = rng.standard_normal(3), rng.standard_normal(2)
        together.step([g if has_gradient else None, other])
        if has_gradient:
            single.step([g])
        np.testing.assert_array_equal(skipped.data, alone.data)
    assert together.updates == [sum(seen), len(seen)]
    assert together.steps == len(seen)


def test_a_learning_rate_of_zero_changes_no_weight_but_advances_the_state():
    parameter = weights(3)
    start = parameter.data.copy()
    optimizer = AdamW([parameter], lr=0.0, weight_decay=0.5)
    optimizer.step([np.ones(3)])
    np.testing.assert_array_equal(parameter.data, start)
    assert optimizer.steps == 1
    np.testing.assert_allclose(optimizer.state["m"][0], 0.1)


def test_the_step_writes_into_nothing_that_it_was_given():
    parameter = weights(3)
    array, gradient = parameter.data, np.ones(3)
    before = array.copy()
    AdamW([parameter]).step([gradient])
    np.testing.assert_array_equal(array, before)
    np.testing.assert_array_equal(gradient, np.ones(3))


def test_a_step_between_forward_and_backward_is_an_error():
    parameter = weights(3)
    loss = (parameter * parameter).sum()
    AdamW([parameter]).step([np.ones(3)])
    with pytest.raises(RuntimeError, match="multiply: operand 0 was changed"):
        loss.backward()


def test_a_gradient_whose_square_overflows_is_not_passed_over_in_silence():
    huge = np.array([1e30], dtype=np.float32)
    with pytest.warns(RuntimeWarning, match="overflow"):
        AdamW([Parameter(np.ones(1, dtype=np.float32))]).step([huge])
    parameter = Parameter(np.ones(1, dtype=np.float32))
    Adam([parameter], lr=0.1).step(clip_gradients([huge], 1.0)[0])
    assert float(parameter.data[0]) == pytest.approx(0.9, rel=1e-6)


def test_float32_stays_float32_also_with_numpy_settings():
    parameter = Parameter(np.ones(3, dtype=np.float32))
    settings = {"lr": 1e-3, "eps": 1e-8, "weight_decay": 0.1}
    optimizer = AdamW(
        [parameter],
        betas=(np.float64(0.9), np.float64(0.999)),
        **{name: np.float64(value) for name, value in settings.items()},
    )
    for _ in range(2):
        optimizer.step([np.ones(3, dtype=np.float32)])
    assert parameter.dtype == np.float32
    assert {a.dtype for slot in optimizer.state.values() for a in slot} == {np.dtype(np.float32)}


def test_the_order_of_the_parameters_does_not_matter(rng):
    forward, backward = [weights(2, seed=1), weights(3, seed=2)], [weights(3, seed=2)]
    backward.append(weights(2, seed=1))
    one, two = AdamW(forward), AdamW(backward)
    for _ in range(3):
        a, b = rng.standard_normal(2), rng.standard_normal(3)
        one.step([a, b])
        two.step([b, a])
    np.testing.assert_array_equal(forward[0].data, backward[1].data)
    np.testing.assert_array_equal(forward[1].data, backward[0].data)


@pytest.mark.fault(81)
@pytest.mark.parametrize("kind", [Adam, AdamW])
@pytest.mark.parametrize(
    "betas",
    [
        *((1.0, 0.9), (0.9, 1.0), (-0.1, 0.9), (0.9, float("nan"))),
        *((0.9,), (0.9, 0.9, 0.9), (0.9, None), ("0.9", 0.9), 0.9),
    ],
)
def test_betas_outside_zero_to_one_are_refused(kind, betas):
    with pytest.raises(ValueError, match=r"betas must be (two numbers )?in \[0, 1\), got"):
        kind([weights(1)], betas=betas)


@pytest.mark.fault(81)
@pytest.mark.parametrize(
    ("eps", "decay", "message"),
    [
        (0.0, 0.1, "eps must be positive in the weights' float64, got 0.0"),
        (-1.0, 0.1, "eps must be a number >= 0, got -1.0"),
        (math.nan, 0.1, "eps must be a number >= 0, got nan"),
        (math.inf, 0.1, "eps must be a number >= 0, got inf"),
        (None, 0.1, "eps must be a number >= 0, got None"),
        (1e-8, -0.1, "weight_decay must be a number >= 0, got -0.1"),
        (1e-8, math.nan, "weight_decay must be a number >= 0, got nan"),
    ],
)
def test_an_eps_that_is_not_positive_or_a_negative_decay_is_refused(eps, decay, message):
    with pytest.raises(ValueError, match=message):
        AdamW([weights(1)], eps=eps, weight_decay=decay)


@pytest.mark.parametrize("eps", [1e-46, 1e-50, 1e-300])
def test_an_eps_that_float32_rounds_to_zero_is_refused(eps):
    """Where no gradient has come yet, the step would be 0 / 0."""
    AdamW([weights(2)], eps=eps)
    single = Parameter(np.ones(2, dtype=np.float32))
    with pytest.raises(
        ValueError, match=f"eps must be positive in the weights' float32, got {eps}"
    ):
        AdamW([weights(2), single], eps=eps)


@given(st.floats(1e-20, 1.0), st.integers(0, 2**32 - 1))
def test_a_gradient_of_zero_moves_nothing_and_a_small_one_little(eps, seed):
    start = np.random.default_rng(seed).standard_normal(4).astype(np.float32)
    parameter = Parameter(start)
    optimizer = Adam([parameter], lr=0.01, eps=eps)
    optimizer.step([np.array([0.0, 1e-30, 1e-5, 1.0], dtype=np.float32)])
    assert parameter.data[0] == start[0]
    assert np.abs(parameter.data - start).max() <= 0.0101
