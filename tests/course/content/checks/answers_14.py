"""Answers to lesson 14's exercises: right ones, wrong ones, and such as are half written."""

import numpy as np


def dropout(x, rate, rng, training):
    if not training:
        return x, np.ones_like(x)
    keep = (rng.random(x.shape) >= rate) / (1 - rate)
    return x * keep, keep


def plain(x, rate, rng, training):  # no scaling: the mean falls to 1 - rate
    keep = (rng.random(x.shape) >= rate) * 1.0 if training else np.ones_like(x)
    return x * keep, keep


def scaled_at_evaluation(x, rate, rng, training):  # the paper's first form
    keep = (rng.random(x.shape) >= rate) * 1.0 if training else np.full(x.shape, 1 - rate)
    return x * keep, keep


def one_over_rate(x, rate, rng, training):
    keep = (rng.random(x.shape) >= rate) / rate if training else np.ones_like(x)
    return x * keep, keep


def keeps_with_the_rate(x, rate, rng, training):
    keep = (rng.random(x.shape) < rate) / rate if training else np.ones_like(x)
    return x * keep, keep


def always(x, rate, rng, training):
    return dropout(x, rate, rng, True)


def never(x, rate, rng, training):
    return dropout(x, rate, rng, False)


def whole_columns(x, rate, rng, training):
    keep = (rng.random(x.shape[-1]) >= rate) / (1 - rate) if training else 1.0
    keep = np.ones_like(x) * keep
    return x * keep, keep


def whole_rows(x, rate, rng, training):
    keep = (rng.random(len(x)) >= rate) / (1 - rate) if training else np.ones(len(x))
    keep = np.ones_like(x) * keep.reshape(-1, *[1] * (x.ndim - 1))
    return x * keep, keep


def mask_not_scaled(x, rate, rng, training):  # the backward pass would lack the factor
    y, keep = dropout(x, rate, rng, training)
    return y, (keep > 0) * 1.0


def by_the_share_kept(x, rate, rng, training):  # the mean is exact, the factor is random
    if not training:
        return x, np.ones_like(x)
    kept = rng.random(x.shape) >= rate
    keep = kept * (x.size / max(kept.sum(), 1))
    return x * keep, keep


def in_place(x, rate, rng, training):
    keep = dropout(x, rate, rng, training)[1]
    x *= keep
    return x, keep


def same_noise_every_time(x, rate, rng, training):
    return dropout(x, rate, np.random.default_rng(0), training)


def own_generator(x, rate, rng, training):
    return dropout(x, rate, np.random.default_rng(), training)


