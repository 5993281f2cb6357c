"""What must happen on bad input and faults: 92 numbered items, and the tests that see to each.

A reference is ``tests/file.py: test_name``, or ``refused by op: words``, which is a call that
the table in ``tests/ops/samples.py`` refuses with a message of these words.
"""

from typing import NamedTuple


class Item(NamedTuple):
    """One item: what must happen, which tests show it, and why something is left open."""

    expected: str
    tests: tuple[str, ...] = ()
    open: str = ""


def item(expected: str, *tests: str, open: str = "") -> Item:
    return Item(expected, tests, open)


TABLE = "tests/ops/test_generic.py"
TAPE = "tests/autograd/test_tape.py"
TENSOR = "tests/autograd/test_tensor.py"
MEMORY = "tests/autograd/test_memory.py"
RECORDING = "tests/autograd/test_recording.py"
FAULTS = "tests/autograd/test_faults.py"
IDS = "tests/backend/test_ids.py"
MODULE = "tests/nn/test_module.py"
BERT = "tests/models/test_bert.py"
LOOP = "tests/training/test_loop.py"
STOPPED = "tests/commands/test_interruption.py"

IDS_AND_BATCHES = {
    1: item(
        "an id beyond the vocabulary is an IndexError with the id, its place and the size",
        "refused by embedding: id 7 at position",
        f"{IDS}: test_an_id_outside_the_vocabulary_is_named_with_its_place",
        "tests/text/test_batching.py: test_a_frame_without_room_or_with_wrong_ids_is_refused",
    ),
    2: item("a negative id is no last row", "refused by embedding: id -1 at position"),
    3: item("float ids are a TypeError", "refused by embedding: integers, got float64"),
    4: item("a mask in the place of ids is one", "refused by embedding: integers, got bool"),
    5: item(
        "ids of one byte index a large table",
        f"{IDS}: test_small_unsigned_ids_work_in_a_vocabulary_beyond_their_range",
        "tests/ops/test_lookup.py: test_ids_of_one_byte_do_not_wrap_round_in_a_wide_table",
    ),
    6: item(
        "ragged ids are a ValueError with their lengths",
        "refused by embedding: ragged: lengths 1, 2",
        f"{IDS}: test_ragged_rows_are_refused_with_their_lengths",
    ),
    7: item("a target class that does not exist", "refused by cross_entropy: target class 5"),
    8: item(
        "target -1 is no class, unless it is the ignored one",
        "refused by cross_entropy: target class -1",
    ),
    9: item(
        "a loss without any target is 0 with zero gradients",
        "tests/ops/test_losses.py: test_with_every_target_ignored_the_loss_and_its_gradient_are_0",
    ),
    10: item("targets (N, 1) do not spread over (N,)", "refused by cross_entropy: need targets"),
    11: item(
        "a batch of no sentences flows through: loss 0, zero gradients",
        f"{FAULTS}: test_a_batch_of_no_sentences_has_loss_0_and_zero_gradients",
        "tests/text/test_batching.py: test_no_sequences_make_an_empty_batch",
    ),
    12: item(
        "a sentence of length 0 is refused by models and looks up nothing in a table",
        f"{BERT}: test_wrong_input_is_refused",
        "tests/ops/test_lookup.py: test_an_empty_list_looks_up_nothing",
    ),
    13: item(
        "a sentence longer than the table of positions is refused with both lengths",
        f"{BERT}: test_the_longest_sequence_fits_and_one_more_does_not",
        "tests/nn/test_positions.py: test_a_sequence_of_no_or_too_many_positions_is_refused",
    ),
    14: item("a segment that does not exist", f"{BERT}: test_wrong_input_is_refused"),
    15: item("mask and ids of two shapes", f"{BERT}: test_wrong_input_is_refused"),
}

ATTENTION = "tests/ops/test_attention.py"
ELEMENTARY = "tests/autograd/test_elementary.py"

