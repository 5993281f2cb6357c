"""Answers to lesson 14's exercises: right ones, wrong ones, and such as are half written."""

from tests.course.content.checks import choices_14 as choices
from tests.course.content.checks import dropouts_14 as dropouts
from tests.course.content.checks import steps_14 as steps

RIGHT = [
    *(
        ("14.1", f.__name__, f)
        for f in (dropouts.dropout, dropouts.by_choice, dropouts.unit_by_unit, dropouts.by_binomial)
    ),
    ("14.2", "one formula", (steps.adam_step, steps.parting)),
    ("14.2", "without its own means", (steps.lean_step, steps.parts_at)),
    ("14.2", "in two branches", (steps.in_two_branches, steps.parts_at)),
    *(
        ("14.3", f.__name__, f)
        for f in (choices.choose, choices.by_augmented_rows, choices.by_singular_values)
    ),
]
WRONG = [
    ("14.1", "library call", dropouts.by_the_op),
    ("14.1", "library call", dropouts.by_the_layer),
    ("14.1", "hard-coded size", dropouts.two_axes),
    ("14.1", "hard-coded constant", dropouts.half),
    ("14.1", "changes its input", dropouts.in_place_dropout),
    ("14.1", "ignores an argument", dropouts.always),
    ("14.1", "ignores an argument", dropouts.same_noise_every_time),
    ("14.1", "depends on calls", dropouts.of_its_own_seed),
    ("14.1", "depends on calls", dropouts.no_seed),
    ("14.1", "global state", dropouts.global_noise),
    ("14.1", "cheat: a fixed number", dropouts.exactly_that_many),
    ("14.1", "cheat: a fixed number", dropouts.spread_evenly),
    *(
        ("14.1", "wrong scale", f)
        for f in (dropouts.plain, dropouts.scaled_at_evaluation, dropouts.one_over_rate)
    ),
    *(("14.1", "wrong scale", f) for f in (dropouts.mask_not_scaled, dropouts.by_the_share_kept)),
    *(("14.1", "wrong share", f) for f in (dropouts.keeps_with_the_rate, dropouts.never)),
    *(("14.1", "units share draws", f) for f in (dropouts.whole_columns, dropouts.whole_rows)),
    ("14.2", "library call", (steps.by_the_optimiser, steps.parting)),
    ("14.2", "hard-coded size", (steps.one_weight, steps.parting)),
    ("14.2", "hard-coded constant", (steps.own_rate, steps.parting)),
    ("14.2", "changes its input", (steps.in_place, steps.parting)),
    ("14.2", "changes its input", (steps.adam_step, steps.eats_its_gradients)),
    *(
        ("14.2", "ignores an argument", (f, steps.parting))
        for f in (steps.always_penalty, steps.always_decay)
    ),
    ("14.2", "ignores an argument", (steps.adam_step, steps.by_the_start)),
    ("14.2", "depends on calls", (steps.counts_itself, steps.parting)),
    *(
        ("14.2", "decay misplaced", (f, steps.parting))
        for f in (steps.both_at_once, steps.decay_without_lr)
    ),
    ("14.2", "decay misplaced", (steps.decay_after_the_step, steps.parting)),
    *(
        ("14.2", "moments", (f, steps.parting))
        for f in (steps.no_bias_correction, steps.corrected_moments_kept)
    ),
    *(
        ("14.2", "moments", (f, steps.parting))
        for f in (steps.epsilon_in_the_root, steps.betas_exchanged)
    ),
    *(
        ("14.2", "wrong count", (steps.adam_step, f))
        for f in (steps.always_the_first, steps.counted_from_zero)
    ),
    *(
        ("14.2", "wrong count", (steps.adam_step, f))
        for f in (steps.never_parts, steps.the_last_step)
    ),
    *(
        ("14.2", "tolerance", (steps.adam_step, f))
        for f in (steps.at_any_difference, steps.at_a_large_difference)
    ),
    ("14.2", "cheat: a rule of thumb", (steps.adam_step, steps.by_a_rule_of_thumb)),
    ("14.2", "wrong sign", (steps.adam_step, steps.decoupled_first)),
    *(
        ("14.2", "moments", (steps.adam_step, f))
        for f in (steps.at_step_one_always, steps.without_memory)
    ),
    ("14.3", "library call", choices.by_the_loss_of_the_library),
    ("14.3", "hard-coded size", choices.sum_of_four),
    ("14.3", "hard-coded constant", choices.no_penalty),
    ("14.3", "changes its input", choices.sorts_the_strengths),
    ("14.3", "changes its input", choices.centres_train),
    ("14.3", "ignores an argument", choices.the_first_strength),
    ("14.3", "global state", choices.by_a_draw),
    *(
        ("14.3", "wrong choice", f)
        for f in (choices.by_training_error, choices.by_test_error, choices.by_dev_and_test)
    ),
    *(
        ("14.3", "wrong choice", f)
        for f in (choices.worst, choices.penalty_on_dev, choices.scaled_penalty)
    ),
    *(("14.3", "wrong fit", f) for f in (choices.fitted_on_dev, choices.refitted_on_both)),
    *(
        ("14.3", "wrong report", f)
        for f in (choices.reports_dev, choices.reports_train, choices.half_the_error)
    ),
]
HALF = [
    ("14.1", (lambda x, rate, rng, training: ...,)),
    ("14.1", (lambda x, rate, rng, training: (..., ...),)),
    ("14.2", (lambda w, g, m, v, t, **settings: ..., steps.parting)),
    ("14.2", (steps.adam_step, lambda w, gradients: ...)),
    ("14.3", (lambda strengths, train, dev, test: ...,)),
]
MESSAGES = {
    ("14.1", dropouts.plain): (
        "the mean is preserved",
        "rate=0.1",
        "the mean of y is 0.8",
        "均值",
    ),
    ("14.1", dropouts.always): ("at evaluation", "评估时", "training=False", "keep：[1.111111]"),
    ("14.1", dropouts.exactly_that_many): ("drop 10, 10, 10", "分别丢弃 10, 10, 10"),
    ("14.1", dropouts.same_noise_every_time): ("the same mask twice", "掩码却完全相同"),
    ("14.1", dropouts.by_the_op): ("it calls ops.dropout", "自己写出来"),
    ("14.2", (steps.always_decay, steps.parting)): (
        "adam_step(w=np.array([0.1]), g=np.array([0.0])",
        "after step 1 w is [0.099], needed is [1e-07]",
    ),
    ("14.2", (steps.adam_step, steps.counted_from_zero)): (
        "parting(w=1.0, gradients=[0.0])",
        "it says step 0, needed is 1",
        "应为 1",
    ),
    ("14.2", (steps.adam_step, steps.at_any_difference)): (
        "parting(w=1e-08, gradients=[1.0])",
        "it says step 1, needed is 0",
    ),
    ("14.2", (steps.adam_step, steps.without_memory)): ("the difference after the last step is",),
    ("14.3", choices.by_training_error): (
        "smallest error on dev",
        "strengths=[0.01, 0.1]",
        "whose error on dev is",
    ),
    ("14.3", choices.by_test_error): (
        "does not depend on the test data",
        "with the other sign of all y of test it chose",
    ),
}
