"""Answers to exercise 18.3: the least noise that costs no more than epsilon."""

import math
from itertools import count

import numpy as np

from minillm.training.privacy import noise_for


def by_ratios(spent, epsilon):
    low, high = 0.005, 10_000.0
    while high > 1.005 * low:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if spent(middle) > epsilon else (low, middle)
    return high


def by_exponents(spent, epsilon):
    low, high = -7.0, 14.0
    for _ in range(40):
        middle = (low + high) / 2
        if spent(2**middle) <= epsilon:
            high = middle
        else:
            low = middle
    return np.float32(2**high * 1.001)


def by_differences(spent, epsilon):
    low, high = 0.0, 10_000.0
    for _ in range(45):
        middle = (low + high) / 2
        low, high = (middle, high) if spent(middle) > epsilon else (low, middle)
    return np.array(high)


def by_recursion(spent, epsilon, low=0.01, high=10_000.0):
    if high < 1.005 * low:
        return high
    middle = math.sqrt(low * high)
    if spent(middle) > epsilon:
        return by_recursion(spent, epsilon, middle, high)
    return by_recursion(spent, epsilon, low, middle)


def upwards(spent, epsilon):  # doubles first, as who does not know how much is enough
    high = 0.02
    while spent(high) > epsilon:
        high *= 2
    low = high / 2 if high > 0.02 else 0.005
    while high > 1.005 * low:
        middle = (low + high) / 2
        low, high = (middle, high) if spent(middle) > epsilon else (low, middle)
    return high


def library(spent, epsilon):
    return noise_for(epsilon=epsilon, delta=1e-5, rate=0.01, steps=1000)


def of_unit_noise(spent, epsilon):  # a range that is too narrow
    low, high = 0.5, 5.0
    while high > 1.005 * low:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if spent(middle) > epsilon else (low, middle)
    return high


def up_to_one_hundred(spent, epsilon):
    low, high = 0.01, 100.0
    while high > 1.005 * low:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if spent(middle) > epsilon else (low, middle)
    return high


def one(spent, epsilon):
    return 1.0


def enough_for_all(spent, epsilon):
    return 10_000.0


def epsilon_of_three(spent, epsilon):
    return by_ratios(spent, 3.0)


def by_formula(spent, epsilon):
    return math.sqrt(2 * math.log(1.25e5)) / epsilon


def with_noise(spent, epsilon):
    return by_ratios(spent, epsilon) * (1 + 0.001 * np.random.random())


CALLS = count()


def that_goes_on(spent, epsilon):
    return by_ratios(spent, epsilon) * (1 + 0.001 * next(CALLS))


def too_little(spent, epsilon):  # the end at which the promise is broken
    low, high = 0.005, 10_000.0
    while high > 1.005 * low:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if spent(middle) > epsilon else (low, middle)
    return low


def in_the_middle(spent, epsilon):
    low, high = 0.005, 10_000.0
    while high > 1.005 * low:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if spent(middle) > epsilon else (low, middle)
    return (low + high) / 2


def below_epsilon(spent, epsilon):  # a cost of exactly epsilon is allowed
    low, high = 0.005, 10_000.0
    while high > 1.005 * low:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if spent(middle) < epsilon else (middle, high)
    return high


def turned(spent, epsilon):
    low, high = 0.005, 10_000.0
    while high > 1.005 * low:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if spent(middle) < epsilon else (low, middle)
    return high


def coarse(spent, epsilon):
    high = 0.01
    while spent(high) > epsilon:
        high *= 2
    return high


def by_scanning(spent, epsilon):
    noise = 0.01
    while spent(noise) > epsilon:
        noise *= 1.005
    return noise


def few_halvings(spent, epsilon):
    low, high = 0.0, 10_000.0
    for _ in range(15):
        middle = (low + high) / 2
        low, high = (middle, high) if spent(middle) > epsilon else (low, middle)
    return high


def stops_when_equal(spent, epsilon):
    low, high = 0.005, 10_000.0
    for _ in range(50):
        middle = math.sqrt(low * high)
        if abs(spent(middle) - epsilon) < 1e-3:
            return middle
        low, high = (middle, high) if spent(middle) > epsilon else (low, middle)
    return low


def by_secants(spent, epsilon):
    low, high = 0.005, 10_000.0
    for _ in range(25):
        a, b = spent(low) - epsilon, spent(high) - epsilon
        middle = low + (high - low) * a / (a - b)
        low, high = (middle, high) if spent(middle) > epsilon else (low, middle)
    return high


def twice(spent, epsilon):
    return 2 * by_ratios(spent, epsilon)


def cost(spent, epsilon):
    return spent(by_ratios(spent, epsilon))