MASKS_AND_NUMBERS = {
    16: item(
        "a query that may attend to nothing gives zeros, and poisons nothing",
        f"{ATTENTION}: test_a_query_that_may_attend_to_nothing_gives_zeros_and_zero_gradients",
        "tests/nn/test_attention.py: "
        "test_a_sentence_without_any_real_position_is_finite_and_poisons_nothing",
    ),
    17: item("the mean over no real position is 0", open="not built yet: no layer pools by means"),
    18: item(
        "masks are boolean; numbers are refused",
        "refused by scaled_dot_product_attention: boolean, True = may",
        "tests/nn/test_attention.py: test_wrong_masks_are_refused",
    ),
    19: item("True = may attend", f"{ATTENTION}: test_true_in_the_mask_means_may_attend"),
    20: item(
        "what is masked does not leak, not even NaN",
        "tests/ops/test_attention_of_what_is_hidden.py: "
        "test_a_key_and_its_value_that_nobody_may_see_reach_nobody_forward_or_backward",
    ),
    21: item(
        "a NaN logit shows in the loss, and training stops",
        "tests/ops/test_losses.py: test_a_nan_logit_gives_a_nan_loss",
        f"{LOOP}: test_a_loss_that_is_not_finite_stops_before_anything_changes",
        open="not built yet: a mode that names the op in which the first NaN arose",
    ),
    22: item(
        "logits of any finite size have a finite loss and gradient; -inf rules a class out",
        f"{FAULTS}: test_huge_logits_have_a_finite_loss_and_gradient",
        "tests/ops/test_losses.py: test_g25_the_loss_of_logits_of_a_thousand_is_exact",
        "tests/ops/test_probabilities.py: test_one_score_of_minus_infinity_has_probability_0",
    ),
    23: item("softmax along an empty axis is refused", "refused by softmax: empty axis"),
    24: item(
        "sums of float16 are added up in float32",
        "tests/autograd/test_reductions.py: test_float16_is_added_up_in_float32_and_rounded_once",
    ),
    25: item(
        "float16 overflows nowhere inside an op",
        open="belongs to mixed precision, which is not built: var and the norms of float16 "
        "overflow beyond 255, with NumPy's warning",
    ),
    26: item(
        "slopes at the edge of a domain are infinite, beyond it values are NaN, without warnings",
        f"{ELEMENTARY}: test_log_is_minus_infinity_at_0_and_nan_below_without_a_warning",
        f"{ELEMENTARY}: test_sqrt_is_vertical_at_0_without_a_warning",
        "tests/autograd/test_arithmetic.py: test_powers_by_hand_and_at_0",
        "tests/autograd/test_arithmetic.py: "
        "test_a_fractional_power_of_a_negative_number_is_nan_without_a_warning",
    ),
    27: item(
        "where() cannot hide a bad branch from the gradient; the safe pattern is shown",
        "tests/ops/test_selection.py: "
        "test_the_other_branch_poisons_the_gradient_unless_its_input_is_made_safe",
    ),
    28: item(
        "division by 0 is infinite, with the array library's warning; integers are float32",
        f"{FAULTS}: test_division_by_zero_is_infinite_and_says_so",
    ),
    29: item(
        "integers become float32 before anything is differentiated",
        f"{TENSOR}: test_numbers_lists_and_integers_become_float32",
    ),
    30: item(
        "arrays promote as in NumPy, scalars never",
        f"{TENSOR}: test_float32_meets_float64_as_in_numpy",
        f"{TENSOR}: test_numbers_on_either_side_never_change_the_dtype",
    ),
    31: item(
        "complex numbers, text, dates and objects are a TypeError in every op",
        f"{TENSOR}: test_what_is_no_real_number_is_refused_by_type",
        f"{TABLE}: test_bad_input_is_refused_with_a_message_that_names_it",
    ),
    32: item(
        "a warning of NumPy fails a test", "tests/test_catalogue.py: test_warnings_are_errors"
    ),
}

