"""Answers to case study c3's exercises: right ones, wrong ones, and such as are half written."""

from tests.course.content.checks import asked_c3 as asked
from tests.course.content.checks import verdicts_c3 as verdicts
from tests.course.content.checks import worst_c3 as worst

RIGHT = [
    ("c3.1", "a loop", worst.by_a_loop),
    ("c3.1", "a dictionary", worst.by_a_dictionary),
    ("c3.1", "counts", worst.by_counts),
    ("c3.2", "argmax", asked.by_argmax),
    ("c3.2", "sorted", asked.by_sorting),
    ("c3.2", "loops", asked.by_loops),
    ("c3.3", "one by one", verdicts.one_by_one),
    ("c3.3", "both ends", verdicts.by_both_ends),
    ("c3.3", "by hand", verdicts.by_hand),
]
WRONG = [
    ("c3.1", "hard-coded size", worst.of_two_kinds),
    ("c3.1", "hard-coded constant", worst.from_one_down),
    ("c3.1", "ignores an argument", worst.without_tags),
    ("c3.1", "changes its input", worst.in_place),
    ("c3.1", "global state", worst.by_tossing),
    ("c3.1", "depends on calls", worst.of_all_so_far),
    ("c3.1", "one dtype only", worst.of_booleans),
    ("c3.1", "the mean", worst.the_mean),
    ("c3.1", "empty groups count", worst.empty_is_zero),
    ("c3.1", "not a number", worst.empty_is_nan),
    ("c3.1", "most errors", worst.most_errors),
    ("c3.1", "the smallest group", worst.the_smallest),
    ("c3.1", "turned round", worst.turned_round),
    ("c3.1", "of equals the largest", worst.last_of_equals),
    ("c3.1", "the accuracy alone", worst.accuracy_alone),
    ("c3.2", "hard-coded size", asked.of_two_labels),
    ("c3.2", "hard-coded constant", asked.of_a_hundred),
    ("c3.2", "one dtype only", asked.in_bytes),
    ("c3.2", "changes its input", asked.in_place),
    ("c3.2", "global state", asked.by_tossing),
    ("c3.2", "depends on calls", asked.of_all_so_far),
    ("c3.2", "the tag alone", asked.by_the_tag),
    ("c3.2", "the word alone", asked.by_the_word),
    ("c3.2", "of equals the largest", asked.last_of_equals),
    ("c3.2", "pairs count alike", asked.mean_of_pairs),
    ("c3.2", "a count", asked.a_count),
    ("c3.2", "the rarest", asked.the_rarest),
    ("c3.2", "the rule alone", asked.the_rule_alone),
    ("c3.3", "hard-coded size", verdicts.of_two_seeds),
    ("c3.3", "hard-coded constant", verdicts.with_t_two),
    ("c3.3", "ignores an argument", verdicts.without_least),
    ("c3.3", "ignores an argument", verdicts.without_base),
    ("c3.3", "changes its input", verdicts.in_place),
    ("c3.3", "depends on calls", verdicts.that_counts),
    ("c3.3", "by the mean", verdicts.by_the_mean),
    ("c3.3", "by the interval alone", verdicts.by_the_interval),
    ("c3.3", "ups only", verdicts.ups_only),
    ("c3.3", "no undecided", verdicts.without_undecided),
    ("c3.3", "not significant is near", verdicts.not_found_is_near),
    ("c3.3", "spread of the seeds", verdicts.without_root),
    ("c3.3", "divided by n", verdicts.divided_by_n),
    ("c3.3", "not paired", verdicts.not_paired),
    ("c3.3", "a list", verdicts.as_a_list),
]
HALF = [
    ("c3.1", (lambda labels, tags, right: (..., ..., ...),)),
    ("c3.2", (lambda counts: (..., ...),)),
    ("c3.3", (lambda base, changed, least, t: ...,)),
]
MESSAGES = {
    ("c3.1", worst.turned_round): ("it names label", "标记"),
    ("c3.2", asked.mean_of_pairs): ("the share", "全部评论"),
    ("c3.3", verdicts.not_found_is_near): ("not undecided", "判为"),
}
