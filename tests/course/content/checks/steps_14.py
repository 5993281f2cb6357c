"""Answers to exercise 14.2, steps of Adam and where two forms part."""

import numpy as np

from minillm import Parameter, optim


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
    gaps = np.subtract(*both)
    apart = np.abs(gaps) > 1e-9
    return int(apart.argmax()) + 1 if apart.any() else 0, gaps[-1]


def lean_step(w, g, m, v, t, *, lr, strength, decoupled):
    decay = lr * strength if decoupled else 0.0
    seen = g + (0.0 if decoupled else strength) * w
    m = m + (seen - m) / 10
    v = v + (np.square(seen) - v) / 1000
    size = np.sqrt(v) / np.sqrt(1 - 0.999**t) + 1e-8
    return (1 - decay) * w - lr / (1 - 0.9**t) * m / size, m, v


def parts_at(w, gradients):
    l2 = w, 0.0, 0.0
    adamw = w, 0.0, 0.0
    first = 0
    for i in range(len(gradients)):
        g, t = gradients[i], i + 1
        l2 = lean_step(l2[0], g, *l2[1:], t, lr=0.1, strength=0.1, decoupled=False)
        adamw = lean_step(adamw[0], g, *adamw[1:], t, lr=0.1, strength=0.1, decoupled=True)
        if not first and not abs(l2[0] - adamw[0]) <= 1e-9:
            first = t
    return first, l2[0] - adamw[0]


def in_two_branches(w, g, m, v, t, *, lr, strength, decoupled):
    b1, b2, eps = 0.9, 0.999, 1e-8
    if decoupled:
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
        return w - lr * (m / (1 - b1**t) / ((v / (1 - b2**t)) ** 0.5 + eps) + strength * w), m, v
    g = g + strength * w
    m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
    return w - lr * (m / (1 - b1**t) / ((v / (1 - b2**t)) ** 0.5 + eps)), m, v


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


def own_rate(w, g, m, v, t, *, lr, strength, decoupled):
    return adam_step(w, g, m, v, t, lr=0.1, strength=strength, decoupled=decoupled)


def in_place(w, g, m, v, t, *, lr, strength, decoupled):
    g = g if decoupled else g + strength * w
    m *= 0.9
    m += 0.1 * g
    v *= 0.999
    v += 0.001 * g * g
    step = (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return w - lr * (step + strength * w if decoupled else step), m, v


def one_weight(w, g, m, v, t, **settings):
    w, m, v = adam_step(float(w[0]), float(g[0]), float(m[0]), float(v[0]), t, **settings)
    return np.array([w]), np.array([m]), np.array([v])


STEPS = []


def counts_itself(w, g, m, v, t, **settings):
    STEPS.append(t)
    return adam_step(w, g, m, v, len(STEPS), **settings)


def epsilon_in_the_root(w, g, m, v, t, *, lr, strength, decoupled):
    g = g if decoupled else g + strength * w
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    step = (m / (1 - 0.9**t)) / np.sqrt(v / (1 - 0.999**t) + 1e-8)
    return w - lr * (step + strength * w if decoupled else step), m, v


def betas_exchanged(w, g, m, v, t, *, lr, strength, decoupled):
    g = g if decoupled else g + strength * w
    m, v = 0.999 * m + 0.001 * g, 0.9 * v + 0.1 * g * g
    step = (m / (1 - 0.999**t)) / (np.sqrt(v / (1 - 0.9**t)) + 1e-8)
    return w - lr * (step + strength * w if decoupled else step), m, v


def by_the_optimiser(w, g, m, v, t, *, lr, strength, decoupled):
    _, m, v = adam_step(w, g, m, v, t, lr=lr, strength=strength, decoupled=decoupled)
    p = Parameter(w)
    optimizer = optim.AdamW([p], lr=lr, weight_decay=strength if decoupled else 0.0)
    optimizer.step([g if decoupled else g + strength * w])
    return p.data, m, v


def always_the_first(w, gradients):
    return 1, parting(w, gradients)[1]


def counted_from_zero(w, gradients):
    first, gap = parting(w, gradients)
    return max(first - 1, 0), gap


def never_parts(w, gradients):
    return 0, parting(w, gradients)[1]


def the_last_step(w, gradients):
    return len(gradients), parting(w, gradients)[1]


def by_the_start(w, gradients):  # never looks at the gradients
    return 1 if w else 2, parting(w, gradients)[1]


def eats_its_gradients(w, gradients):
    found = parting(w, gradients)
    gradients.clear()
    return found


def at_any_difference(w, gradients, tolerance=0.0):
    l2, adamw, first = (w, 0.0, 0.0), (w, 0.0, 0.0), 0
    for t, g in enumerate(gradients, start=1):
        l2 = adam_step(l2[0], g, *l2[1:], t, lr=0.1, strength=0.1, decoupled=False)
        adamw = adam_step(adamw[0], g, *adamw[1:], t, lr=0.1, strength=0.1, decoupled=True)
        if not first and abs(l2[0] - adamw[0]) > tolerance:
            first = t
    return first, l2[0] - adamw[0]


def at_a_large_difference(w, gradients):
    return at_any_difference(w, gradients, tolerance=1e-4)


def by_a_rule_of_thumb(w, gradients):  # never calls adam_step
    moving = [t for t, g in enumerate(gradients, start=1) if g]
    first = 1 if abs(w) > 1e-7 or (w and not gradients[0]) else moving[0] + 1 if moving else 0
    first = first if first <= len(gradients) else 0
    return first, 0.01 * w


def at_step_one_always(w, gradients):
    return parting(w, gradients, lambda w, g, m, v, t, **how: adam_step(w, g, m, v, 1, **how))


def without_memory(w, gradients):
    return parting(w, gradients, lambda w, g, m, v, t, **how: adam_step(w, g, 0.0, 0.0, t, **how))


def decoupled_first(w, gradients):
    first, gap = parting(w, gradients)
    return first, -gap
