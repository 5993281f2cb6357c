"""Answers to lesson 16b's exercises: right ones, wrong ones, and such as are half written."""

from tests.course.content.checks import discriminations_16b as apart
from tests.course.content.checks import worths_16b as worths
from tests.course.content.checks import writers_16b as writers

RIGHT = [
    ("16b.1", "masks", apart.by_masks),
    ("16b.1", "counts", apart.by_counts),
    ("16b.1", "loops", apart.by_loops),
    ("16b.2", "log odds", writers.by_log_odds),
    ("16b.2", "step by step", writers.step_by_step),
    ("16b.2", "counts", writers.by_counts),
    ("16b.3", "thresholds", worths.by_thresholds),
    ("16b.3", "sorting", worths.by_sorting),
    ("16b.3", "counts", worths.by_counts),
]
WRONG = [
    ("16b.1", "hard-coded size", apart.of_two_spellings),
    ("16b.1", "hard-coded constant", apart.always_nothing),
    ("16b.1", "ignores an argument", apart.without_spelling),
    ("16b.1", "ignores an argument", apart.refusals_alone),
    ("16b.1", "changes its input", apart.in_place),
    ("16b.1", "global state", apart.with_noise),
    ("16b.1", "depends on calls", apart.that_goes_on),
    ("16b.1", "0 for what is absent", apart.nothing_where_absent),
    ("16b.1", "None for what is absent", apart.none_where_absent),
    ("16b.1", "what is absent is not refused", apart.absent_as_none),
    ("16b.1", "the other way", apart.the_other_way),
    ("16b.1", "of all requests", apart.of_all_requests),
    ("16b.1", "accuracy", apart.accuracy),
    ("16b.2", "small numbers only", writers.by_products),
    ("16b.2", "small numbers only", writers.by_odds),
    ("16b.2", "small numbers only", writers.by_odds_inside),
    ("16b.2", "hard-coded size", writers.of_ten_answers),
    ("16b.2", "hard-coded constant", writers.with_even_prior),
    ("16b.2", "ignores an argument", writers.without_prior),
    ("16b.2", "changes its input", writers.in_place),
    ("16b.2", "one dtype only", writers.in_half_precision),
    ("16b.2", "global state", writers.with_noise),
    ("16b.2", "depends on calls", writers.that_goes_on),
    ("16b.2", "good answers say nothing", writers.bad_answers_alone),
    ("16b.2", "the last alone", writers.the_last_alone),
    ("16b.2", "the good writer", writers.good_writer),
    ("16b.2", "before each", writers.before_each),
    ("16b.2", "at the end", writers.at_the_end),
    ("16b.3", "hard-coded size", worths.of_eight),
    ("16b.3", "hard-coded constant", worths.at_a_tenth),
    ("16b.3", "ignores an argument", worths.without_confidence),
    ("16b.3", "changes its input", worths.in_place),
    ("16b.3", "global state", worths.with_noise),
    ("16b.3", "depends on calls", worths.that_goes_on),
    ("16b.3", "ties apart", worths.ties_apart),
    ("16b.3", "stops too early", worths.the_first_that_fails),
    ("16b.3", "strictly below", worths.strictly_below),
    ("16b.3", "of all questions", worths.of_all_questions),
    ("16b.3", "of all questions", worths.sums_over_all),
    ("16b.3", "the least sure", worths.the_least_sure),
    ("16b.3", "confidence as risk", worths.confidence_as_risk),
    ("16b.3", "another share", worths.right_share),
]
HALF = [
    ("16b.1", (lambda refused, forbidden, spelling, n: ...,)),
    ("16b.2", (lambda prior, good, bad, answers: ...,)),
    ("16b.3", (lambda confidence, right, risk: ...,)),
]
MESSAGES = {
    ("16b.1", apart.nothing_where_absent): ("nan where a spelling lacks a kind", "区分度"),
    ("16b.1", apart.none_where_absent): ("None stands for a number", "有 None"),
    ("16b.2", writers.by_products): ("thousands of answers", "几千个回答", "the first that is off"),
    ("16b.2", writers.by_odds): ("all bad, or all good", "全是坏的", "nan, not 1.0"),
    ("16b.3", worths.of_all_questions): ("among the answers that are given", "给出的回答"),
    ("16b.3", worths.ties_apart): ("equally sure", "同样确信"),
}
