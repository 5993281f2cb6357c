"""Mistakes that tests of the guide's map must notice: for every row that is done at least one.

As ``tests/planted_errata.py``; rows that other plants already watch are not here again.
"""

from tests.planted import Plant

GUIDE_PLANTS = [
    Plant("negative ids that count from the end", "backend/ids.py",
          "(array.min() < 0 or array.max() >= size)", "array.max() >= size",
          "tests/text/test_vocabulary.py::test_ids_without_a_token_are_refused"),
    Plant("unknown words that nobody counts", "text/vocabulary.py",
          "n_unknown += sum(token not in self.ordinary for token in tokens)", "pass",
          "tests/text/test_vocabulary.py::test_the_unknown_rate_is_a_share_of_tokens"),
    Plant("duplicates told by their case", "text/cleaning.py",
          "elif key in kept:", "elif example.text in kept:",
          "tests/text/test_cleaning.py::test_injected_noise_is_found_and_nothing_else_is_dropped"),
    Plant("another form that is the same one", "text/augmentation.py",
          "enumerate(family.templates) if i != place]", "enumerate(family.templates)]",
          "tests/text/corpora/test_rewriting.py::"
          "test_every_sentence_rewritten_is_another_one_of_the_grammar_with_the_same_label"),
    Plant("words dropped and kept the other way round", "text/augmentation.py",
          "if lot >= rate\n", "if lot < rate\n",
          "tests/text/test_augmentation.py::test_word_dropout_drops_the_share_that_it_says"),
    Plant("neighbours alone that are swapped", "text/augmentation.py",
          "i, j = (int(place) for place in rng.choice(len(moved), size=2, replace=False))",
          "i = int(rng.integers(len(moved) - 1)); j = i + 1",
          "tests/text/test_augmentation.py::test_one_swap_reaches_every_pair"),
    Plant("synonyms for parts of words", "text/augmentation.py",
          'rf"(?<!\\w)(?:{alternatives(others)})(?!\\w)"', 'rf"(?:{alternatives(others)})"',
          "tests/text/test_augmentation.py::test_synonyms_by_example"),
    Plant("learned positions that are not added", "nn/positions.py",
          "return x + (self.weight[rows] if", "return x + 0 * (self.weight[rows] if",
          "tests/labs/transformer/test_positions.py::"
          "test_a_reader_knows_the_order_only_with_positions"),
    Plant("one sinusoid for all positions", "nn/positions.py",
          "angles = np.arange(length)[:, None]", "angles = np.ones(length)[:, None]",
          "tests/labs/transformer/test_positions.py::"
          "test_a_reader_knows_the_order_only_with_positions"),
    Plant("a mask that shows the next word", "nn/masks.py",
          "k=keys - queries,", "k=keys - queries + 1,",
          "tests/labs/transformer/test_recall.py::test_no_model_reads_ahead_and_each_reads_back"),
    Plant("decay inside the division", "optim/adam.py",
          "step = m_hat / (v_hat**0.5 + self.eps) + self.decay(i, w)",
          "step = (m_hat + self.decay(i, w)) / (v_hat**0.5 + self.eps)",
          "tests/optim/test_adam.py::"
          "test_decay_reaches_all_weights_alike_and_a_penalty_in_the_gradient_does_not"),
    Plant("cross-entropy whose gradient forgets the target", "ops/losses.py",
          "grad[chosen] -= 1.0  #", "grad[chosen] -= 0.0  #",
          "tests/ops/test_losses.py::test_g25_the_loss_of_logits_of_a_thousand_is_exact"),
    Plant("fine-tuning before pretraining", "tasks/classifier_training.py",
          "[self.pretraining(), self.finetuning()]", "[self.finetuning(), self.pretraining()]",
          "tests/tasks/test_classifier_training.py::"
          "test_both_stages_are_run_in_turn_with_warm_up_and_decay"),
    Plant("pretraining drawn as a layer", "course/content/diagram.json",
          '"embedding",', '"pretraining",',
          "tests/course/test_diagram.py::test_pretraining_is_a_phase_and_no_layer"),
    Plant("a gradient that differs from torch's", "ops/normalization.py",
          "(h - mean_h - z * mean_hz) / s", "(h - mean_h - z * mean_hz) * s",
          "tests/reference/test_blocks.py::"
          "test_a_block_agrees_with_torch_in_its_output_and_every_gradient"),
    Plant("a reading list without its first entry", "course/pages.py",
          '[Cited(**row) for row in data["guide"]]', '[Cited(**row) for row in data["guide"][1:]]',
          "tests/course/test_pages.py::"
          "test_every_statement_of_the_guide_about_its_sources_has_a_verdict"),
    Plant("the guide's terms in the order of another list", "course/pages.py",
          '[Named(**row) for row in data["section_1_4"]]',
          '[Named(**row) for row in data["section_1_4"][::-1]]',
          "tests/course/test_pages.py::"
          "test_the_guides_own_terms_come_in_its_order_with_names_that_the_glossary_has"),
    Plant("LoRA beside a weight that learns too", "nn/lora.py",
          "self.layer: Linear = layer.freeze()", "self.layer: Linear = layer",
          "tests/nn/test_lora.py::test_the_gradient_is_right_and_the_layer_below_gets_none"),
    Plant("forgetting asked of the same texts twice", "labs/finetuning/ways.py",
          "training.language_loss(own), training.language_loss(others)",
          "training.language_loss(own), training.language_loss(own)",
          "tests/labs/finetuning/test_ways.py::"
          "test_every_way_has_the_same_start_labels_and_updates"),
    Plant("a macro-F1 without the classes that nobody has", "tasks/metrics/classification.py",
          "for c in range(n_classes)", "for c in set(true)",
          "tests/tasks/metrics/test_classification.py::"
          "test_macro_f1_gives_every_class_the_same_weight"),
    Plant("a label's word of which the last piece alone counts", "tasks/generation/label_words.py",
          "] = last + np.reshape(inside, (-1, 1))", "] = last",
          "tests/tasks/generation/test_label_words.py::"
          "test_scores_are_sums_of_the_models_own_log_probabilities"),
    Plant("a front whose weights are the wrong way round", "labs/conflict/joint_training.py",
          "weighted_loss(losses(rated), weights)", "weighted_loss(losses(rated), weights[::-1])",
          "tests/labs/conflict/test_raters.py::"
          "test_a_brief_training_is_above_the_front_and_moves_along_it_with_the_weight"),
    Plant("a decay that the last stage does not have", "labs/conflict/defences.py",
          "replace(case.stages.safety, weight_decay=decay)", "case.stages.safety",
          "tests/labs/conflict/test_jailbreaks.py::"
          "test_every_remedy_gives_another_model_and_leaves_the_shared_one"),
    Plant("encodings that are said to be covered", "labs/mismatch/encodings_remedies.py",
          "if name != PLAIN)))", "if name == PLAIN)))",
          "tests/labs/mismatch/test_encodings.py::"
          "test_a_small_gpt_reads_what_is_encoded_and_refuses_it_where_that_was_covered"),
    Plant("a shift that does not take place", "labs/worlds/lexicons.py",
          'rng.random(sides.shape) < share("shift", shift)',
          'rng.random(sides.shape) < 0 * share("shift", shift)',
          "tests/labs/mismatch/test_lexicon.py::"
          "test_who_knows_of_the_other_words_helps"),
    Plant("a cause that is named and not changed", "labs/mismatch/shortcut_causes.py",
          "replace(s, agreements=(agreement,) * len(s.agreements))", "s",
          "tests/labs/mismatch/test_shortcut_causes.py::"
          "test_the_tag_and_its_agreement_are_causes"),
    Plant("a window that reaches into the next sentence", "models/word_vectors/windows.py",
          "inside & same & (", "inside & (",
          "tests/models/word_vectors/test_windows.py::"
          "test_pairs_are_those_of_a_loop_and_none_crosses_a_sentence"),
    Plant("negatives as frequent as the words", "models/word_vectors/noise.py",
          ".astype(float) ** power", ".astype(float)",
          "tests/models/word_vectors/test_noise.py::"
          "test_drawn_words_have_these_frequencies_by_chi_square"),
    Plant("a context word that is moved as if it were alone", "models/word_vectors/cbow.py",
          "step * part[there][:, None] * d_v[row]", "step * d_v[row]",
          "tests/models/word_vectors/test_steps.py::"
          "test_a_step_of_cbow_is_that_of_the_tape"),
    Plant("a number divided by a vector", "labs/guide_code/worked_word_vectors.py",
          "(product - z @ v) / square * v + z", "product / v",
          "tests/labs/guide_code/test_worked_word_vectors.py::"
          "test_every_solution_is_the_shortest_one_and_something_across"),
    Plant("gradients of GloVe half as long", "models/word_vectors/glove.py",
          "d_e = 2 * f * e", "d_e = f * e",
          "tests/models/word_vectors/test_glove.py::"
          "test_all_four_gradients_are_those_of_equation_8"),
    Plant("counts across the border of a sentence", "models/word_vectors/cooccurrence.py",
          "inside = sentence[:-d] == sentence[d:]", "inside = sentence[:-d] >= 0",
          "tests/models/word_vectors/test_cooccurrence.py::"
          "test_counts_are_those_of_a_loop_in_chunks_of_any_size"),
    Plant("counts that the printed loss of GloVe sees", "labs/guide_code/printed_glove.py",
          "value = log_sigmoid.rule(s)[0][there].sum()",
          "value = (log_sigmoid.rule(s)[0] * counts).sum()",
          "tests/labs/guide_code/test_printed_glove.py::"
          "test_a47_counts_10_and_10_000_have_one_printed_loss_and_two_of_glove"),
    Plant("words without a vector that are all but 0", "models/word_vectors/filling.py",
          "rng.normal(found.mean(axis=0), found.std(axis=0), ", "rng.normal(0.0, 0.02, ",
          "tests/models/word_vectors/test_filling.py::"
          "test_words_without_a_vector_look_like_the_rest"),
    Plant("frozen vectors that learn", "models/word_vectors/filling.py",
          "        layer.freeze()\n", "        layer.unfreeze()\n",
          "tests/models/word_vectors/test_filling.py::"
          "test_frozen_vectors_stay_and_others_learn"),
    Plant("padding of a source that is read", "models/encoder_decoder.py",
          "readable = self.attendable(mask, y), self.attendable(memory_mask, y)",
          "readable = self.attendable(mask, y), None",
          "tests/models/test_encoder_decoder.py::"
          "test_padding_of_the_source_on_either_side_changes_nothing"),
    Plant("runs of words that are counted in all references", "tasks/metrics/bleu.py",
          "most |= one", "most += one",
          "tests/tasks/metrics/test_bleu.py::"
          "test_a_word_counts_as_often_as_in_one_reference "
          "tests/tasks/metrics/test_bleu.py::test_english_as_sacrebleu_scores_it"),
    Plant("a best path that is the sum of all", "models/crf/paths.py",
          "emissions[:, t] + ways.max(axis=1)", "emissions[:, t] + ways.sum(axis=1)",
          "tests/models/crf/test_crf.py::"
          "test_no_path_has_a_higher_score_than_the_one_that_is_found"),
    Plant("rows of queries in the published order", "models/published/places.py",
          "neighbours_of_halves(ours, head_width) if self.halves else ours", "ours",
          "tests/models/published/test_places.py::test_what_is_written_is_read_again"),
    Plant("keys and values exchanged", "models/published/bert.py",
          '"blocks.#.attention.key": "encoder.layer.#.attention.self.key"',
          '"blocks.#.attention.key": "encoder.layer.#.attention.self.value"',
          "tests/reference/test_published.py::"
          "test_scores_and_loss_are_those_of_transformers"),
    Plant("a setting that is passed over", "models/published/settings.py",
          "if name in config and config[name] not in allowed", "if False",
          "tests/models/published/test_settings.py::"
          "test_a_setting_that_would_compute_something_else_is_named"),
    Plant("a name that goes on in another type", "tasks/entities/spans.py",
          'before in "OES" or kind != earlier', 'before in "OES"',
          "tests/tasks/entities/test_spans.py::"
          "test_tags_that_do_not_fit_are_read_in_two_ways"),
    Plant("a denial that is read as if it affirmed", "labs/worlds/claims.py",
          "if agrees != claim.denied", "if agrees",
          "tests/labs/worlds/test_claims.py::test_a_claim_is_checked_by_hand"),
    Plant("a law whose scale is not brought back", "tasks/metrics/power_law.py",
          "float(a * unit**exponent)", "float(a)",
          "tests/tasks/test_power_law.py::test_a_law_without_noise_is_found"),
    Plant("a product that is counted once", "ops/flops.py",
          "product = 2 * x.size * weight.shape[0]", "product = x.size * weight.shape[0]",
          "tests/models/costs/test_flops.py::"
          "test_a_step_of_a_gpt_takes_the_operations_of_the_formula"),
    Plant("long examples that are left out", "training/privacy/private.py",
          "scale = clip / xp.maximum(lengths, clip)", "scale = 1.0 * (lengths <= clip)",
          "tests/training/privacy/test_private.py::"
          "test_no_example_is_longer_than_the_clip_and_short_ones_are_left_alone"),
    Plant("a true positive rate that is the precision", "tasks/metrics/fairness.py",
          "*((hit, hit + missed), ", "*((hit, hit + false), ",
          "tests/tasks/metrics/test_fairness.py::"
          "test_the_gaps_are_those_of_a_planted_table"),
    Plant("a head that is taken out and still mixes", "models/attribution/heads.py",
          "found[:, list(heads)] = 0.0", "found[:, list(heads)] *= 0.9",
          "tests/models/attribution/test_heads.py::"
          "test_a_head_that_is_taken_out_is_one_that_nobody_reads"),
    Plant("slopes at the beginning of the steps", "models/attribution/integrated_gradients.py",
          "(k + 0.5) / steps", "k / steps",
          "tests/models/attribution/test_integrated_gradients.py::"
          "test_of_a_bert_the_shares_sum_to_the_score_and_the_gap_falls_with_the_square_of_the_steps"),
    Plant("one of both, or both", "labs/worlds/captions.py",
          '"both": odd ^ blue', '"both": odd | blue',
          "tests/labs/worlds/test_captions.py::test_the_rule_is_the_rule"),
    Plant("a step along the gradient without its signs", "models/adversarial/steps.py",
          "(eps * np.sign(gradient))", "(eps * gradient)",
          "tests/models/adversarial/test_steps.py::"
          "test_on_a_line_the_signs_add_eps_times_the_sum_of_sizes_and_no_corner_adds_more"),
    Plant("curves that are never told apart", "training/history.py",
          "if json.dumps(values[0]) != json.dumps(values[1])", "if values[0] is values",
          "tests/training/test_history.py::"
          "test_one_seed_gives_one_curve_to_the_bit_and_another_seed_another"),
    Plant("an explosion that is waited for too long", "training/watching/trends.py",
          "norm <= limit * self.usual_norm", "norm <= 1e9 * limit * self.usual_norm",
          "tests/training/watching/test_faults.py::"
          "test_a_fault_is_told_by_what_began_it_before_it_reaches_the_weights"),
    Plant("a memory of the last segment alone", "models/segment_memory.py",
          "xp.concatenate([a, b], axis=1)", "b",
          "tests/models/test_segment_memory.py::"
          "test_with_a_memory_of_everything_segments_give_what_one_pass_gives"),
    Plant("gates that do not sum to one", "nn/routing.py",
          "gates = taken / taken.sum(axis=1, keepdims=True)", "gates = taken * 1.0",
          "tests/nn/test_routing.py::test_two_are_chosen_and_their_gates_sum_to_one"),
    Plant("a batch of requests whose padding is read", "serving/classifier.py",
          "(*pad(texts))", "(pad(texts)[0], np.ones_like(pad(texts)[1]))",
          "tests/serving/test_worker.py::"
          "test_a_batch_gives_each_request_the_answer_that_it_gets_alone"),
]  # fmt: skip
