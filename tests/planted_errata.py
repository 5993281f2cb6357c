"""Mistakes that tests of the errata must notice: for every tested row at least one.

As ``tests/planted.py``, but several tests may be named, apart by blanks: each must turn red.
"""

from tests.planted import Plant

GUIDE = "tests/guide/test_"

ERRATA_PLANTS = [
    Plant("a spelling that is the plain one", "labs/request_attacks.py",
          "replace(request, encoding=encoding))", "request)",
          "tests/labs/test_request_attacks.py::test_each_attack_by_example"),
    Plant("merges that are never applied", "text/byte_pairs.py",
          "tokens = apply_merges_fast(as_characters(word), self.ranks)",
          "tokens = list(as_characters(word))",
          f"{GUIDE}tokenization.py::"
          "test_a19_sub_words_know_every_word_and_need_fewer_tokens_than_characters"),
    Plant("squared error that is not squared", "ops/elementwise_losses.py",
          "costs = (share * difference) * difference  #", "costs = share * abs(difference)  #",
          f"{GUIDE}objectives.py::"
          "test_a9_unseen_data_of_the_same_kind_and_of_another_kind_are_two_questions"),
    Plant("gradient of the squared error upside down", "ops/elementwise_losses.py",
          "2.0 * share * g * difference", "-2.0 * share * g * difference",
          f"{GUIDE}objectives.py::"
          "test_a10_a_projected_gradient_no_longer_works_against_the_other_goal"),
    Plant("dropout that forgets its scale", "ops/noise.py",
          "return x * keep, lambda", "return x * (keep > 0), lambda",
          f"{GUIDE}regularization_terms.py::"
          "test_a12_dropout_acts_like_a_penalty_that_nobody_wrote_down "
          f"{GUIDE}regularization_terms.py::"
          "test_a13_dropping_alone_would_lower_the_mean_and_the_scale_restores_it"),
    Plant("smoothing that leaves the target whole", "ops/losses.py",
          "times_or_0(1.0 - smoothing, log_p[chosen])", "times_or_0(1.0, log_p[chosen])",
          f"{GUIDE}regularization_terms.py::test_a12_label_smoothing_amounts_to_a_penalty"),
    Plant("dropout in use", "nn/dropout.py",
          "if not self.training or self.rate == 0.0", "if self.rate == 0.0",
          f"{GUIDE}regularization_terms.py::test_a13_dropout_makes_no_network_smaller"),
    Plant("segments that are looked up and not added", "models/bert.py",
          "x = x + self.segments(on_device(", "self.segments(on_device(",
          f"{GUIDE}self_supervision.py::"
          "test_a18_pretraining_teaches_the_embedding_layer_and_every_block_at_once "
          "tests/models/test_bert.py::"
          "test_tokens_positions_and_segments_are_added_and_normalised_then_pass_every_block"),
    Plant("rows of a table off by one", "ops/lookup.py",
          "return table[ids], vjp", "return table[ids - 1], vjp",
          f"{GUIDE}self_supervision.py::"
          "test_a20_the_words_of_a_corpus_have_fewer_dimensions_behind_the_layer "
          "tests/ops/test_lookup.py::test_g8_lookup_is_the_product_with_one_hot_rows"),
    Plant("BERT that runs its blocks for nothing", "models/bert.py",
          "return through_blocks(self.blocks, x, mask=attend, recomputed=self.recompute)",
          "return (through_blocks(self.blocks, x, mask=attend), x)[1]",
          f"{GUIDE}self_supervision.py::"
          "test_a21_a_word_vector_ignores_the_sentence_and_an_encoder_does_not "
          "tests/models/test_bert.py::"
          "test_a_later_token_changes_an_earlier_output_and_an_earlier_one_a_later"),
    Plant("two random tokens in ten", "text/masking.py",
          "chosen & (lot >= 0.9)", "chosen & (lot >= 0.8)", "tests/text/test_masking.py::"
          "test_chosen_tokens_are_masked_replaced_or_kept_as_eight_to_one_to_one"),
    Plant("neighbours counted and not asked", "tasks/masked_lm.py",
          "if neighbour != self.vocabulary.mask_id:", "if False:",
          f"{GUIDE}self_supervision.py::"
          "test_a23_copying_solves_the_autoencoder_and_says_nothing_about_hidden_words"),
    Plant("softmax divided by its largest", "ops/probabilities.py",
          "weights / weights.sum(axis=axis, keepdims=True), scores.dtype",
          "weights / weights.max(axis=axis, keepdims=True), scores.dtype",
          f"{GUIDE}outputs.py::"
          "test_a26_a_text_a_token_and_a_hidden_word_have_distributions_of_three_shapes "
          f"{GUIDE}worked_attention.py::test_a59_with_columns_as_printed_the_product_is_a_matrix "
          f"{GUIDE}worked_attention.py::test_a60_a_tenth_is_the_weight_of_ten_equal_scores"),
    Plant("attention weights divided by their largest", "ops/attention.py",
          "total = weights.sum(axis=-1", "total = weights.max(axis=-1",
          f"{GUIDE}multi_head.py::"
          "test_a27_a_weight_belongs_to_two_positions_and_twice_the_text_has_four_times_as_many "
          f"{GUIDE}multi_head.py::"
          "test_a30_the_dot_products_are_scores_and_become_weights_by_softmax "
          f"{GUIDE}worked_attention.py::"
          "test_two_equal_words_share_the_attention_and_the_output_is_ones "
          "tests/ops/test_attention.py::test_values_that_are_all_alike_come_out_unchanged"),
    Plant("scores as large as the keys are wide", "ops/attention.py",
          "query.shape[-1] ** -0.5 if scale", "1.0 if scale",
          f"{GUIDE}projections.py::"
          "test_attention_in_rows_and_in_columns_agree_and_the_mix_attends_over_features "
          "tests/ops/test_attention.py::"
          "test_g15_without_the_scale_wide_heads_attend_to_almost_one_key_alone "
          f"{GUIDE}worked_attention.py::"
          "test_a59_the_score_is_the_root_of_300_and_not_a_tenth"),
    Plant("a linear layer that mixes the positions of a square", "nn/linear.py",
          "return linear(x, self.weight, self.bias)",
          "return self.weight @ x if self.weight.shape == x.shape else "
          "linear(x, self.weight, self.bias)",
          f"{GUIDE}projections.py::"
          "test_a28_a_matrix_on_the_left_of_rows_does_not_fit_or_mixes_the_positions"),
    Plant("values as wide as keys", "ops/attention.py",
          "if query.shape[-1] != key.shape[-1] or key.shape[-1] == 0:",
          "if not 0 < query.shape[-1] == key.shape[-1] == value.shape[-1]:",
          f"{GUIDE}projections.py::"
          "test_values_may_have_another_width_than_queries_and_keys"),
    Plant("a block without its last normalisation", "nn/blocks.py",
          "return self.feed_forward_norm(x + self.dropped(self.feed_forward(x)))",
          "return x + self.dropped(self.feed_forward(x))",
          "tests/nn/test_depth.py::"
          "test_the_stream_grows_exponentially_without_normalization_and_not_with_it "
          f"{GUIDE}transformer_code.py::"
          "test_a38_with_one_head_the_printed_layer_has_both_additions_and_no_normalization"),
    Plant("positions that are not added", "nn/positions.py",
          "return x + (self.weight[rows] if isinstance(rows, slice) else self.looked_up(rows))",
          "return x",
          f"{GUIDE}transformer_code.py::"
          "test_a38_the_printed_layer_cannot_tell_the_order_that_positions_would_tell "
          "tests/nn/test_attention.py::"
          "test_with_positions_the_order_of_the_words_matters"),
    Plant("heads that take pieces of the sequence", "nn/attention.py",
          "    return swapaxes(x.reshape(*lead, length, n_heads, width // n_heads), "
          "axis1=-3, axis2=-2)",
          "    return x.reshape(*lead, n_heads, length, width // n_heads)",
          f"{GUIDE}multi_head.py::test_a34_the_output_matrix_mixes_the_heads "
          "tests/nn/test_attention.py::test_it_equals_seven_explicit_heads"),
    Plant("one head whatever is asked for", "nn/attention.py",
          "self.n_heads, self.sharing = n_heads, n_heads // n_key_heads",
          "self.n_heads, self.sharing = 1, 1",
          f"{GUIDE}multi_head.py::test_a48_the_printed_formula_is_a_single_head"),
    Plant("attention with an addition of its own", "nn/attention.py",
          "mixed = self.output(merge_heads(heads))", "mixed = x + self.output(merge_heads(heads))",
          "tests/nn/test_depth.py::"
          "test_attention_alone_makes_all_tokens_equal_and_the_residual_path_prevents_it "
          f"{GUIDE}transformer_code.py::"
          "test_a36_without_the_second_addition_a_silent_branch_wipes_out_its_input"),
    Plant("heads that are counted instead of joined", "nn/attention.py",
          "mixed = self.output(merge_heads(heads))",
          "mixed = self.n_heads * self.output(merge_heads(heads))",
          "tests/nn/test_depth.py::test_a_loop_over_heads_is_not_parallel_heads"),
    Plant("cross-attention in the place of the stream", "nn/blocks.py",
          "x = self.cross_attention_norm(x + self.dropped(read))",
          "x = self.cross_attention_norm(self.dropped(read))",
          "tests/nn/test_decoder_blocks.py::"
          "test_the_block_of_the_paper_normalises_after_each_of_three_additions"),
    Plant("a feed-forward network cut off from its first matrix", "nn/feed_forward.py",
          "self.outer(self.activation(self.inner(x)))",
          "self.outer(self.activation(self.inner(x)).detach())",
          f"{GUIDE}transformer_code.py::"
          "test_a40_in_the_listed_order_the_feed_forward_network_has_no_effect"),
    Plant("a table of large numbers", "nn/embedding.py", "std=0.02, rng", "std=2.0, rng",
          f"{GUIDE}transformer_code.py::"
          "test_a41_a_transformer_that_has_not_been_trained_guesses "
          "tests/nn/test_embedding.py::"
          "test_the_table_starts_with_standard_deviation_two_hundredths"),
    Plant("log-softmax half in bits", "ops/probabilities.py",
          "y -= xp.log(xp.exp(y)", "y -= xp.log2(xp.exp(y)",
          f"{GUIDE}word_vectors.py::"
          "test_a42_word_vectors_can_be_learned_without_any_negative_sample "
          f"{GUIDE}word_vectors.py::"
          "test_a44_the_printed_loss_is_never_positive_and_minimising_it_diverges "
          f"{GUIDE}word_vectors.py::"
          "test_a44_negative_samples_tell_neighbours_from_chance "
          f"{GUIDE}word_vectors.py::test_a47_the_count_never_enters_the_printed_loss"),
    Plant("gradients of a product of matrices upside down", "autograd/arithmetic.py",
          "g = g if b.ndim > 1 else xp.expand_dims(g, -1)",
          "g = -g if b.ndim > 1 else xp.expand_dims(g, -1)",
          f"{GUIDE}word_vectors.py::"
          "test_a43_with_one_matrix_every_word_is_its_own_neighbour "
          f"{GUIDE}worked_word_vectors.py::"
          "test_a51_what_fits_the_block_does_not_fit_the_row "
          f"{GUIDE}worked_word_vectors.py::"
          "test_a57_glove_fits_the_count_and_leaves_the_vectors_open"),
    Plant("sigmoid that ends at a half", "ops/activations.py",
          "/ (1.0 + xp.exp(-xp.abs(x)))", "/ (2.0 + xp.exp(-xp.abs(x)))",
          f"{GUIDE}word_vectors.py::"
          "test_a45_free_scores_end_at_pmi_minus_the_logarithm_of_k "
          f"{GUIDE}worked_word_vectors.py::"
          "test_a52_both_words_occur_and_the_denominator_is_the_root_of_20 "
          f"{GUIDE}worked_word_vectors.py::"
          "test_a53_the_best_value_of_a_term_is_0_and_two_terms_of_minus_1_make_minus_2 "
          f"{GUIDE}worked_word_vectors.py::"
          "test_a54_the_equation_has_a_negative_solution_and_not_exp_of_minus_1"),
    Plant("a feed-forward network with one bias", "nn/feed_forward.py",
          "Linear(hidden, width, rng=rng, bias=bias)", "Linear(hidden, width, rng=rng, bias=False)",
          f"{GUIDE}feed_forward.py::"
          "test_a49_the_auxiliary_part_holds_two_thirds_of_the_weights"),
    Plant("a feed-forward network as the guide prints it", "nn/feed_forward.py",
          "return self.outer(self.activation(self.inner(x)))",
          "return self.activation(self.outer(self.activation(self.inner(x))))",
          f"{GUIDE}feed_forward.py::test_a50_the_printed_formula_never_falls_below_its_bias "
          "tests/nn/test_feed_forward.py::"
          "test_a_second_relu_cannot_be_trained_to_a_target_with_both_signs"),
    Plant("gradient of a table off by one row", "ops/lookup.py",
          "scatter_add(shape, ids, widened(g))", "scatter_add(shape, ids - 1, widened(g))",
          f"{GUIDE}worked_word_vectors.py::"
          "test_a51_two_rows_of_counts_leave_998_of_1000_words_untouched"),
    Plant("a factor that is its own gradient", "autograd/arithmetic.py",
          "return unbroadcast(g * b, a.shape), unbroadcast(g * a, b.shape)",
          "return unbroadcast(g * a, a.shape), unbroadcast(g * a, b.shape)",
          f"{GUIDE}worked_word_vectors.py::"
          "test_a55_one_product_has_many_solutions_and_a_vector_is_no_divisor "
          f"{GUIDE}worked_word_vectors.py::test_a56_the_second_equation_is_the_first_one_again"),
    Plant("texts cut at the other end", "text/batching.py",
          'if truncate == "right" else row[', 'if truncate != "right" else row[',
          f"{GUIDE}tokenization.py::"
          "test_a64_a_wrapper_with_the_name_of_what_it_wraps_calls_itself "
          f"{GUIDE}padding.py::"
          "test_a67_the_guides_library_cuts_and_pads_at_the_front_and_ours_at_the_end"),
    Plant("a mask that forgets the padding", "text/batching.py",
          "mask[i, place] = True", "mask[i] = True",
          f"{GUIDE}padding.py::test_a67_an_unmasked_mean_of_padding_is_the_padding"),
    Plant("Chinese split at blanks", "text/tokenizers.py",
          'return "I"', 'return "L"', f"{GUIDE}tokenization.py::"
          "test_a66_our_words_part_chinese_characters_and_know_them_again"),
    Plant("ids above the table", "backend/ids.py",
          "if array.size and (array.min() < 0 or array.max() >= size):",
          "if array.size and array.min() < 0:", f"{GUIDE}tokenization.py::"
          "test_a68_a_table_as_high_as_the_sequence_is_long_lacks_rows"),
    Plant("a net that learns the labels of other texts", "labs/guide_code/reviews_and_news.py",
          "labels.encode(names)), order)", "labels.encode(names[::-1])), order)",
          f"{GUIDE}classifier_code.py::"
          "test_a63_a_model_that_is_built_and_never_trained_knows_nothing"),
    Plant("a pooling that adds up", "labs/guide_code/layers.py",
          "return x.mean(axis=1)", "return x.sum(axis=1)", f"{GUIDE}classifier_code.py::"
          "test_a69_a_name_that_the_block_does_not_import_is_not_defined"),
    Plant("a pooling of whatever has two axes", "labs/guide_code/layers.py",
          "if x.ndim != 3:", "if x.ndim < 2:", f"{GUIDE}classifier_code.py::"
          "test_a70_the_second_pooling_finds_two_axes"),
    Plant("a mean of the words that is their first", "models/average_pooling.py",
          "mean_of_real(self.tokens(ids), mask)", "self.tokens(ids)[:, 0, :]",
          "tests/models/test_average_pooling.py::"
          "test_a71_the_order_of_the_words_makes_no_difference_and_nothing_in_it_could_see_it "
          "tests/models/test_average_pooling.py::"
          "test_padding_on_either_side_and_of_any_length_changes_nothing"),
    Plant("a start that is not undecided", "models/average_pooling.py",
          "return cross_entropy(self(ids, mask), targets=targets)",
          "return cross_entropy(self(ids, mask) * 99, targets=targets)",
          f"{GUIDE}classifier_code.py::"
          "test_a72_the_loss_wants_one_hot_rows_and_class_numbers_have_another"),
    Plant("a sentence that is read behind its first token", "models/pooling.py",
          "return hidden[:, first, :]", "return hidden[:, first + 1, :]",
          f"{GUIDE}classifier_code.py::test_a73_bert_reads_the_vector_at_cls_and_no_mean"),
    Plant("a vertex on the other side", "labs/challenges/bottlenecks.py",
          "np.exp(-line / (2.0 * square))", "np.exp(line / (2.0 * square))",
          "tests/labs/challenges/test_bottlenecks.py::"
          "test_a101_at_given_operations_the_best_size_lies_between_and_grows_with_its_data"),
    Plant("examples that are shown with one label", "tasks/few_shot.py",
          "{text}{arrow} {words[label]}{end}\" for text, label in examples)",
          "{text}{arrow} {words[min(words)]}{end}\" for text, label in examples)",
          "tests/tasks/generation/test_in_context.py::"
          "test_the_examples_alone_tell_which_word_names_which_class"),
    Plant("a decoder that does not see what it has written", "models/encoder_decoder.py",
          "y = self.embed(self.target_tokens, self.target_positions, target, mask, before)",
          "y = self.embed(self.target_tokens, self.target_positions, 0 * target, mask, before)",
          f"{GUIDE}encoder_only.py::"
          "test_of_two_right_answers_an_encoder_writes_half_of_one_and_half_of_the_other"),
    Plant("noise of which the clip is forgotten", "training/privacy/private.py",
          "((summed + self.noise * self.clip * z)", "((summed + self.noise * z)",
          f"{GUIDE}privacy.py::"
          "test_a106_noise_keeps_the_best_attack_on_the_worst_text_below_its_bound"),
    Plant("odds of a base rate upside down", "tasks/metrics/fairness_identities.py",
          "return base_rate / (1 - base_rate) * (1 - precision)",
          "return (1 - base_rate) / base_rate * (1 - precision)",
          "tests/tasks/metrics/test_fairness.py::"
          "test_the_identity_of_the_rates_holds_in_every_table"),
    Plant("shares of a text of which only a part was walked",
          "models/attribution/integrated_gradients.py",
          "found: np.ndarray = (way * total)", "found: np.ndarray = (way * total / 2)",
          f"{GUIDE}interpretability.py::"
          "test_a104_the_weights_lie_open_and_the_word_that_decides_is_another"),
]  # fmt: skip