SHAPES_AND_LAYOUT = {
    33: item("inner sizes of a product", r"refused by matmul: \(2, 3\) @ \(4, 5\)"),
    34: item("shapes that do not broadcast", r"refused by add: \(2,3\) \(4,\)"),
    35: item("a weight the wrong way round is told so", r"refused by linear: it is \(in, out\)"),
    36: item("gain and bias of another width", "refused by layer_norm: needs gain and bias"),
    37: item(
        "parts that cannot be joined are named by their place; so is an empty list",
        "refused by concatenate: part 2 is",
        "refused by concatenate: at least one part",
        "refused by stack: part 2 is",
    ),
    38: item(
        "another number of elements, and two free sizes",
        "refused by reshape: size 6 into shape",
        "refused by reshape: one unknown dimension",
    ),
    39: item(
        "axes that repeat or do not exist",
        "refused by transpose: repeated axis",
        "refused by transpose: axis 2 is out of bounds",
    ),
    40: item(
        "an axis that is no integer is a TypeError in every op",
        f"{FAULTS}: test_an_axis_that_is_not_an_integer_is_refused",
    ),
    41: item("a boolean index of another length", "refused by take: boolean index"),
    42: item(
        "the memory layout changes no number",
        f"{TABLE}: test_the_memory_layout_changes_no_number",
        f"{TABLE}: test_operands_stretched_by_stride_0_are_as_good_as_copies",
        f"{TENSOR}: test_a_foreign_byte_order_becomes_the_native_one",
    ),
    43: item(
        "every op takes a number without axes, or refuses it in words",
        f"{FAULTS}: test_every_op_takes_0_d_operands_or_refuses_them_in_words",
    ),
    44: item(
        "every op takes arrays without elements, or refuses them in words",
        f"{TABLE}: test_every_row_has_what_the_generic_tests_need",
    ),
    45: item("no op writes into its input", f"{TABLE}: test_nothing_that_was_given_is_changed"),
    46: item(
        "lists become float32; None is a TypeError, and so is a Tensor",
        f"{TENSOR}: test_numbers_lists_and_integers_become_float32",
        f"{TENSOR}: test_a_tensor_of_a_tensor_and_of_a_ragged_list_are_refused",
    ),
    47: item(
        "gradients of two leaves are two arrays",
        f"{MEMORY}: test_the_gradients_of_two_leaves_share_no_memory",
    ),
    48: item(
        "an array on the left of an operator does not lose the graph",
        f"{TENSOR}: test_an_array_on_the_left_of_an_operator_keeps_the_graph",
    ),
    49: item(
        "the truth of many elements is an error",
        f"{TENSOR}: test_the_truth_of_one_element_is_its_value_and_that_of_more_an_error",
    ),
}

GRAPH = {
    50: item(
        "backward from many elements asks for a gradient",
        f"{TAPE}: test_a_wrong_cotangent_is_refused",
    ),
    51: item("a gradient of another shape or dtype", f"{TAPE}: test_a_wrong_cotangent_is_refused"),
    52: item(
        "backward with nothing recorded", f"{TAPE}: test_backward_with_nothing_recorded_is_refused"
    ),
    53: item(
        "a second backward is an error unless the graph was kept, and never a wrong number",
        f"{TAPE}: test_a_second_backward_pass_is_refused_by_name",
        f"{TAPE}: test_a_half_freed_graph_gives_no_wrong_gradient",
        f"{TAPE}: test_a_kept_graph_can_be_walked_again",
    ),
    54: item(
        "what a graph holds cannot be changed unnoticed by assignment or +=",
        f"{TAPE}: test_a_leaf_changed_between_forward_and_backward_is_an_error",
        f"{FAULTS}: test_only_the_data_of_a_leaf_may_be_changed_in_place",
        f"{FAULTS}: test_a_detached_tensor_does_not_follow_what_becomes_of_the_other",
        "tests/autograd/test_state_machine.py: TestTensorsAgainstArrays",
        open="writing into single elements, x.data[0] = 1, goes unnoticed: Tensor.data says so",
    ),
    55: item(
        "x += 1 makes a new tensor and leaves the leaf alone",
        f"{TENSOR}: test_the_in_place_operator_makes_a_new_tensor",
    ),
    56: item(
        "10,000 ops in a row: forward, backward and release",
        f"{TAPE}: test_a_chain_of_10000_ops_passes_and_can_be_dropped",
    ),
    57: item("y = y + y 60 times", f"{TAPE}: test_a_diamond_60_deep_is_walked_once_per_node"),
    58: item(
        "a shared expression collects all its shares first",
        f"{TAPE}: test_a_node_waits_for_the_shares_of_all_its_children",
    ),
    59: item("a cycle is an error, not a hang", f"{TAPE}: test_a_cycle_is_noticed"),
    60: item(
        "300 steps need no more memory than a few; no graph needs the garbage collector",
        f"{MEMORY}: test_300_steps_need_no_more_memory_than_3",
        f"{MEMORY}: test_300_steps_of_a_real_layer_need_no_more_memory_than_10",
        f"{MEMORY}: test_a_graph_needs_no_garbage_collector",
    ),
    61: item(
        "no_grad ends with its block, also after an error, nested, or around a generator",
        f"{RECORDING}: test_no_grad_is_over_after_an_error",
        f"{RECORDING}: test_no_grad_can_be_nested_also_inside_itself",
        f"{RECORDING}: test_no_grad_on_a_generator_holds_inside_it_and_not_between_its_items",
    ),
    62: item("every thread has its own mode", f"{RECORDING}: test_the_mode_belongs_to_the_thread"),
    63: item(
        "graphs in several threads give the serial gradients",
        f"{MEMORY}: test_threads_building_graphs_at_once_get_the_serial_gradients",
    ),
    64: item(
        "a parameter in two places gets the sum",
        "tests/autograd/test_gradients.py: test_a_parameter_used_in_two_places_gets_the_sum",
    ),
    65: item(
        "an optimiser leaves a parameter without gradient alone",
        "tests/optim/test_sgd.py: test_a_parameter_without_gradient_is_left_alone",
        "tests/optim/test_adam.py: test_a_parameter_without_gradient_is_left_alone",
    ),
    66: item(
        "an error inside a rule names the op and leaves no half-written gradient",
        f"{FAULTS}: test_an_error_in_a_backward_pass_names_the_op",
        f"{TAPE}: test_an_error_inside_a_rule_leaves_no_half_written_gradient",
    ),
    67: item(
        "a rule with a wrong answer is named", f"{TAPE}: test_a_rule_with_a_wrong_answer_is_named"
    ),
    68: item(
        "Ctrl-C inside backward spoils no gradient, and the next step is right",
        f"{TAPE}: test_an_error_inside_a_rule_leaves_no_half_written_gradient",
        f"{FAULTS}: test_after_ctrl_c_inside_backward_the_step_can_be_repeated",
    ),
    69: item(
        "a graph goes on in a forked process; pickling one is a TypeError",
        f"{FAULTS}: test_a_forked_process_walks_the_graph_that_it_inherited",
        f"{TENSOR}: test_a_tensor_with_a_graph_can_be_neither_deeply_copied_nor_pickled",
    ),
}

