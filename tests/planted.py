"""Mistakes that a test must notice: one edit of the source each, and the tests that must fail."""

import importlib.util
from typing import NamedTuple


class Plant(NamedTuple):
    """Replace ``old`` by ``new`` in ``file``; then something in ``tests`` turns red."""

    name: str
    file: str
    old: str
    new: str
    tests: str


PLANTS = [
    Plant("softmax without the mean of its gradient", "ops/probabilities.py",
          "p * (g - (g * p).sum(axis=axis, keepdims=True))", "p * g",
          "tests/ops/test_probabilities.py::"
          "test_the_gradient_of_softmax_sums_to_0_along_the_axis"),
    Plant("layer norm that forgets the mean", "ops/normalization.py",
          "(h - mean_h - z * mean_hz) / s", "(h - z * mean_hz) / s",
          "tests/ops/test_normalization.py::"
          "test_the_gradient_is_orthogonal_to_the_directions_that_change_nothing"),
    Plant("scatter that keeps one contribution", "backend/arrays.py",
          "xp.add.at(out.reshape(shape[0] * shape[1]), flat.ravel(), values.ravel())",
          "out.reshape(shape[0] * shape[1])[flat.ravel()] += values.ravel()",
          "tests/backend/test_arrays.py::"
          "test_scatter_add_by_hand"),
    Plant("relu with a slope at its kink", "ops/activations.py",
          "where_or_0(x > 0, g)", "where_or_0(x >= 0, g)", "tests/ops/test_activations.py::"
          "test_relu_is_0_left_of_0_and_so_is_its_slope_at_the_kink"),
    Plant("unscaled attention", "ops/attention.py",
          "query.shape[-1] ** -0.5 if scale", "1.0 if scale", "tests/ops/test_attention.py::"
          "test_two_keys_by_hand"),
    Plant("attention mask upside down", "ops/attention.py",
          "xp.where(mask, scores, -xp.inf)", "xp.where(mask, -xp.inf, scores)",
          "tests/ops/test_attention.py::"
          "test_it_is_an_explicit_loop_over_queries_and_keys"),
    Plant("a masked row that is NaN", "ops/attention.py",
          "weights /= xp.where(total == 0.0, 1.0, total)", "weights /= total",
          "tests/ops/test_attention.py::"
          "test_it_is_an_explicit_loop_over_queries_and_keys"),
    Plant("loss that divides by all positions", "ops/loss_parts.py",
          "maximum(counted.sum(), 1)", "maximum(counted.size + 0 * counted.sum(), 1)",
          "tests/ops/test_losses.py::"
          "test_the_default_ignored_target_is_minus_100"),
    Plant("gradient not summed where an operand was stretched", "autograd/arithmetic.py",
          "return unbroadcast(g * b, a.shape), unbroadcast(g * a, b.shape)",
          "return unbroadcast(g * b, a.shape), unbroadcast(g, b.shape)",
          "tests/autograd/test_arithmetic.py::"
          "test_division_undoes_multiplication_in_value_and_gradient"),
    Plant("second gradient replaces the first", "autograd/tape.py",
          "gradients[parent] = gradients[parent] + share", "gradients[parent] = share",
          "tests/autograd/test_tape.py::"
          "test_a_diamond_60_deep_is_walked_once_per_node"),
    Plant("rows of an array taken for a tuple", "autograd/tape.py",
          "if not isinstance(shares, tuple):", "if False:", "tests/autograd/test_tape.py::"
          "test_a_rule_with_a_wrong_answer_is_named"),
    Plant("gradients lost between threads", "autograd/tensor.py",
          "with adding:", "if True:", "tests/autograd/test_grad_mode.py::"
          "test_no_gradient_is_lost_when_many_threads_add_to_one_leaf"),
    Plant("gradient of a setting lost in silence", "autograd/recording.py",
          "if value.requires_grad and is_recording():", "if False:",
          "tests/autograd/test_recording.py::"
          "test_a_setting_whose_gradient_would_be_lost_is_refused"),
    Plant("check that takes a small slope for rounding", "autograd/slopes.py",
          "ROUNDINGS = 5 ", "ROUNDINGS = 5e9", "tests/autograd/test_slopes.py::"
          "test_a_function_of_any_size_is_checked_alike"),
    Plant("ties counted in float16", "autograd/reductions.py",
          "equal.sum(axis=axes, keepdims=True, dtype=wide_dtype(x))",
          "equal.sum(axis=axes, keepdims=True, dtype=x.dtype)",
          "tests/autograd/test_small_dtypes.py::"
          "test_ties_are_counted_beyond_float16"),
    Plant("error function that is 0 near 0", "backend/special.py",
          "xp.where(size < 0.25, small * horner(small * small, taylor(10)), far)", "far",
          "tests/backend/test_special.py::"
          "test_erf_of_small_numbers_has_as_many_right_digits_as_that_of_large_ones"),
    Plant("leaf changed between forward and backward", "autograd/tape.py",
          "if parent.version != node.versions[i]:", "if False:", "tests/autograd/test_tape.py::"
          "test_a_leaf_changed_between_forward_and_backward_is_an_error"),
    Plant("dropout without scaling", "nn/dropout.py",
          "keep *= 65536 / (65536 - dropped)", "pass", "tests/nn/test_dropout.py::"
          "test_mean_one_and_variance_rate_over_one_minus_rate"),
    Plant("dropout also at evaluation", "nn/dropout.py",
          "if not self.training or self.rate == 0.0:", "if self.rate == 0.0:",
          "tests/nn/test_dropout.py::"
          "test_evaluation_changes_nothing_and_draws_nothing"),
    Plant("heads that split the sequence", "nn/attention.py",
          "swapaxes(x.reshape(*lead, length, n_heads, width // n_heads), axis1=-3, axis2=-2)",
          "x.reshape(*lead, n_heads, length, width // n_heads)",
          "tests/nn/test_attention.py::"
          "test_it_equals_seven_explicit_heads"),
    Plant("residual path left out", "nn/blocks.py",
          "self.attention_norm(x + self.dropped(seen))",
          "self.attention_norm(self.dropped(seen))",
          "tests/nn/test_encoder_blocks.py::"
          "test_the_block_of_bert_normalises_after_each_addition"),
    Plant("padding that is attended", "models/bert.py",
          "moved_like(mask[:, None, None, :], table)",
          "moved_like((mask | True)[:, None, None, :], table)", "tests/models/test_bert.py::"
          "test_tokens_positions_and_segments_are_added_and_normalised_then_pass_every_block"),
    Plant("weight decay inside the moments", "optim/adam.py",
          "m[i] = b1 * m[i] + (1 - b1) * g",
          "m[i] = b1 * m[i] + (1 - b1) * (g + self.weight_decays[i] * w)",
          "tests/optim/test_adam.py::"
          "test_adamw_follows_the_plain_algorithm_for_fifty_steps"),
    Plant("Adam without bias correction", "optim/adam.py",
          "m_hat = m[i] / (1 - b1**t)", "m_hat = m[i]", "tests/optim/test_adam.py::"
          "test_adamw_follows_the_plain_algorithm_for_fifty_steps"),
    Plant("clipping that lengthens short gradients", "optim/clipping.py",
          "scale = xp.minimum(float(max_norm) / norm, 1.0)", "scale = float(max_norm) / norm",
          "tests/optim/test_clipping.py::"
          "test_the_norm_after_is_at_most_the_bound_and_the_direction_stays"),
    Plant("lines split at NEL", "text/reading.py",
          '.split("\\n")', ".splitlines()", "tests/text/test_reading.py::"
          "test_lines_end_at_line_feeds_only"),
    Plant("a header that is an example", "text/columns.py",
          "if label is None or text is None:", "if True:", "tests/text/test_labelled_files.py::"
          "test_a_header_of_known_names_is_no_example"),
    Plant("an unknown header that is an example", "text/columns.py",
          "once == [labels[0]] and", "False and", "tests/text/test_labelled_files.py::"
          "test_a_header_that_nobody_knows_is_suspected_and_not_learned"),
    Plant("swapped columns that nobody notices", "text/columns.py",
          "len(counts) >= 2 * different", "False", "tests/text/test_labelled_files.py::"
          "test_swapped_columns_are_suspected"),
    Plant("a line of blanks that is an example", "text/table_files.py",
          "if any(field.strip() for field in row.fields)", "if row.fields != ['']",
          "tests/text/test_labelled_files.py::"
          "test_an_empty_text_is_kept_for_cleaning_and_an_empty_line_is_not_an_example"),
    Plant("labels as they are written", "text/labelled_files.py",
          "label = normalize(row.fields[places.label])", "label = row.fields[places.label].strip()",
          "tests/text/test_labelled_files.py::"
          "test_labels_are_normalised_as_texts_are"),
    Plant("capitals that are another text", "text/cleaning.py",
          'unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())',
          "text.casefold()", "tests/text/test_cleaning.py::"
          "test_a_text_in_capitals_is_a_duplicate_of_the_one_in_small_letters"),
    Plant("flags of two letters", "text/tokenizers.py",
          "| RR ", "| R ", "tests/text/test_tokenizers.py::"
          "test_word_tokens_by_example"),
    Plant("dev and test that share texts", "commands/splits.py",
          "    require_disjoint(", "    dict(", "tests/commands/test_train_bad_input.py::"
          "test_dev_and_test_that_share_a_text_are_refused"),
    Plant("a folder that cannot be written", "backend/files.py",
          "raise OSError(code, os.strerror(code), str(there)) from error", "return",
          "tests/backend/test_files.py::"
          "test_a_folder_in_which_no_file_can_be_made_is_named"),
    Plant("GBK that nobody names", "text/encodings.py",
          "if high and 2 * pairs", "if False and 2 * pairs", "tests/text/test_encodings.py::"
          "test_the_encoding_is_named_where_it_is_likely"),
    Plant("vectors that decay", "tasks/classifier_training.py",
          "AdamW(decay_groups(model), weight", "AdamW(model.trainable_parameters(), weight",
          "tests/tasks/test_classifier_training.py::"
          "test_matrices_decay_and_vectors_do_not"),
    Plant("frozen parameters given to the optimiser", "optim/groups.py",
          "if p.requires_grad]", "]", "tests/tasks/test_classifier_training.py::"
          "test_the_head_alone_leaves_the_encoder_as_it_was_bit_for_bit"),
    Plant("the last weights instead of the best", "tasks/classifier_training.py",
          'keep="best" if', 'keep="last" if', "tests/tasks/test_classifier_training.py::"
          "test_held_out_examples_are_examined_after_every_pass_and_the_best_weights_kept"),
    Plant("a run that starts anew", "tasks/classifier_training.py",
          "start_from=start_from and", "start_from=None and",
          "tests/tasks/test_classifier_training.py::"
          "test_a_finished_run_is_trained_on_from"),
    Plant("a threshold that is forgotten", "tasks/classification.py",
          'threshold=read("threshold", "null")', "threshold=None",
          "tests/commands/test_evaluate.py::"
          "test_the_threshold_of_training_is_the_one_of_use"),
    Plant("a baseline whose threshold is forgotten", "models/bag_of_words.py",
          "{} if self.threshold is None else", "{} if True else",
          "tests/commands/test_baselines.py::"
          "test_thresholds_are_chosen_on_dev_and_kept"),
    Plant("a model whose threshold nobody tunes", "commands/train.py",
          'tuned(classifier, splits["dev"], found)', "None", "tests/commands/test_train.py::"
          "test_the_model_stands_beside_its_baselines_on_every_held_out_split"),
    Plant("a threshold tuned on training texts", "commands/train.py",
          'tuned(classifier, splits["dev"], found)', "tuned(classifier, train, found)",
          "tests/commands/test_train.py::"
          "test_the_threshold_is_tuned_on_dev"),
    Plant("a baseline tuned on training texts", "tasks/baselines.py",
          "BagOfWordsClassifier(bag, encoder.tokenizer), dev, positive",
          "BagOfWordsClassifier(bag, encoder.tokenizer), train, positive",
          "tests/commands/test_baselines.py::"
          "test_thresholds_are_chosen_on_dev_and_kept"),
    Plant("a pipe that is not read", "commands/predict.py",
          "if arguments.file is None and not piped:", "if arguments.file is None:",
          "tests/commands/test_predict.py::"
          "test_texts_come_from_a_pipe_in_its_encoding"),
    Plant("output that a terminal cannot show", "__main__.py",
          'stream.reconfigure(errors="backslashreplace")', "pass",
          "tests/commands/test_predict.py::"
          "test_any_terminal_can_show_what_is_said"),
    Plant("texts of which nothing is known, in silence", "commands/predictions.py",
          "if blind:", "if False:", "tests/commands/test_predict.py::"
          "test_texts_that_say_nothing_to_the_model_are_told"),
    Plant("texts that are cut in silence", "commands/predictions.py",
          "if cut_off:", "if False:", "tests/commands/test_predict.py::"
          "test_what_is_cut_and_a_threshold_are_remarked"),
    Plant("a width given in vain", "tasks/recipe.py",
          "if kind != value and asked != getattr(default, name):", "if False:",
          "tests/tasks/test_classifier_training.py::test_a_start_that_does_not_fit_is_refused"),
    Plant("results of two runs in one folder", "commands/pipeline.py",
          "for earlier in RESULTS]", "for earlier in ()]", "tests/commands/test_pipeline.py::"
          "test_a_new_run_leaves_nothing_of_the_old_one_and_another_seed_has_its_own_folder"),
    Plant("a missing extra as a traceback", "__main__.py",
          "if arguments.debug or extra is None:", "if True:", "tests/commands/test_main.py::"
          "test_what_an_extra_would_bring_is_named_with_the_extra"),
    Plant("a dial that turns nothing", "text/corpora/corpus.py",
          "GRAMMARS[name, language](single_clauses)", "GRAMMARS[name, language](True)",
          "tests/labs/test_settings.py::"
          "test_every_setting_but_the_models_changes_what_the_models_get"),
    Plant("one corpus under every seed", "commands/pipeline.py",
          "load_corpus(name, language, seed=seed)", "load_corpus(name, language)",
          "tests/commands/test_pipeline.py::"
          "test_the_table_has_a_row_of_the_model_without_single_clauses"),
    Plant("special tokens masked", "text/masking.py",
          "mask & ~vocabulary.is_special(original)", "mask", "tests/text/test_masking.py::"
          "test_fifteen_percent_of_the_ordinary_tokens_are_chosen"),
    Plant("always the mask token", "text/masking.py",
          "chosen & (lot < 0.8)", "chosen", "tests/text/test_masking.py::"
          "test_chosen_tokens_are_masked_replaced_or_kept_as_eight_to_one_to_one"),
    Plant("truncation that loses [SEP]", "text/batching.py",
          "[: max_length - 2]", "[:max_length]", "tests/text/test_batching.py::"
          "test_a_frame_keeps_both_ends_when_it_cuts"),
    Plant("Chinese as one word", "text/tokenizers.py",
          'if is_ideograph(character):\n            return "I"',
          'if is_ideograph(character):\n            return "L"', "tests/text/test_tokenizers.py::"
          "test_word_tokens_by_example"),
    Plant("checkpoint written in place", "backend/files.py",
          "write_to_disk(temporary[path], parts)",
          'with open(places[path], "wb") as file:\n'
          "                file.writelines(parts)\n"
          "            temporary[path] = places[path]",
          "tests/backend/test_files.py::"
          "test_a_process_killed_while_saving_leaves_a_whole_file"),
    Plant("checksum not compared", "backend/array_files.py",
          'if metadata.pop("sha256", None) != digest(arrays, metadata):',
          'if metadata.pop("sha256", None) is None:', "tests/backend/test_array_files.py::"
          "test_a_flipped_bit_is_refused_in_every_byte"),
    Plant("optimiser state not restored", "training/checkpointing.py",
          'optimizer.load_state_dict(part(arrays, "optimizer."))', "pass",
          "tests/training/test_checkpointing.py::"
          "test_a_resumed_run_equals_the_uninterrupted_one_bit_for_bit"),
    Plant("dropout counters not restored", "training/checkpointing.py",
          "    restore_dropout(model, dropout)", "    pass",
          "tests/training/test_checkpointing.py::"
          "test_a_resumed_run_equals_the_uninterrupted_one_bit_for_bit"),
    Plant("a masked value that is NaN reaches everybody", "ops/attention.py",
          "finite(widened(value))", "widened(value)",
          "tests/ops/test_attention_of_what_is_hidden.py::"
          "test_a_key_and_its_value_that_nobody_may_see_reach_nobody_forward_or_backward"),
    Plant("a masked key that is NaN reaches every query's gradient", "ops/attention.py",
          "c_ds @ finite(widened(key))", "c_ds @ widened(key)",
          "tests/ops/test_attention_of_what_is_hidden.py::"
          "test_a_key_and_its_value_that_nobody_may_see_reach_nobody_forward_or_backward"),
    Plant("attention bias scaled like the product", "ops/attention.py",
          "scores = scores + bias", "scores = scores + bias * scale_of_scores(query, scale)",
          "tests/ops/test_attention_with_bias.py::"
          "test_two_keys_by_hand"),
    Plant("gradient of the attention bias scaled", "ops/attention.py",
          "db = ds if", "db = c_ds if",
          "tests/ops/test_attention_with_bias.py::"
          "test_two_keys_by_hand"),
    Plant("weighted mean that divides by the positions", "ops/losses.py",
          "xp.where(total == 0.0, 1.0, total), reduction",
          "max(targets.size, 1) + 0.0 * total, reduction", "tests/ops/test_class_losses.py::"
          "test_on_log_softmax_it_is_cross_entropy_in_value_and_gradient"),
    Plant("ignored targets weigh like others", "ops/losses.py",
          "w = xp.where(counted, weights[", "w = xp.where(counted | True, weights[",
          "tests/ops/test_class_losses.py::"
          "test_dropping_the_ignored_positions_gives_the_same_smoothed_loss"),
    Plant("smoothing that leaves the right class out", "ops/losses.py",
          "smoothing / logits.shape[-1]", "smoothing / (logits.shape[-1] - 1)",
          "tests/ops/test_class_losses.py::"
          "test_smoothing_by_hand"),
    Plant("RMS norm that takes the mean off", "ops/normalization.py",
          "z = widened(x) / r\n",
          "z = (widened(x) - widened(x).mean(axis=-1, keepdims=True)) / r\n",
          "tests/ops/test_normalization.py::"
          "test_rms_norm_of_two_numbers_by_hand_with_the_default_eps"),
    Plant("RMS norm whose root is a constant backward", "ops/normalization.py",
          "(h - z * (h * z).mean(axis=-1, keepdims=True)) / r", "h / r",
          "tests/ops/test_normalization.py::"
          "test_the_gradient_of_rms_norm_is_orthogonal_to_its_input"),
    Plant("probability of no rounded to 0", "ops/elementwise_losses.py",
          "rest = xp.exp(xp.minimum(-z, 0.0)) / (1.0 + small)", "rest = 1.0 - p",
          "tests/ops/test_elementwise_losses.py::"
          "test_a_probability_too_near_1_for_a_float_still_has_its_exact_loss_and_gradient"),
    Plant("weight of positives on all", "ops/elementwise_losses.py",
          "share, of_yes + of_no)", "share, of_yes + w * of_no)",
          "tests/ops/test_elementwise_losses.py::"
          "test_a_positive_of_weight_three_by_hand"),
    Plant("flip whose gradient is not flipped", "ops/axes.py",
          "(g[backwards],)", "(g,)", "tests/ops/test_axes.py::"
          "test_reversed_by_hand"),
    Plant("stack that hands gradients out in reverse", "ops/shaping.py",
          "for k in range(n))", "for k in reversed(range(n)))",
          "tests/ops/test_shaping.py::"
          "test_stacked_along_the_first_axis_by_default_by_hand"),
    Plant("padding whose gradient starts at the edge", "ops/shaping.py",
          "(g[middle],)", "(g[tuple(map(slice, x.shape))],)", "tests/ops/test_shaping.py::"
          "test_padded_with_zeros_by_default_by_hand"),
    Plant("repeated index that keeps one gradient", "autograd/arithmetic.py",
          "xp.add.at(grad, index, g)", "grad[index] += g", "tests/autograd/test_arithmetic.py::"
          "test_an_element_taken_twice_receives_both_gradients"),
    Plant("0 to the power 0 with a NaN slope", "autograd/arithmetic.py",
          "if n == 0.0:", "if False:", "tests/autograd/test_arithmetic.py::"
          "test_a_whole_power_is_repeated_multiplication_in_value_and_gradient"),
    Plant("absolute value with a slope at its kink", "autograd/arithmetic.py",
          "(g * xp.sign(x),)", "(g * xp.copysign(1.0, x),)", "tests/autograd/test_arithmetic.py::"
          "test_the_absolute_value_is_flat_at_0"),
    Plant("mean whose gradient is a sum's", "autograd/reductions.py",
          "share = g.astype(wide, copy=False) / n", "share = g",
          "tests/autograd/test_reductions.py::"
          "test_the_gradient_of_a_sum_is_1_and_of_a_mean_1_over_n_everywhere"),
    Plant("float16 added up in float16", "backend/dtypes.py",
          "if x.dtype.itemsize < 4:", "if False:",
          "tests/autograd/test_reductions.py::"
          "test_float16_is_added_up_in_float32_and_rounded_once"),
    Plant("variance as a difference of squares", "autograd/reductions.py",
          "wide_sum(c * c, axes, keepdims=True) / m * unit * unit",
          "((x * x).mean(axis=axes, keepdims=True)"
          " - x.mean(axis=axes, keepdims=True) ** 2) * (elements(x, axes, 'var') / m)",
          "tests/autograd/test_reductions.py::"
          "test_a_variance_by_hand_with_and_without_correction"),
    Plant("ties in max each paid in full", "autograd/reductions.py",
          "xp.where(ties == 0.0, xp.nan, ties)", "xp.where(ties == 0.0, xp.nan, 1.0)",
          "tests/autograd/test_reductions.py::"
          "test_the_extreme_element_takes_the_gradient_and_ties_share_it_equally"),
    Plant("square root without its one half", "autograd/elementary.py",
          "(0.5 * g / y,)", "(g / y,)", "tests/autograd/test_elementary.py::"
          "test_sqrt_and_rsqrt_of_a_few_numbers"),
    Plant("sigmoid that overflows", "ops/activations.py",
          "xp.exp(xp.minimum(x, 0.0)) / (1.0 + xp.exp(-xp.abs(x)))", "1.0 / (1.0 + xp.exp(-x))",
          "tests/ops/test_activations.py::"
          "test_gates_of_the_largest_numbers_neither_overflow_nor_warn"),
    Plant("silu with the slope of its gate left out", "ops/activations.py",
          "(g * s * (1.0 + near * (1.0 - s)),)", "(g * s,)", "tests/ops/test_activations.py::"
          "test_silu_at_0_and_at_odds_of_three_to_one"),
    Plant("gelu_tanh with a digit missing", "ops/activations.py",
          "math.sqrt(2.0 / math.pi), 0.044715", "math.sqrt(2.0 / math.pi), 0.04715",
          "tests/ops/test_activations.py::"
          "test_gelu_tanh_at_1_is_not_quite_gelu"),
    Plant("a tie in maximum that the first wins", "ops/selection.py",
          "where_or_0(~(a < b), share), where_or_0(~(a > b), share)",
          "where_or_0(a >= b, g), where_or_0(a < b, g)",
          "tests/ops/test_selection.py::"
          "test_the_winner_takes_the_gradient_and_a_tie_is_shared_equally"),
    Plant("clip that is flat on its bounds", "ops/selection.py",
          "where_or_0((low <= x) & (x <= high), g)", "where_or_0((low < x) & (x < high), g)",
          "tests/ops/test_selection.py::"
          "test_clip_and_its_slope_inside_on_and_outside_the_bounds"),
    Plant("where with both gradients to both", "ops/selection.py",
          "where_or_0(condition, g), where_or_0(~condition, g)", "g, g",
          "tests/ops/test_selection.py::"
          "test_where_takes_each_element_and_its_gradient_from_one_side"),
    Plant("masked elements that still learn", "ops/selection.py",
          "(where_or_0(~mask, g),)", "(g,)", "tests/ops/test_selection.py::"
          "test_masked_fill_replaces_where_the_mask_is_true"),
    Plant("product whose gradient divides by its factor", "ops/cumulative.py",
          "before(rows) * before(rows[..., ::-1])[..., ::-1]",
          "rows.prod(axis=-1, keepdims=True) / rows", "tests/ops/test_cumulative.py::"
          "test_prod_and_its_gradient_with_no_one_and_two_zeros"),
    Plant("gradient of cumsum that runs forward", "ops/cumulative.py",
          "rounded(xp.flip(backwards, axis), dtype)", "xp.cumsum(g, axis=axis)",
          "tests/ops/test_cumulative.py::"
          "test_cumsum_runs_forward_and_its_gradient_backward"),
    Plant("logsumexp without the shift", "ops/probabilities.py",
          "xp.where(xp.isinf(m), 0.0, m)", "xp.zeros_like(m)",
          "tests/ops/test_probabilities.py::"
          "test_scores_as_far_apart_as_floats_can_be_overflow_nowhere"),
    Plant("decoder that sees what it has to write", "nn/attention.py",
          "moved_like(causal_mask(queries, keys), q.data)",
          "moved_like(causal_mask(queries, keys) | True, q.data)",
          "tests/nn/test_decoder_blocks.py::"
          "test_the_block_of_the_paper_normalises_after_each_of_three_additions"),
    Plant("causal mask that hides the word itself", "nn/masks.py",
          "k=keys - queries, dtype", "k=keys - queries - 1, dtype",
          "tests/nn/test_masks.py::"
          "test_three_positions_by_hand"),
    Plant("rotation with a wrong sign", "nn/rotary.py",
          "even * cosine - odd * sine", "even * cosine + odd * sine", "tests/nn/test_rotary.py::"
          "test_one_pair_by_hand"),
    Plant("queries turned and keys not", "nn/attention.py",
          "k = self.rotary(k, start=first)", "pass",
          "tests/nn/test_rotary.py::"
          "test_queries_and_keys_are_turned_and_values_are_not"),
    Plant("slopes that begin at one", "nn/alibi.py",
          "np.arange(1, n_heads + 1)", "np.arange(n_heads)", "tests/nn/test_alibi.py::"
          "test_the_slopes_of_the_papers_eight_and_sixteen_heads"),
    Plant("weights shown without their bias", "nn/attention.py",
          "probabilities(q.data, k.data, added, mask", "probabilities(q.data, k.data, mask",
          "tests/nn/test_alibi.py::"
          "test_the_weights_that_are_looked_at_are_those_of_the_forward_pass"),
    Plant("queries turned as if they were the first", "nn/attention.py",
          "start=start + keys - queries", "start=start", "tests/nn/test_rotary.py::"
          "test_queries_and_keys_are_turned_and_values_are_not"),
    Plant("keys in the cache turned as if they were the first", "nn/attention.py",
          "first = start + len(cache) if", "first = start if", "tests/nn/test_assembled_blocks.py::"
          "test_a_text_in_pieces_with_a_cache_gives_what_it_gives_at_once"),
    Plant("heads of keys given to the wrong heads", "nn/attention.py",
          "one = x.reshape(*lead, heads, 1, length, width)\n"
          "        repeated = broadcast_to(one, shape=(*lead, heads, self.sharing, length, width))",
          "one = x.reshape(*lead, 1, heads, length, width)\n"
          "        repeated = broadcast_to(one, shape=(*lead, self.sharing, heads, length, width))",
          "tests/nn/test_attention_parts.py::"
          "test_heads_that_share_keys_equal_heads_whose_keys_are_copies"),
    Plant("a copy that draws the original's dropout", "nn/dropout.py",
          "memo), key=key, copies=0)", "memo), copies=0)", "tests/nn/test_dropout.py::"
          "test_a_copy_draws_masks_of_its_own_and_the_original_what_it_would_have_drawn"),
    Plant("values loaded into the array that was there", "nn/module.py",
          "parameter.data = arrays[name]", "parameter.data[...] = arrays[name]",
          "tests/nn/test_module.py::"
          "test_loading_a_state_dict_gives_equal_parameters_in_arrays_of_their_own"),
    Plant("Kaiming by the outputs", "nn/initialization.py",
          "math.sqrt(6.0 / inputs)", "math.sqrt(6.0 / shape[0])",
          "tests/nn/test_initialization.py::"
          "test_every_scheme_has_the_variance_of_its_formula"),
    Plant("gate without its bend", "nn/gated_feed_forward.py",
          "silu(self.gate(x))", "self.gate(x)", "tests/nn/test_gated_feed_forward.py::"
          "test_one_unit_by_hand"),
    Plant("Nesterov that does not look ahead", "optim/sgd.py",
          "g + self.momentum * v[i] if self.nesterov else v[i]", "v[i]",
          "tests/optim/test_sgd.py::"
          "test_three_steps_of_nesterov_by_hand"),
    Plant("momentum as a running mean", "optim/sgd.py",
          "self.momentum * v[i] + g\n", "self.momentum * v[i] + (1 - self.momentum) * g\n",
          "tests/optim/test_sgd.py::"
          "test_three_steps_with_momentum_by_hand"),
    Plant("biases that decay", "optim/groups.py",
          "ParameterGroup(rest, weight_decay=0.0)", "ParameterGroup(rest)",
          "tests/optim/test_groups.py::"
          "test_matrices_decay_and_biases_norms_and_numbers_do_not"),
    Plant("Adam deaf to the rate of a group", "optim/adam.py",
          "self.lr * self.lr_scales[i] * step", "self.lr * step", "tests/optim/test_groups.py::"
          "test_each_group_goes_as_under_an_optimiser_of_its_own"),
    Plant("Adam that corrects by the optimiser's steps", "optim/adam.py",
          "t = self.betas, self.updates[i]", "t = self.betas, self.steps",
          "tests/optim/test_adam.py::"
          "test_the_first_step_of_a_late_parameter_has_the_size_of_the_learning_rate"),
    Plant("norm whose squares overflow", "optim/clipping.py",
          '.astype("float64", copy=False)', "", "tests/optim/test_clipping.py::"
          "test_the_norm_is_right_where_squares_overflow_or_vanish"),
    Plant("minimiser that walks on from what is not a number", "optim/lbfgs.py",
          "if there.is_finite() and there.value <=", "if not there.value >",
          "tests/optim/test_lbfgs.py::"
          "test_a_step_out_of_the_domain_is_shortened"),
    Plant("a living writer's file removed", "backend/files.py",
          "and not runs(process)", "and True", "tests/backend/test_files.py::"
          "test_a_file_that_is_being_written_is_nobody_elses_to_remove"),
    Plant("penalty whose gradient is twice the weights", "optim/penalties.py",
          "return total * 0.5", "return total", "tests/optim/test_penalties.py::"
          "test_half_the_sum_of_all_squares_by_hand"),
    Plant("ignored scores that are read", "ops/loss_parts.py",
          "rows[~counted.reshape(counted.size)] = 0.0", "pass", "tests/ops/test_loss_parts.py::"
          "test_a_position_that_does_not_count_may_hold_anything"),
    Plant("0 times infinity", "ops/loss_parts.py",
          "share * where_or_0(array_module(share, cost).not_equal(share, 0.0), cost)",
          "share * cost", "tests/ops/test_loss_parts.py::"
          "test_a_position_that_does_not_count_may_hold_anything"),
    Plant("sum of losses that is divided", "ops/loss_parts.py",
          'weights / total if reduction == "mean" else weights', "weights / total",
          "tests/ops/test_loss_parts.py::"
          "test_the_mean_divides_the_sum_by_what_counts"),
    Plant("weight of an element left out", "ops/elementwise_losses.py",
          "shares(name, v, ", "shares(name, xp.ones_like(v), ",
          "tests/ops/test_elementwise_losses.py::"
          "test_a_weight_multiplies_the_loss_of_its_element_and_the_mean_still_counts_all"),
    Plant("squares of float32 in float32", "ops/normalization.py",
          'x.astype("float64")', "x", "tests/ops/test_normalization.py::"
          "test_numbers_of_any_size_are_normalised_side_by_side"),
    Plant("squares of float64 as they come", "ops/normalization.py",
          "k = magnitude(x, eps) if double else 1.0", "k = 1.0", "tests/ops/test_normalization.py::"
          "test_numbers_of_any_size_are_normalised_side_by_side"),
    Plant("float16 added up in itself", "ops/precision.py",
          "x.astype(wide_dtype(x), copy=False)", "x",
          "tests/ops/test_precision.py::"
          "test_float16_scores_of_more_classes_than_it_can_count"),
    Plant("float64 factors that widen float32", "ops/precision.py",
          "array.astype(operand.dtype, copy=False)", "array", "tests/ops/test_precision.py::"
          "test_float64_settings_leave_float32_alone"),
    Plant("padding row that learns", "ops/lookup.py",
          "grad[padding_idx] = 0.0", "pass", "tests/ops/test_lookup.py::"
          "test_the_padding_row_is_read_like_any_other_but_does_not_learn"),
    Plant("einsum that mixes up the other operands", "ops/contraction.py",
          "[*wide[:place], *wide[place + 1 :]]", "[*wide[place + 1 :], *wide[:place]]",
          "tests/ops/test_contraction.py::"
          "test_its_gradient_is_that_of_finite_differences"),
    Plant("cosine whose gradient lengthens its vector", "ops/similarity.py",
          "(v - free_a * cosine * u)", "v", "tests/ops/test_similarity.py::"
          "test_an_angle_of_60_degrees_by_hand"),
    Plant("list of parts taken as one", "autograd/conversion.py",
          "    return parts\n", "    return operands\n", "tests/ops/test_shaping.py::"
          "test_parts_come_one_by_one_or_in_one_list_tuple_or_generator"),
    Plant("gelu of minus infinity", "ops/activations.py",
          "xp.maximum(x, -40.0) * below", "x * below", "tests/ops/test_activations.py::"
          "test_at_infinity_an_activation_is_its_limit_and_so_is_its_slope"),
    Plant("accumulated batches summed", "training/accumulation.py",
          "(batch, n / whole)", "(batch, n)", "tests/training/test_accumulation.py::"
          "test_batches_accumulated_are_one_batch_of_all_their_rows"),
    Plant("accumulated batches weighed equally", "training/accumulation.py",
          "(batch, n / whole)", "(batch, 1 / len(batches))",
          "tests/training/test_accumulation.py::"
          "test_batches_accumulated_are_one_batch_of_all_their_rows"),
    Plant("best weights that are not put back", "training/progress.py",
          "model.load_state_dict(self.best_weights)", "pass", "tests/training/test_run.py::"
          "test_a_stage_ends_early_and_keeps_the_best_weights"),
    Plant("patience that is forgotten by a checkpoint", "training/progress.py",
          '"worse": self.worse,', '"worse": 0,', "tests/training/test_run.py::"
          "test_a_run_left_anywhere_and_resumed_ends_at_the_same_bits"),
    Plant("a held-out loss under dropout", "training/evaluation_mode.py",
          "    model.eval()\n", "", "tests/training/test_evaluation_mode.py::"
          "test_every_layer_is_afterwards_in_the_mode_it_was_in"),
    Plant("a resumed stage that starts its batches anew", "training/run.py",
          "stage.batches(first, stop)", "stage.batches(0, stop)", "tests/training/test_run.py::"
          "test_a_run_left_anywhere_and_resumed_ends_at_the_same_bits"),
    Plant("a class out of range counted as another", "tasks/metrics/classification.py",
          "paired(predicted, true, n_classes)\n    n_classes = int",
          "paired(predicted, true)\n    n_classes = int",
          "tests/tasks/metrics/test_classification.py::"
          "test_a_class_out_of_range_is_refused_and_not_counted_as_another"),
    Plant("infinite scores with a threshold each", "tasks/metrics/ranking.py",
          "ranked[1:] != ranked[:-1]", "np.diff(ranked) != 0",
          "tests/tasks/metrics/test_ranking.py::"
          "test_average_precision_by_hand"),
    Plant("kernel of gelu that takes infinity for ordinary", "ops/kernels_numpy/gelus.py",
          "not -FAR < x.min() <= x.max() < FAR", "False", "tests/ops/kernels/test_gelus.py::"
          "test_what_is_not_ordinary_is_the_rules"),
    Plant("kernel of gelu whose slope is the rule's in the middle only",
          "ops/kernels_numpy/gelus.py", "        u *= z\n        u *= 1.0 / math.sqrt",
          "        u *= 1.0 / math.sqrt", "tests/ops/kernels/test_gelus.py::"
          "test_parity"),
    Plant("kernel of attention with large scores", "ops/kernels_numpy/attentions.py",
          "or not scores_are_small(query, key, scale)", "", "tests/ops/kernels/test_attentions.py::"
          "test_scores_that_are_not_small_are_the_rules"),
    Plant("kernel of attention with values far from zero", "ops/kernels_numpy/attentions.py",
          "value.min() > -FARTHEST and value.max() < FARTHEST",
          "value.min() > -np.inf and value.max() < np.inf",
          "tests/ops/kernels/test_attentions.py::"
          "test_values_far_from_zero_are_the_rules"),
    Plant("kernel of attention deaf to the mask", "ops/kernels_numpy/attentions.py",
          "p *= mask.astype(p.dtype)", "pass", "tests/ops/kernels/test_attentions.py::"
          "test_parity"),
    Plant("kernel of attention without dropout backward", "ops/kernels_numpy/attentions.py",
          "ds *= keep_here", "pass", "tests/ops/kernels/test_attentions.py::"
          "test_parity"),
    Plant("kernel of attention whose parts share memory", "ops/kernels_numpy/attentions.py",
          "aligned_empty(shape, query.dtype) if any(wanted)",
          'scratch("attention.kept", shape, query.dtype) if any(wanted)',
          "tests/ops/kernels/test_every_kernel.py::"
          "test_a_later_call_changes_nothing_that_an_earlier_one_keeps"),
    Plant("kernel of layer norm that forgets the mean", "ops/kernels_numpy/normalizations.py",
          "h -= (h @ mean_of)[:, None]", "pass", "tests/ops/kernels/test_normalizations.py::"
          "test_parity"),
    Plant("kernel of layer norm far from zero", "ops/kernels_numpy/normalizations.py",
          "near = (mean * mean <= FARTHEST * mean_square).all()", "near = True",
          "tests/ops/kernels/test_normalizations.py::"
          "test_rows_far_from_zero_lose_no_more_digits_than_by_the_rule"),
    Plant("kernel of cross-entropy with spread logits", "ops/kernels_numpy/cross_entropies.py",
          "or top - least >= SPREAD:", "and False:",
          "tests/ops/kernels/test_cross_entropies.py::"
          "test_logits_far_apart_are_the_rules"),
    Plant("kernel's gradient that can be written to", "ops/kernels_numpy/cross_entropies.py",
          "made.flags.writeable = False", "pass", "tests/ops/kernels/test_cross_entropies.py::"
          "test_what_was_handed_out_cannot_be_written_into"),
    Plant("kernel whose scratch is shared by threads", "backend/scratch.py",
          "class Kept(threading.local):", "class Kept:", "tests/backend/test_kernel_switch.py::"
          "test_every_thread_has_scratch_of_its_own"),
    Plant("kernels that cannot be switched off", "backend/kernel_switch.py",
          "table.pop(library, None)", "pass", "tests/backend/test_kernel_switch.py::"
          "test_off_leaves_the_rules_alone_and_numpy_puts_the_kernels_back"),
    Plant("kernel of Adam without bias correction", "optim/adam_in_chunks.py",
          "root = (1 - b2**t) ** 0.5", "root = 1.0", "tests/optim/test_adam_in_chunks.py::"
          "test_parity"),
    Plant("optimiser that keeps denormal numbers", "optim/optimizer.py",
          "self.forget_tiny()", "pass", "tests/optim/test_optimizer.py::"
          "test_no_denormal_number_is_left_where_gradients_have_stopped"),
    Plant("parts of a batch weighed equally", "training/parts.py",
          "share * m / total", "share / n", "tests/training/test_sharding.py::"
          "test_shared_rows_give_the_gradients_of_the_whole_batch"),
    Plant("parts of a batch in turn, with the mask of the first rows", "training/parts.py",
          "        batch, rows = part\n        with rows_of_batch(rows):",
          "        batch, rows = part\n        with rows_of_batch(None):",
          "tests/training/test_micro_batches.py::test_parts_give_what_the_whole_gives"),
    Plant("dropout that counts every part of a batch", "training/parts.py",
          "settle(rows for _, rows, _ in parts if rows is not None)",
          "[settle([rows]) for _, rows, _ in parts if rows is not None]",
          "tests/training/test_micro_batches.py::test_parts_give_what_the_whole_gives"),
    Plant("ranks that leave out all but the first of their parts", "training/data_parallel.py",
          "[first : first + self.accumulate]", "[first : first + 1]",
          "tests/training/test_micro_batches.py::test_ranks_may_take_their_rows_in_parts_too"),
    Plant("a command that takes its batch whole", "tasks/generation/pretraining.py",
          "r, lambda window", "replace(r, accumulate=1), lambda window",
          "tests/tasks/test_runs_with_less_memory.py::"
          "test_every_training_in_parts_ends_where_the_whole_does"),
    Plant("parts of a batch that share a mask", "nn/dropout.py",
          "first = rows.start * (size // n_rows) if told_apart else rows.start << 40",
          "first = 0", "tests/training/test_sharding.py::"
          "test_shared_rows_give_the_gradients_of_the_whole_batch"),
    Plant("words counted from the block, not from the start", "backend/randomness.py",
          "words[first : first + n]", "words[:n]", "tests/backend/test_randomness.py::"
          "test_words_from_a_later_start_are_those_of_the_same_sequence"),
    Plant("sum that keeps what it added", "autograd/arithmetic.py",
          "(unbroadcast(g, of_a), unbroadcast(g, of_b))",
          "(unbroadcast(g, a.shape), unbroadcast(g, b.shape))", "tests/ops/test_kept.py::"
          "test_no_operand_is_kept_that_is_never_read"),
    Plant("mask drawn anew where a block is computed again", "autograd/recomputing.py",
          "found: T = draw() if draws.source is None else draws.source(draw)",
          "found: T = draw()", "tests/autograd/test_recomputing.py::"
          "test_what_is_drawn_is_drawn_once_also_in_blocks_inside_blocks"),
    Plant("block computed again with weights that have changed", "autograd/tape.py",
          "                check_unchanged(node)\n", "", "tests/autograd/test_recomputing.py::"
          "test_what_was_changed_since_is_refused"),
    Plant("tape made anew that is walked beyond its end", "autograd/tape.py",
          "if parent is None or parent.order < since:", "if parent is None:",
          "tests/autograd/test_recomputing.py::"
          "test_blocks_beside_each_other_both_reach_what_lies_below"),
    Plant("parameters that a block without a tape does not notice", "autograd/recording.py",
          "mode.met.update(dict.fromkeys(node for node in parents if node is not None))", "pass",
          "tests/autograd/test_recomputing.py::"
          "test_nothing_inside_is_kept_and_the_gradient_is_the_same"),
    Plant("group of blocks whose second pass is free", "models/costs/peak.py",
          "max(entering + forward, backward)", "backward", "tests/models/costs/test_peak.py::"
          "test_the_peak_by_formula_is_the_measured_one"),
    Plant("gradients of the last update that are kept", "training/loop.py",
          "            del found  # not kept while the next ones are made\n", "",
          "tests/models/costs/test_peak.py::test_the_peak_by_formula_is_the_measured_one"),
    Plant("sum written into an array that is not the tape's", "autograd/tape.py",
          "if parent in sums:", "if parent in gradients:", "tests/autograd/test_tape.py::"
          "test_random_expressions_have_the_gradient_of_finite_differences"),
    Plant("penalties tuned on training texts", "tasks/baselines.py",
          "tune_bag_of_words(learned, examined,", "tune_bag_of_words(learned, learned,",
          "tests/commands/test_baselines.py::"
          "test_words_are_learned_from_train_and_the_penalty_is_chosen_on_dev"),
    Plant("a pipeline whose penalties are tuned on test", "commands/pipeline.py",
          "fit_baselines(corpus.train, corpus.dev,", "fit_baselines(corpus.train, corpus.test,",
          "tests/commands/test_pipeline_parts.py::"
          "test_train_is_learned_from_and_penalties_are_chosen_on_dev"),
    Plant("a test of sentences that the other training has seen",
          "labs/mismatch/single_clauses.py",
          'unseen(full.test, worlds["without"])', 'unseen(full.test, worlds["with"])',
          "tests/labs/mismatch/test_single_clauses.py::"
          "test_each_training_has_its_dial_and_none_has_a_sentence_that_is_tested"),
    Plant("passes chosen on test", "labs/real_text/sst2.py",
          "best_on(dev, tried)", "best_on(test, tried)",
          "tests/labs/real_text/test_studies_of_real_text.py::"
          "test_sst2_tunes_on_dev_and_scores_dev_and_test"),
    Plant("a threshold of spam chosen on test", "labs/real_text/spam.py",
          "decision = evaluate(classifier, dev)", "decision = evaluate(classifier, test)",
          "tests/labs/real_text/test_studies_of_real_text.py::"
          "test_the_threshold_is_chosen_on_dev_and_the_scores_are_of_test"),
    Plant("an attack of kinds that are said to be unseen", "labs/mismatch/spam_attack.py",
          '"aimed, unseen": aimed(settings.unseen)', '"aimed, unseen": aimed(settings.seen)',
          "tests/labs/mismatch/test_spam_attack.py::"
          "test_copies_of_every_message_are_learned_from_in_the_seen_kinds_only"),
    Plant("a threshold chosen on what was learned", "labs/mismatch/spam_filters.py",
          "evaluate(classifier, dev)", "evaluate(classifier, train)",
          "tests/labs/mismatch/test_spam_attack.py::"
          "test_the_threshold_is_the_best_of_dev_and_every_filter_learns_what_it_is_given"),
    Plant("an aimed attack that changes the least telling words", "text/misspelling_search.py",
          "key=lambda place: left[place]", "key=lambda place: -left[place]",
          "tests/text/test_misspelling_search.py::"
          "test_the_words_that_matter_most_are_misspelled_first"),
    Plant("right labels where wrong ones are studied", "labs/data/topics.py",
          "if number in wrong else label", "if number in () else label",
          "tests/labs/data/test_topics.py::"
          "test_a_share_of_the_labels_is_wrong_and_each_other_label_comes_up"),
    Plant("another version of public data", "labs/worlds/public.py",
          "    if digest_of(file) != file.sha256:\n        raise",
          "    if not file.sha256:\n        raise",
          "tests/labs/worlds/test_public.py::test_another_version_is_refused"),
    Plant("few labels always read at [CLS]", "labs/pretraining/few_labels.py",
          "pooling=pooling", 'pooling="cls"',
          "tests/labs/pretraining/test_few_labels.py::"
          "test_each_place_of_both_tables_is_its_own_training"),
    Plant("a sentence that goes round the bottleneck", "models/autoencoder.py",
          "expand_dims(self.code(ids, mask, segments), axis=1)", "self.bert(ids, mask, segments)",
          "tests/models/test_autoencoder.py::"
          "test_the_tokens_are_said_from_one_vector_and_a_position_alone"),
    Plant("left only that sees both sides", "models/left_only.py",
          "attend & moved_like(causal_mask(ids.shape[1]), x.data)", "attend",
          "tests/models/test_autoencoder.py::"
          "test_left_only_has_berts_parameters_and_gpts_mask"),
    Plant("a denoising autoencoder that is shown all", "tasks/autoencoding.py",
          "hide(ids, mask, vocabulary, rng).ids", "ids",
          "tests/tasks/test_autoencoding.py::"
          "test_the_denoising_autoencoder_is_shown_what_bert_is_shown_and_asked_for_all"),
    Plant("a probe that is chosen on what it learned", "labs/pretraining/probing.py",
          "probe.accuracy(dev[name])", "probe.accuracy(learned[name])",
          "tests/labs/pretraining/test_probing.py::"
          "test_what_fits_the_learned_sentences_best_is_not_chosen_for_that"),
    Plant("few labels that are all labels", "labs/two_stages.py",
          "labelled = self.examples[:labels]", "labelled = self.examples[:]",
          "tests/labs/test_two_stages.py::"
          "test_the_first_labels_are_learned_and_the_rest_are_texts_like_the_others"),
    Plant("a copy that is not pretrained", "labs/two_stages.py",
          "        if pretrained:\n", "        if not pretrained:\n",
          "tests/labs/test_two_stages.py::"
          "test_a_copy_is_finetuned_and_the_pretrained_model_stays"),
    Plant("a bag that keeps the strongest penalty", "models/bag_of_words.py",
          "model = type(self)(l2=l2,", "model = type(self)(l2=self.l2,",
          "tests/models/test_bag_of_words.py::test_a_tuned_model_is_that_of_its_penalty_alone"),
    Plant("words hidden in training sentences", "commands/pipeline_report.py",
          "training.masked_scores([text for text, _ in corpus.dev])",
          "training.masked_scores([text for text, _ in corpus.train])",
          "tests/commands/test_pipeline_parts.py::"
          "test_words_are_hidden_in_dev_sentences_and_counted_in_all_that_were_pretrained_on"),
    Plant("a confusion matrix of dev sentences", "commands/pipeline_report.py",
          "counts = evaluate(classifier, corpus.test)", "counts = evaluate(classifier, corpus.dev)",
          "tests/commands/test_pipeline_parts.py::"
          "test_every_score_is_of_test_sentences_and_of_those_that_the_column_names"),
    Plant("weights kept by their loss on test", "commands/train.py",
          'held_out=splits["dev"]', 'held_out=splits.get("test", splits["dev"])',
          "tests/commands/test_train_parts.py::"
          "test_weights_come_from_train_every_choice_from_dev_and_test_is_only_scored"),
    Plant("a split that knows no seed", "commands/splits.py",
          'stream(arguments.seed, "split")', 'stream(0, "split")',
          "tests/commands/test_train_parts.py::"
          "test_a_file_is_split_by_the_seed_of_the_run_and_the_parts_keep_their_names"),
    Plant("dev and test exchanged in the gap", "labs/regularization/gap.py",
          "(mine, corpus.dev, corpus.test)", "(mine, corpus.test, corpus.dev)",
          "tests/labs/regularization/test_gap.py::"
          "test_the_three_numbers_are_of_the_seeds_own_items_of_dev_and_of_test"),
    Plant("one training set for all seeds", "labs/regularization/gap.py",
          "corpus.train[seed * n : (seed + 1) * n]", "corpus.train[: n + 0 * seed]",
          "tests/labs/regularization/test_gap.py::"
          "test_no_two_seeds_of_the_study_learn_the_same_item"),
    Plant("a test drawn from the stream of training", "labs/transformer/positions.py",
          'stream(seed, "test texts")', 'stream(seed, "training texts")',
          "tests/labs/transformer/test_positions.py::"
          "test_no_text_of_the_test_is_one_of_training_and_other_seeds_draw_others"),
    Plant("first weights from the stream of the texts", "labs/transformer/positions.py",
          'stream(seed, f"reader, positions {kind}")', 'stream(seed, "training texts")',
          "tests/labs/test_streams.py::"
          "test_every_stream_and_corpus_is_of_the_seed_and_a_stream_is_asked_for_in_one_place"),
    Plant("a filter that drops below one half", "tasks/label_filter.py",
          "threshold: float = 0.3,", "threshold: float = 0.5,",
          "tests/tasks/test_label_filter.py::"
          "test_unasked_it_drops_below_0_3_and_parts_the_examples_in_five"),
    Plant("a study whose filter has a threshold of its own", "labs/data/cleaning.py",
          "threshold=settings.threshold", "threshold=0.5",
          "tests/labs/data/test_cleaning.py::"
          "test_the_filter_of_the_study_has_the_threshold_of_the_settings"),
    Plant("a milder shift", "labs/regularization/spurious.py",
          "(settings.in_distribution, settings.shifted)",
          "(settings.in_distribution, settings.shifted + 0.1)",
          "tests/labs/regularization/test_spurious.py::"
          "test_one_sample_of_the_training_world_is_judged_in_it_and_then_shifted"),
    Plant("dropout before the normalisation", "models/bert.py",
          "self.dropout(self.norm(x))", "self.norm(self.dropout(x))",
          "tests/models/test_bert.py::"
          "test_dropout_falls_on_the_normalised_vectors_and_nothing_rescales_them"),
    Plant("a mean over padding", "models/pooling.py",
          "masked_mean(hidden, mask=moved_like(mask, hidden.data))", "hidden.mean(axis=1)",
          "tests/models/test_pooling.py::"
          "test_a_padded_batch_is_classified_as_its_sentences_are_alone"),
    Plant("a budget in sentences", "labs/worlds/domains.py",
          "more = used + token_count([example])", "more = used + 15",
          "tests/labs/data/test_diversification.py::"
          "test_every_condition_has_the_same_budget_of_written_tokens"),
    Plant("hidden words that are shown", "tasks/masked_lm.py",
          "return MaskedBatch(corrupted, mask, targets)", "return MaskedBatch(ids, mask, targets)",
          "tests/guide/test_hidden_words.py::"
          "test_what_is_to_be_found_is_not_shown_in_eight_of_ten_cases"),
    Plant("the gap nearest to 0.4", "tasks/decision.py",
          "np.abs(middle[best] - 0.5)", "np.abs(middle[best] - 0.4)",
          "tests/tasks/test_decision.py::"
          "test_of_equally_good_gaps_the_one_nearest_to_one_half_counts"),
    Plant("masks of a score from the stream of pretraining", "tasks/masked_lm.py",
          'stream(seed, "held-out mask", number)', 'stream(seed, "mask", number)',
          "tests/tasks/test_streams.py::"
          "test_weights_orders_masks_and_the_masks_of_a_score_have_streams_of_their_own"),
    Plant("half a surrogate pair that is lost", "text/byte_alphabet.py",
          'return data.decode("utf-8", "surrogatepass")', 'return data.decode("utf-8", "replace")',
          "tests/text/test_byte_alphabet.py::"
          "test_lone_surrogates_come_back_and_two_of_them_are_not_their_character"),
    Plant("blanks that swallow the one before a word", "text/pretokens.py",
          "[ W]+(?![^ W])", "[ W]+", "tests/text/test_pretokens.py::"
          "test_pretokens_by_example"),
    Plant("ties of pairs settled by chance", "text/merging.py",
          "(-counts[pair], pair)", "-counts[pair]", "tests/text/test_merging.py::"
          "test_ties_go_to_the_smaller_pair"),
    Plant("a pair that is joined for a count it had", "text/merging_fast.py",
          "if count == -negative:", "if count:", "tests/reference/test_tokenizers.py::"
          "test_the_merges_are_theirs"),
    Plant("counts of pairs that never fall", "text/merging_fast.py",
          "self.counts[other] -= times", "pass", "tests/reference/test_tokenizers.py::"
          "test_the_merges_are_theirs"),
    Plant("merges of tokens that nobody built", "text/byte_pairs.py",
          "if unknown:", "if False:", "tests/text/test_byte_pairs.py::"
          "test_merges_that_cannot_be_applied_are_refused"),
    Plant("the shortest piece first", "text/wordpiece.py",
          "range(min(len(word), start + longest), start, -1)",
          "range(start + 1, min(len(word), start + longest) + 1)",
          "tests/text/test_wordpiece.py::"
          "test_the_longest_piece_is_taken_although_another_would_reach_the_end"),
    Plant("pieces of a word of any length", "text/wordpiece.py",
          "if len(word) > LONGEST_WORD:", "if False:", "tests/text/test_wordpiece.py::"
          "test_a_word_of_more_than_a_hundred_characters_is_unknown"),
    Plant("Chinese characters that WordPiece keeps together", "text/bert_cleaning.py",
          "if is_chinese(character):", "if False:", "tests/text/test_bert_cleaning.py::"
          "test_words_by_example"),
    Plant("special tokens that anybody can write", "text/text_ids.py",
          "sorted(recognise, key", "sorted(vocabulary.special.values(), key",
          "tests/text/test_text_ids.py::"
          "test_only_those_that_are_asked_for_are_recognised"),
    Plant("a special token that ordinary text yields", "text/learned_tokenizers.py",
          "if token in tokens:", "if False:", "tests/text/test_learned_tokenizers.py::"
          "test_a_special_token_that_text_can_yield_is_refused"),
    Plant("merges that were cut off", "text/tokenizer_files.py",
          "if unbuilt:", "if False:", "tests/text/test_tokenizer_files.py::"
          "test_bad_merges_are_refused_with_file_and_line"),
    Plant("GPT that sees what comes later", "models/gpt_parts.py",
          "causal=True", "causal=False", "tests/models/test_gpt.py::"
          "test_later_tokens_change_no_earlier_logits"),
    Plant("padding as a target", "models/gpt_parts.py",
          "mask[:, 1:] & mask[:, :-1]", "mask[:, 1:] | True", "tests/models/test_gpt.py::"
          "test_next_tokens_are_one_on_and_padding_is_no_target"),
    Plant("nucleus without the token that fills it", "models/decoding/filters.py",
          "order, before < p,", "order, before + sorted_p <= p,",
          "tests/models/decoding/test_filters.py::"
          "test_the_nucleus_has_the_probability_p_and_without_its_last_token_has_not"),
    Plant("penalty that favours negative logits", "models/decoding/filters.py",
          "logits * float(penalty)", "logits / float(penalty)",
          "tests/models/decoding/test_filters.py::"
          "test_a_penalty_raises_nothing_and_leaves_what_was_not_seen"),
    Plant("penalty that forgets what was written", "models/decoding/generation.py",
          "seen[rows, tokens] = True", "pass", "tests/models/decoding/test_generation.py::"
          "test_a_penalty_counts_the_prompt_and_what_was_written"),
    Plant("cache that counts padding as positions", "models/decoding/lean.py",
          "- self.padding[:, None]", "- 0 * self.padding[:, None]",
          "tests/models/decoding/test_readers.py::"
          "test_a_cache_changes_no_logit"),
    Plant("beams without a length penalty", "models/decoding/beam.py",
          "beam.total / length_penalty(len(beam.tokens), alpha)", "beam.total",
          "tests/models/decoding/test_beam.py::"
          "test_wide_enough_it_is_exhaustive_search"),
    Plant("half a stop string that is shown", "models/decoding/stopping.py",
          "+ max(begun, default=0)", "", "tests/models/decoding/test_stopping.py::"
          "test_what_may_become_a_stop_string_is_held_back"),
    Plant("shorter n-grams counted as they occur", "models/ngrams.py",
          "ends[n][new_before(ends, place, n)]", "ends[n][place >= n - 1 + 0]",
          "tests/models/test_ngrams.py::test_probabilities_are_those_of_the_formula"),
    Plant("n-grams that reach from one text into the next", "models/ngrams.py",
          "np.arange(len(row)) for row in rows",
          "np.arange(len(row)) + 9 * (row is not rows[0]) for row in rows",
          "tests/models/test_ngrams.py::test_no_ngram_reaches_from_one_text_into_the_next"),
    Plant("discounts that leave nothing to what is new", "models/ngrams.py",
          "if (found[1:] > 0).all() else half", "",
          "tests/models/test_ngrams.py::"
          "test_discounts_of_many_counts_are_those_of_the_formula"),
    Plant("pieces that leave a token out", "tasks/generation/windows.py",
          "range(0, len(text) - 1, length)", "range(0, len(text) - 1, length + 1)",
          "tests/tasks/generation/test_windows.py::"
          "test_every_token_that_has_one_before_it_is_a_target_once"),
    Plant("a last place where no piece begins", "tasks/generation/windows.py",
          "rng.integers(len(ids) - length,", "rng.integers(len(ids) - length - 1,",
          "tests/tasks/generation/test_windows.py::test_pieces_begin_at_every_place_alike"),
    Plant("a mean of batches and not of tokens", "training/evaluation_mode.py",
          "size = count(batch)", "size = 1",
          "tests/tasks/generation/test_held_out.py::"
          "test_the_loss_is_the_mean_over_tokens_and_not_over_texts_or_batches"),
    Plant("n-grams chosen on what they counted", "tasks/generation/held_out.py",
          "NGrams(learned, vocabulary", "NGrams(texts, vocabulary",
          "tests/tasks/generation/test_held_out.py::"
          "test_the_length_of_ngrams_is_chosen_on_text_that_they_were_not_counted_on"),
    Plant("a message that speaks for another", "tasks/generation/chat.py",
          "recognise=marks if marked else ()", "recognise=marks",
          "tests/tasks/generation/test_language_model.py::test_nobody_speaks_for_another"),
    Plant("the last language model instead of the best", "tasks/generation/pretraining.py",
          'keep="best",', 'keep="last",',
          "tests/tasks/generation/test_pretraining.py::"
          "test_the_weights_with_the_least_held_out_loss_are_kept"),
    Plant("documents without an end", "tasks/generation/language_model.py",
          "[self.frame[0], *ids, self.frame[1]]", "[self.frame[0], *ids]",
          "tests/tasks/generation/test_pretraining.py::test_documents_begin_and_end"),
    Plant("held-out texts that are also learned", "commands/held_out.py",
          "if key(one) not in keys]", "]",
          "tests/commands/test_pretrain.py::"
          "test_a_text_that_is_given_to_measure_on_is_dropped_from_training"),
    Plant("control characters on a terminal", "commands/generate.py",
          "print(visible(piece), end", "print(piece, end",
          "tests/commands/test_generate.py::"
          "test_control_characters_that_a_model_writes_are_shown_as_signs"),
]  # fmt: skip