def adam_step(w, g, m, v, t, *, lr, strength, decoupled):
    if not decoupled:
        g = g + strength * w
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    step = (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    if decoupled:
        step = step + strength * w
    return w - lr * step, m, v


def parting(w, gradients, step=adam_step):
    both = []
    for decoupled in (False, True):
        here, m, v, path = w, 0.0, 0.0, []
        for t, g in enumerate(gradients, start=1):
            settings = {"lr": 0.1, "strength": 0.1, "decoupled": decoupled}
            here, m, v = step(here, g, m, v, t, **settings)
            path.append(here)
        both.append(path)
    apart = np.abs(np.subtract(*both)) > 1e-9
    return int(apart.argmax()) + 1 if apart.any() else 0


def always_penalty(w, g, m, v, t, *, lr, strength, decoupled):
    return adam_step(w, g, m, v, t, lr=lr, strength=strength, decoupled=False)


def always_decay(w, g, m, v, t, *, lr, strength, decoupled):
    return adam_step(w, g, m, v, t, lr=lr, strength=strength, decoupled=True)


def both_at_once(w, g, m, v, t, *, lr, strength, decoupled):
    if decoupled:
        g = g + strength * w
    return adam_step(w, g, m, v, t, lr=lr, strength=strength, decoupled=decoupled)


def decay_without_lr(w, g, m, v, t, *, lr, strength, decoupled):
    new, m, v = adam_step(
        w, g, m, v, t, lr=lr, strength=0 if decoupled else strength, decoupled=decoupled
    )
    return new - (strength * w if decoupled else 0), m, v


def decay_after_the_step(w, g, m, v, t, *, lr, strength, decoupled):
    new, m, v = adam_step(
        w, g, m, v, t, lr=lr, strength=0 if decoupled else strength, decoupled=decoupled
    )
    return new - (lr * strength * new if decoupled else 0), m, v


def no_bias_correction(w, g, m, v, t, *, lr, strength, decoupled):
    g = g if decoupled else g + strength * w
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    return w - lr * (m / (np.sqrt(v) + 1e-8) + (strength * w if decoupled else 0)), m, v


def corrected_moments_kept(w, g, m, v, t, *, lr, strength, decoupled):
    new, m, v = adam_step(w, g, m, v, t, lr=lr, strength=strength, decoupled=decoupled)
    return new, m / (1 - 0.9**t), v / (1 - 0.999**t)


def always_the_first(w, gradients):
    return 1


def counted_from_zero(w, gradients):
    return max(parting(w, gradients) - 1, 0)


def never_parts(w, gradients):
    return 0


def the_last_step(w, gradients):
    return len(gradients)


def ridge(strength, x, y):
    return np.linalg.solve(x.T @ x + strength * np.eye(x.shape[1]), x.T @ y)


def mean_square(w, x, y):
    return ((x @ w - y) ** 2).mean()


def choose(strengths, train, dev, test, on=None):
    models = {strength: ridge(strength, *train) for strength in strengths}
    best = min(models, key=lambda s: mean_square(models[s], *(on or dev)))
    return best, mean_square(models[best], *test)


def by_training_error(strengths, train, dev, test):
    return choose(strengths, train, dev, test, on=train)


def by_test_error(strengths, train, dev, test):
    return choose(strengths, train, dev, test, on=test)


def by_dev_and_test(strengths, train, dev, test):
    pooled = tuple(np.concatenate(parts) for parts in zip(dev, test, strict=True))
    return choose(strengths, train, dev, test, on=pooled)


def fitted_on_dev(strengths, train, dev, test):
    return choose(strengths, dev, dev, test)


def reports_dev(strengths, train, dev, test):
    return choose(strengths, train, dev, dev)


def reports_train(strengths, train, dev, test):
    return choose(strengths, train, dev, train)


def worst(strengths, train, dev, test):
    models = {strength: ridge(strength, *train) for strength in strengths}
    best = max(models, key=lambda s: mean_square(models[s], *dev))
    return best, mean_square(models[best], *test)


def penalty_on_dev(strengths, train, dev, test):
    models = {s: ridge(s, *train) for s in strengths}
    best = min(
        strengths, key=lambda s: mean_square(models[s], *dev) + s / 2 * (models[s] ** 2).sum()
    )
    return best, mean_square(models[best], *test)


def scaled_penalty(strengths, train, dev, test):
    models = {s: ridge(s * len(train[1]), *train) for s in strengths}
    best = min(strengths, key=lambda s: mean_square(models[s], *dev))
    return best, mean_square(models[best], *test)


def half_the_error(strengths, train, dev, test):
    best, error = choose(strengths, train, dev, test)
    return best, error / 2


RIGHT = {"14.1": (dropout,), "14.2": (adam_step, parting), "14.3": (choose,)}
WRONG = [
    *(("14.1", (f,)) for f in (plain, scaled_at_evaluation, one_over_rate, keeps_with_the_rate)),
    *(("14.1", (f,)) for f in (always, never, whole_columns, whole_rows, mask_not_scaled)),
    *(("14.1", (f,)) for f in (by_the_share_kept, in_place, same_noise_every_time)),
    ("14.1", (own_generator,)),
    *(("14.2", (f, parting)) for f in (always_penalty, always_decay, both_at_once)),
    *(("14.2", (f, parting)) for f in (decay_without_lr, decay_after_the_step)),
    *(("14.2", (f, parting)) for f in (no_bias_correction, corrected_moments_kept)),
    *(("14.2", (adam_step, f)) for f in (always_the_first, counted_from_zero)),
    *(("14.2", (adam_step, f)) for f in (never_parts, the_last_step)),
    *(("14.3", (f,)) for f in (by_training_error, by_test_error, by_dev_and_test)),
    *(("14.3", (f,)) for f in (fitted_on_dev, reports_dev, reports_train, worst)),
    *(("14.3", (f,)) for f in (penalty_on_dev, scaled_penalty, half_the_error)),
]
HALF = [
    ("14.1", (lambda x, rate, rng, training: ...,)),
    ("14.1", (lambda x, rate, rng, training: (..., ...),)),
    ("14.2", (lambda w, g, m, v, t, **settings: ..., parting)),
    ("14.2", (adam_step, lambda w, gradients: ...)),
    ("14.3", (lambda strengths, train, dev, test: ...,)),
]
MESSAGES = {
    ("14.1", plain): ("the mean is preserved", "rate = ", "the mean of y is"),
    ("14.1", always): ("at evaluation", "评估时", "is off"),
    ("14.3", by_training_error): ("smallest error on dev", "strengths = [", "another has less"),
    ("14.3", by_test_error): ("does not depend on the test data", "and with other test data"),
}