LAYERS = {
    70: item(
        "dropout outside [0, 1)",
        "tests/nn/test_dropout.py: test_a_rate_outside_zero_to_one_is_refused",
    ),
    71: item(
        "heads that do not divide the width; sizes below 1",
        "tests/nn/test_attention.py: test_heads_that_do_not_divide_the_width_are_refused",
        "tests/nn/test_linear.py: test_sizes_below_one_are_refused",
        f"{BERT}: test_impossible_sizes_are_refused",
    ),
    72: item(
        "an unknown name is refused beside the known ones; activations are functions, not names",
        "tests/tasks/test_encoding.py: test_an_unknown_tokenizer_is_refused_with_those_there_are",
        "tests/text/corpora/test_corpus.py: test_an_unknown_corpus_is_refused_with_the_choices",
    ),
    73: item(
        "an unknown key in a stored description is named",
        "tests/tasks/test_classification.py: test_a_description_that_makes_no_sense_is_refused",
    ),
    74: item(
        "evaluation switches dropout off everywhere below",
        f"{MODULE}: test_train_and_eval_reach_every_module_below",
        f"{BERT}: test_dropout_is_off_at_evaluation_and_on_in_training",
    ),
    75: item(
        "there is no super().__init__() that could be forgotten",
        f"{MODULE}: test_names_of_parameters_are_attribute_paths",
    ),
    76: item(
        "a shared parameter is counted, saved and stepped once",
        f"{MODULE}: test_a_shared_parameter_is_listed_counted_and_saved_once_under_its_first_name",
        f"{MODULE}: test_a_shared_parameter_is_stepped_once_and_stays_shared_after_loading",
    ),
    77: item(
        "lists of modules are found; where none would be found is an error",
        f"{MODULE}: test_children_come_in_order_of_assignment_and_lists_are_numbered",
        f"{MODULE}: test_a_child_that_no_name_leads_to_is_an_error",
    ),
    78: item(
        "a state that does not fit lists all misfits and changes nothing",
        f"{MODULE}: test_a_misfit_lists_everything_that_is_wrong_and_changes_nothing",
    ),
    79: item("settings of text generation", open="not built yet: generation"),
    80: item("a cache of another batch", open="not built yet: the cache of keys and values"),
}