COMPILED = [  # numba must be there for their tests to run
    Plant("loop of gelu without the end of its slope", "ops/kernels_compiled/loops.py",
          "below + z * e * PHI_OF_0", "below", "tests/ops/kernels/test_gelus.py"),
    Plant("loop of gelu for which minus infinity is a number", "ops/kernels_compiled/loops.py",
          "z = -FAR if x < -FAR else x", "z = x", "tests/ops/kernels/test_gelus.py"),
    Plant("exponential with sums in any order", "backend/compilation.py",
          "numba.njit(fastmath=EXACT, error", "numba.njit(fastmath=SUMS, error",
          "tests/ops/kernels/test_gelus.py"),
    Plant("loop of softmax deaf to the mask", "ops/kernels_compiled/loops.py",
          "if mask[mb, mh, t, s] else -INFINITY", "if True else -INFINITY",
          "tests/ops/kernels/test_attentions.py"),
    Plant("loop of softmax for which a NaN is a score", "ops/kernels_compiled/loops.py",
          "                if not total < INFINITY:\n                    return False\n", "",
          "tests/ops/kernels/test_attentions.py"),
    Plant("loop of cross-entropy that counts all rows", "ops/kernels_compiled/loops.py",
          "if share[i] == ZERO:", "if False:", "tests/ops/kernels/test_cross_entropies.py"),
    Plant("loop of layer norm that forgets the mean", "ops/kernels_compiled/normalizations.py",
          "* gain[j] - mean_h - z", "* gain[j] - z",
          "tests/ops/kernels/test_normalizations.py"),
    Plant("loop of layer norm far from zero", "ops/kernels_compiled/normalizations.py",
          "and middle * middle <= FARTHEST * square", "",
          "tests/ops/kernels/test_normalizations.py"),
    Plant("loop for arrays that begin at an odd byte", "ops/kernels_compiled/single.py",
          "all(x.flags.aligned for x in arrays)", "True", "tests/ops/kernels/test_compiled.py"),
    Plant("loop of Adam that is silent about infinity", "optim/adam_in_a_loop.py",
          "np.multiply(g, g)  #", "pass  #", "tests/optim/test_adam_in_chunks.py"),
    Plant("loop of Adam without bias correction", "optim/adam_in_a_loop.py",
          "np.sqrt(square) * root", "np.sqrt(square)", "tests/optim/test_adam_in_chunks.py"),
]  # fmt: skip
if importlib.util.find_spec("numba") is not None:
    PLANTS += COMPILED
