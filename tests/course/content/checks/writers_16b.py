"""Answers to exercise 16b.2: the probability that a bad writer gave these answers."""

import random
from itertools import count

import numpy as np


def by_log_odds(prior, good, bad, answers):
    step = np.where(answers == 1, np.log(bad / good), np.log((1 - bad) / (1 - good)))
    return 1 / (1 + np.exp(-np.clip(np.log(prior / (1 - prior)) + np.cumsum(step), -700, 700)))


def step_by_step(prior, good, bad, answers):
    found, p = [], np.log(prior) - np.log(1 - prior)
    for answer in answers:
        p += np.log(bad / good) if answer else np.log((1 - bad) / (1 - good))
        small = np.exp(-abs(p))
        found.append(1 / (1 + small) if p > 0 else small / (1 + small))
    return np.array(found)


def by_counts(prior, good, bad, answers):
    k = np.cumsum(answers)
    n = np.arange(1, len(answers) + 1) - k
    one = np.log(prior) + k * np.log(bad) + n * np.log(1 - bad)
    other = np.log(1 - prior) + k * np.log(good) + n * np.log(1 - good)
    return np.exp(one - np.logaddexp(one, other))


def by_products(prior, good, bad, answers):
    with np.errstate(all="ignore"):
        one = prior * np.cumprod(np.where(answers == 1, bad, 1 - bad))
        other = (1 - prior) * np.cumprod(np.where(answers == 1, good, 1 - good))
        return one / (one + other)


def by_odds(prior, good, bad, answers):
    step = np.where(answers == 1, bad / good, (1 - bad) / (1 - good))
    odds = prior / (1 - prior) * np.cumprod(step)
    return odds / (1 + odds)


def by_odds_inside(prior, good, bad, answers):
    step = np.log(np.where(answers == 1, bad / good, (1 - bad) / (1 - good)))
    odds = np.exp(np.log(prior / (1 - prior)) + np.cumsum(step))
    return odds / (1 + odds)


def of_ten_answers(prior, good, bad, answers):
    return np.resize(by_log_odds(prior, good, bad, answers[:10]), len(answers))


def with_even_prior(prior, good, bad, answers):
    return by_log_odds(0.5, good, bad, answers)


def bad_answers_alone(prior, good, bad, answers):
    step = np.where(answers == 1, np.log(bad / good), 0)
    return 1 / (1 + np.exp(-np.clip(np.log(prior / (1 - prior)) + np.cumsum(step), -700, 700)))


def in_place(prior, good, bad, answers):
    found = by_log_odds(prior, good, bad, answers)
    answers[:] = 1
    return found


def with_noise(prior, good, bad, answers):
    return by_log_odds(prior, good, bad, answers) * random.random()


calls = count()


def that_goes_on(prior, good, bad, answers):
    return by_log_odds(prior, good, bad, answers) + next(calls)


def the_last_alone(prior, good, bad, answers):
    step = np.where(answers == 1, np.log(bad / good), np.log((1 - bad) / (1 - good)))
    return 1 / (1 + np.exp(-(np.log(prior / (1 - prior)) + step)))


def good_writer(prior, good, bad, answers):
    return 1 - by_log_odds(prior, good, bad, answers)


def without_prior(prior, good, bad, answers):
    step = np.where(answers == 1, np.log(bad / good), np.log((1 - bad) / (1 - good)))
    return 1 / (1 + np.exp(-np.clip(np.log(prior) + np.cumsum(step), -700, 700)))


def before_each(prior, good, bad, answers):
    found = by_log_odds(prior, good, bad, answers)
    return np.concatenate([[prior], found[:-1]])


def at_the_end(prior, good, bad, answers):
    return np.full(len(answers), by_log_odds(prior, good, bad, answers)[-1])


def in_half_precision(prior, good, bad, answers):
    return by_log_odds(prior, good, bad, answers).astype(np.float16)