OPTIMIZER = "tests/optim/test_optimizer.py"

TRAINING = {
    81: item(
        "rates, betas, eps and decays that make no sense",
        f"{OPTIMIZER}: test_a_learning_rate_that_is_no_number_from_zero_up_is_refused",
        "tests/optim/test_adam.py: test_betas_outside_zero_to_one_are_refused",
        "tests/optim/test_adam.py: test_an_eps_that_is_not_positive_or_a_negative_decay_is_refused",
    ),
    82: item(
        "no parameters, a used-up iterator, one parameter twice",
        f"{OPTIMIZER}: test_no_parameters_are_refused_with_a_hint_at_used_up_iterators",
        f"{OPTIMIZER}: test_a_parameter_given_twice_is_refused",
        "tests/optim/test_groups.py: test_a_parameter_in_two_groups_is_refused",
    ),
    83: item(
        "the state of another optimiser changes nothing",
        f"{OPTIMIZER}: test_a_state_of_another_optimiser_is_refused_and_changes_nothing",
    ),
    84: item(
        "clipping shows a NaN in the norm; without gradients or a positive bound it refuses",
        "tests/optim/test_clipping.py: test_a_gradient_that_is_not_finite_shows_in_the_norm",
        "tests/optim/test_clipping.py: test_a_bound_that_is_not_positive_is_refused",
        "tests/optim/test_clipping.py: test_no_gradient_at_all_is_refused",
    ),
    85: item(
        "divergence stops with the step; the last checkpoint is kept",
        f"{LOOP}: test_a_loss_that_is_not_finite_stops_before_anything_changes",
        "tests/commands/test_train_bad_input.py: "
        "test_a_learning_rate_beyond_reason_stops_in_one_line_and_keeps_the_last_checkpoint",
    ),
    86: item(
        "a warm-up that leaves no step is refused; beyond the last step the rate stays",
        "tests/optim/test_schedules.py: test_a_warmup_that_leaves_no_step_is_refused",
        "tests/optim/test_schedules.py: test_it_rises_to_the_peak_falls_to_zero_and_never_jumps",
    ),
    87: item(
        "the last, smaller window of accumulated batches takes the mean of what is there",
        "tests/training/test_accumulation.py: test_five_batches_by_two_give_three_updates_by_hand",
    ),
    88: item(
        "a resumed run ends at the bits of the uninterrupted one",
        "tests/training/test_checkpointing.py: "
        "test_a_resumed_run_equals_the_uninterrupted_one_bit_for_bit",
        "tests/tasks/test_resuming.py: test_a_run_that_is_left_and_resumed_ends_at_the_same_bits",
    ),
    89: item(
        "resuming with other settings or data is refused with the differences",
        "tests/training/test_checkpointing.py: "
        "test_a_run_with_other_facts_is_refused_with_all_differences",
        "tests/tasks/test_resuming.py: test_other_data_are_refused",
    ),
    90: item(
        "one seed gives one result: in this process, another one, with another hash seed",
        "tests/tasks/test_classifier_training.py: "
        "test_equal_seeds_give_equal_weights_and_other_seeds_others",
        "tests/backend/test_randomness.py: test_another_process_draws_the_same_numbers",
        f"{STOPPED}: test_a_run_does_not_depend_on_the_order_of_sets",
        open="no promise across numbers of BLAS threads, and so no test",
    ),
    91: item(
        "Ctrl-C keeps the checkpoint and exits with 130",
        f"{STOPPED}: test_a_run_that_is_stopped_keeps_its_checkpoint_and_resumes",
        "tests/commands/test_main.py: "
        "test_ctrl_c_is_one_line_and_speaks_of_resuming_only_where_there_is_such_a_thing",
    ),
    92: item(
        "SIGTERM keeps it too",
        f"{STOPPED}: test_a_run_that_is_stopped_keeps_its_checkpoint_and_resumes",
    ),
}

CATALOGUE: dict[int, Item] = {
    **IDS_AND_BATCHES,
    **MASKS_AND_NUMBERS,
    **SHAPES_AND_LAYOUT,
    **GRAPH,
    **LAYERS,
    **TRAINING,
}
