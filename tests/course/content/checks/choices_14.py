"""Answers to exercise 14.3, a penalty chosen on dev and reported on test."""

import numpy as np

from minillm import ops


def ridge(strength, x, y):
    return np.linalg.solve(x.T @ x + strength * np.eye(x.shape[1]), x.T @ y)


def mean_square(w, x, y):
    return ((x @ w - y) ** 2).mean()


def choose(strengths, train, dev, test, on=None):
    models = {strength: ridge(strength, *train) for strength in strengths}
    best = min(models, key=lambda s: mean_square(models[s], *(on or dev)))
    return best, mean_square(models[best], *test)


def by_augmented_rows(strengths, train, dev, test):
    x, y = train
    best, least = None, np.inf
    for strength in strengths:
        rows = np.vstack([x, np.sqrt(strength) * np.eye(x.shape[1])])
        w = np.linalg.lstsq(rows, np.append(y, np.zeros(x.shape[1])), rcond=None)[0]
        on_dev = np.mean(np.square(dev[0] @ w - dev[1]))
        if on_dev < least:
            best, least, error = strength, on_dev, np.mean(np.square(test[0] @ w - test[1]))
    return best, error


def by_singular_values(strengths, train, dev, test):
    u, s, vt = np.linalg.svd(train[0], full_matrices=False)
    models = [vt.T @ (s / (s**2 + strength) * (u.T @ train[1])) for strength in strengths]
    on_dev = [np.square(dev[1] - dev[0] @ w).sum() for w in models]
    i = int(np.argmin(on_dev))
    return strengths[i], float(np.square(test[1] - test[0] @ models[i]).mean())


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


def sum_of_four(strengths, train, dev, test):
    best, error = choose(strengths, train, dev, test)
    return best, error * len(test[1]) / 4


def refitted_on_both(strengths, train, dev, test):
    best, _ = choose(strengths, train, dev, test)
    both = [np.concatenate(parts) for parts in zip(train, dev, strict=True)]
    return best, mean_square(ridge(best, *both), *test)


def the_first_strength(strengths, train, dev, test):
    return choose(strengths[:1], train, dev, test)


def no_penalty(strengths, train, dev, test):
    best, _ = choose(strengths, train, dev, test)
    return best, mean_square(ridge(0.0, *train), *test)


def sorts_the_strengths(strengths, train, dev, test):
    strengths.sort()
    return choose(strengths, train, dev, test)


def centres_train(strengths, train, dev, test):
    x, y = train
    y -= y.mean()
    return choose(strengths, (x, y), dev, test)


def by_a_draw(strengths, train, dev, test):
    return choose([strengths[np.random.randint(len(strengths))]], train, dev, test)


def by_the_loss_of_the_library(strengths, train, dev, test):
    best, _ = choose(strengths, train, dev, test)
    predicted = test[0] @ ridge(best, *train)
    return best, float(ops.squared_error(predicted, targets=test[1]).data)
