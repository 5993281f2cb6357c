"""What shapes a number stands in the settings: nothing behind their back, and nothing idle."""

import ast
import importlib
import inspect
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import numpy as np
import pytest

import minillm.labs
from minillm.labs import stored
from minillm.labs.pretraining.pretrained_tables import Training
from minillm.labs.study import find_study, study_modules
from minillm.labs.worlds.public import PublicFile, public_files
from minillm.models.bag_of_words import BagOfWords
from minillm.optim import AdamW
from minillm.training.checkpointing import FREE
from tests.labs import planted_study
from tests.labs.planted_models import certain
from tests.labs.public_files import digest
from tests.sampled import chosen

pytestmark = pytest.mark.usefixtures("public_folder")

LABS = Path(minillm.labs.__file__).parent
FRAME = {  # they measure nothing
    *("study", "stored", "running", "statistics"),
    *("compare", "comparing", "compare_result", "verdicts", "own_remedy"),
    *("remedy_kinds", "matrix"),
}
MEASURING = sorted(path for path in LABS.rglob("*.py") if path.stem not in FRAME)
SMALL_BERT = {"width": 8, "n_heads": 2, "updates": 2, "batch_size": 10, "max_length": 12}
SMALL_STAGES = {
    "width": 8,
    "n_heads": 2,
    "n_layers": 1,
    "batch_size": 16,
    "max_length": 16,
    "pretrain_epochs": 0.5,
    "finetune_epochs": 1.0,
}
SMALL_GPT = {"width": 8, "n_layers": 1, "n_heads": 2, "batch": 4, "steps": 4, "warmup": 1}
SMALL_TUNING = {"steps": 2, "max_norm": 1e-3}
SMALL_SHOTS = {
    "few": {"longest": 16, "queries": 3, "shots": (0, 2), "draws": 1},
    "recipe": {
        "width": 8,
        "n_heads": 2,
        "n_layers": 1,
        "max_length": 99,
        "batch_size": 2,
        "steps": 20,
        "warmup": 1,
        "evaluate_every": 1,
        "held_out_tokens": 50,
        "min_count": 1,
        "lr": 0.3,
    },
    "few.tuning.whole": SMALL_TUNING,
    "few.tuning.head": SMALL_TUNING,
}
SMALL_TASKS = {"width": 8, "n_heads": 2, "hidden": 8}
SMALL_PAIR = {"steps": 3, "batch": 4, "warmup": 1, "max_norm": 1e-3}
SMALL_SIZES = {"train": 40, "dev": 12, "test": 40, "extra": 200}
STAGES = {"sizes": SMALL_SIZES, "recipe": SMALL_STAGES}
SMALL_FILTERS = {
    "filters": {"penalties": (0.03,), "tokenizers": ("word", "wordpiece:120")},
    "filters.recipe": {**SMALL_STAGES, "pretrain_epochs": 0.5, "finetune_epochs": 1.0},
}
SMALL_REQUESTS = {
    "world": {"verbs": 1, "harmless": 2, "forbidden": 2, "untaught": 1, "starts": 3},
    "stages": {"max_length": 64, "refused": 0.5},
    "stages.model": {"width": 8, "n_layers": 1, "n_heads": 2},
    **{
        f"stages.{stage}": {"steps": 3, "batch": 2, "warmup": 1, "max_norm": 1e-3}
        for stage in ("pretraining", "instruction", "safety")
    },
}
SMALL_ENCODINGS = {
    **SMALL_REQUESTS,
    "strengths": {"rate": 0.03, "weight_decay": 900.0, "dropout": 0.4, "kl": 3.0}
    | {"short": 2, "many": 0.9, "width": 16, "examples": 2},
}
ALL = find_study("augmentation").settings.curves.augmentations
# per study the sizes under which a seed is measured in well under a second
SMALL_LEARNING = {"steps": 4, "batch": 8, "warmup": 1, "rate": 0.03, "max_norm": 1e-2}
SMALL_WORLDS = {
    "world": {"lands": 4, "untaught": 2, "names": 5},
    "model": {"width": 8, "n_heads": 2},
    "reading": SMALL_LEARNING,
    "tuning": SMALL_LEARNING,
}
SMALL_NOISE = {
    "members": 20,
    "fresh": 12,
    "tested": 20,
    "model": {"width": 8, "n_heads": 2, "hidden": 8},
    "learning": {"steps": 4, "batch": 8, "rate": 0.03, "max_norm": 1e-2},
    "strengths": {"steps": 2, "threshold": 0.5, "folds": 2, "times": 2, "width": 16},
}
SMALL_LEXICON = {
    "learned": 80,
    "held": 30,
    "texts": 20,
    "tested": 20,
    "shifts": (0.0, 1.0),
    "model": {"width": 8, "n_heads": 2, "hidden": 8},
    "learning": {"batch": 8, "rate": 0.03, "max_norm": 1e-2},
    "strengths": {"steps": 30, "pretraining": 3, "few": 4, "many": 12, "times": 2, "width": 16}
    | {"few_share": 0.5, "many_share": 0.5, "members": 2, "draws": 2, "smoothing": 0.2},
}
SMALL_LANDS = {
    "world": {"known": 4, "held": 3, "unknown": 4, "spare": 2, "more": 2, "unseen": 2, "names": 6}
    | {"contradicted": 0.3},
    "model": {"width": 8, "n_heads": 2},
    "reading": {"batch": 8, "warmup": 1, "rate": 0.03, "max_norm": 1e-2},
    "tuning": {"batch": 8, "steps": 4, "warmup": 1, "rate": 0.03, "max_norm": 1e-2},
    "strengths": {"steps": 6, "new_steps": 3, "times": 2, "width": 16, "members": 2, "draws": 2}
    | {"kept": 0.6},
    "sure": 0.2,
    "coverages": (0.3, 1.0),
}
SMALL_STUDENTS = {
    "learned": 20,
    "images": 30,
    "tested": 20,
    "asked": 12,
    "sizes": {"width": 8, "auxiliary": 3},
    "teacher": {"steps": 3, "batch": 8, "rate": 0.03},
    "student": {"batch": 8, "rate": 0.03},
    "strengths": {"steps": 3, "early": 2, "tossed_steps": 2, "outputs": 2, "images": 10}
    | {"width": 12, "tossed": 10},
}
SMALL_SHORTCUT = {
    "world": {"fillers": 2},
    "learned": 120,
    "agreements": (0.8, 0.7),
    "tested": 40,
    "model": {"width": 8, "n_heads": 2, "hidden": 8},
    "learning": {"batch": 32, "rate": 0.03, "max_norm": 1e-2},
    "strengths": {"steps": 3, "jtt_steps": 3, "few": 4, "many": 12, "width": 16}
    | {"few_steps": 2, "many_steps": 2, "dro_rate": 0.5},
}
SMALL_FAIRNESS = {
    "world": {"qualities": 2, "good": (0.5, 0.4)},
    "learned": 80,
    "held": 40,
    "tested": 60,
    "model": {"width": 8, "n_heads": 2, "hidden": 8},
    "learning": {"batch": 16, "rate": 0.03, "max_norm": 1e-2},
    "strengths": {"steps": 3, "early": 2, "few": 12, "few_steps": 2, "width": 16, "dropout": 0.4}
    | {"word_dropout": 0.4},
}
SMALL_ADVERSARIAL = {
    "learned": 40,
    "tested": 20,
    "model": {"width": 8, "n_heads": 2, "hidden": 8},
    "learning": {"batch": 8, "rate": 0.03, "max_norm": 1e-2},
    "strengths": {"steps": 4, "tuning": 2, "few": 8, "times": 2, "width": 16, "dropout": 0.4}
    | {"weight_decay": 30.0, "word_dropout": 0.4},
}
SMALL_NARROW = {
    "world": {"nouns": 3, "questions": 2},
    "told": 2,
    "model": {"width": 8, "n_layers": 1, "n_heads": 2},
    **{stage: {**SMALL_LEARNING, "steps": 3} for stage in ("reading", "instruction", "tuning")},
    "asked": (0, 2),
    "strengths": {"steps": 2, "width": 16, "lora": 2, "good_share": 0.5},
}
SMALL_LENGTH = {
    "world": {"opinions": 3},
    "learned": 60,
    "longest": 6,
    "long": (9, 12),
    "tested": 20,
    "lengths": (6, 9, 12),
    "model": {"width": 8, "n_heads": 2, "hidden": 8, "longest": 16},
    "batch": 8,
    "max_norm": 1e-2,
    "strengths": {"steps": 3, "few": 4, "many": 12, "times": 2, "width": 16}
    | {"long_share": 0.5, "tuning_steps": 2, "dropout": 0.5, "weight_decay": 10.0}
    | {f"{name}rate": 0.03 for name in ("", "sinusoidal_", "rotary_", "alibi_", "none_")}
    | {f"{name}_rate": 0.03 for name in ("wider", "shifted", "scattered")},
}
SMALL_PRIVACY = {
    "world": {"times": (0, 3), "of_each": 1, "digits": 2},
    "learned": 20,
    "others": 12,
    "model": {"width": 8, "n_heads": 2},
    "training": {"batch": 8, "steps": 4, "rate": 0.03, "warmup": 1, "max_norm": 1e-2},
    "strengths": {"times": 2, "width": 16, "early": 2, "alike": 0.4, "dropout": 0.4}
    | {"weight_decay": 30.0},
}
SMALL_EXPERTS = {
    "world": {"clusters": 2, "values": 4, "length": 4},
    "model": {"width": 8, "n_heads": 2},
    "mixture": {"n_experts": 4, "hidden": 2},
    "training": {"batch": 8, "steps": 4, "warmup": 1, "rate": 0.03, "max_norm": 1e-3},
    "tested": 20,
}
SMALL_STRENGTHS = {"lora": 2, "rate": 0.01, "steps": 2, "width": 16}
SMALL_TAGGED = {
    "learned": 40,
    "agreements": (0.5, 0.7),
    "bert": SMALL_BERT,
    "strengths": {"updates": 2, "target": 8, "target_share": 0.5},
}
TINY = {
    "adversarial": SMALL_ADVERSARIAL,
    "adversarial_directions": {
        **{f"case.{path}": value for path, value in SMALL_ADVERSARIAL.items()},
        "arms": ((0, 0.1), (1, 0.1)),
        "sizes": (0.0, 0.2),
        "turns": 1,
    },
    "planted_rule": {
        "world": {"length": 5},
        "model": {"width": 8, "n_layers": 1, "n_heads": 2, "hidden": 8},
        "training": {"steps": 3, "batch": 8, "rate": 0.03, "max_norm": 1e-2},
        "weights": (0.0, 1.0),
        "tested": 20,
        "steps": 2,
        "gap_steps": (1, 2),
        "probed": 60,
    },
    "sparse_directions": {
        "world": {"width": 4, "planted": 6},
        "active": (1.0, 2.0),
        "directions": 7,
        "steps": 4,
        "batch": 8,
        "tested": 20,
    },
    "steering": {
        "world": {"length": 5},
        "model": {"width": 8, "n_layers": 1, "n_heads": 2, "hidden": 8},
        "training": {"steps": 3, "batch": 8, "rate": 0.03, "max_norm": 1e-2},
        "read": 20,
        "tested": 20,
        "strengths": (0.0, 4.0),
    },
    "induction_head": {
        "world": {"tokens": 8, "length": 8, "shortest": 2, "longest": 3},
        "model": {"width": 8, "n_heads": 2},
        "training": {"batch": 4, "steps": 4, "warmup": 1, "max_norm": 1e-3},
        "tested": 6,
    },
    **{
        name: {
            "sizes": SMALL_TASKS,
            "training": {"steps": 3, "batch": 8, "warmup": 1},
            "strengths": {"weights": (0.2, 0.7), "width": 16, "neck": 2},
            **{f"{condition}.neck": 3 for condition in ("even", "scaled")},
        }
        for name in ("aspects", "aspects_sgd")
    },
    "assistant": {
        "sizes": (20, 8, 8),
        "lines": 30,
        "held_out": 6,
        "gpt": {
            "width": 8,
            "n_heads": 2,
            "n_layers": 1,
            "batch_size": 4,
            "steps": 20,
            "warmup": 1,
            "evaluate_every": 1,
            "held_out_tokens": 20,
            "max_norm": 1e-3,
            "lr": 0.3,
        },
        "instruct": {"batch_size": 8, "epochs": 1.0, "max_norm": 1e-3},
        "prefer": {"batch_size": 8, "epochs": 1.0, "max_norm": 1e-3},
    },
    "augmentation": {"curves": {"sizes": (20, 30), "test": 40}, "learners.bert": SMALL_BERT},
    "augmentation_again": {
        "curves": {"sizes": (20,), "test": 40, "augmentations": ALL},
        "bert": SMALL_BERT,
    },
    "bending": {"width": 4, "hidden": 8, "inputs": 10, "steps": 3},
    "bottlenecks": {
        "world": {"base": 3, "digits": 2, "answers": 3},
        **{
            f"{one}.{name}": value
            for one in ("training", "again")
            for name, value in {"batch": 4, "warmup": 1, "rate": 0.03, "head_width": 2}.items()
        },
        "training.max_norm": 1e-3,
        "again.max_norm": 1e-3,
        "flops": (4e4, 1.6e5),
        "depths": ((1, 2, 3), (1, 2, 3)),
        "rates": (0.03, 0.01),
        "warmup": 0.3,
        "texts": (3, 12),
        "ways": ((1, 3), (2, 6)),
    },
    "claims": {
        "leaks": (0.0, 0.9),
        "learned": 60,
        "tested": 150,
        "model": {"width": 8, "n_heads": 2, "hidden": 8},
        "learning": {"batch": 8, "rate": 0.03, "max_norm": 1e-2},
        "strengths": {"whole": 3, "claim": 2, "evidence": 2},
    },
    "cleaning": {
        "train": 80,
        "test": 40,
        "leak": {"train": 40},
        "folds": 2,
        "learners.bert": SMALL_BERT,
    },
    "depth": {
        "variants": ("no norm", "pre-norm"),
        "depths": (1, 2),
        "sizes": {"width": 4, "hidden": 4, "sentences": 1, "length": 3},
        "trainings": {"depths": (1,), "steps": 2, "rates": (1e-2,), "max_norms": (None, 1e-3)},
        "trainings.sizes": {"width": 4, "hidden": 4, "sentences": 1, "length": 3},
    },
    "contamination": {
        "learned": 20,
        "tested": 10,
        "fresh": 10,
        "shares": (0.0, 0.5),
        "model": {"width": 8, "n_heads": 2, "hidden": 8, "dropout": 0.1},
        "learning": {"steps": 4, "batch": 8, "rate": 0.03, "max_norm": 1e-2},
    },
    "denials": {
        "sizes": {"train": 80, "dev": 12, "test": 20, "extra": 40},
        "recipe": SMALL_STAGES,
        "read": 2,
        "few": (4, 8),
        "tested": 20,
        "drilled": 20,
        "more": {"epochs": 2.0, "rate": 0.01},
    },
    "deep_repair": {
        **SMALL_REQUESTS,
        "refused": 0.6,
        "begun": (1, 4),
        "ranks": (1, 20),
        "temperatures": (2.0,),
    },
    "displacement": {"pairs": 6, "groups": 3, "in_group": 2, "width": 12, "steps": 2},
    "diversification": {
        "held_out": ("film",),
        "drawn": 80,
        "budget": 600,
        "test": 40,
        "learners.bert": SMALL_BERT,
    },
    "echo": {
        "world": {"kinds": 2, "least": 2, "most": 5},
        "learned": 30,
        "held_out": 2,
        "orders": (2, 3),
        "training": {"width": 8, "n_heads": 2, "batch": 4, "steps": 4, "warmup": 1},
        "training.max_norm": 1e-3,
    },
    "encoding_cells": {
        **{f"case.{path}": value for path, value in SMALL_ENCODINGS.items()},
        "grids": {"weight_decay": (1.0, 900.0), "dropout": (0.2, 0.4)},
    },
    "encodings": SMALL_ENCODINGS,
    "fairness": SMALL_FAIRNESS,
    "fairness_dials": {
        **{f"case.{path}": value for path, value in SMALL_FAIRNESS.items()},
        "penalties": (0.0, 0.5),
        "second_good": (0.5, 0.3),
    },
    "fairness_price": {
        **{f"case.{path}": value for path, value in SMALL_FAIRNESS.items()},
        "penalties": (0.0, 0.5),
        "second_good": (0.5, 0.3),
    },
    "few_labels": {
        **STAGES,
        "recipe.finetune_epochs": 0.0,
        "labels": (10, 40),
        "labels_read": 40,
        "updates": (1, 2),
    },
    "few_shot": {
        "world": {"domains": ("film",), "entries": 5},
        "shares": (0.0, 0.5),
        "model": {**SMALL_GPT, "max_norm": 1e-3},
        "shots": (0, 2),
        "draws": 1,
        "tuning.whole": SMALL_TUNING,
        "tuning.head": SMALL_TUNING,
    },
    "few_shot_reviews": {
        "read": 400,
        "shown": 60,
        "held_out": 20,
        "asked": 60,
        **SMALL_SHOTS,
    },
    "few_shot_sst2": {**SMALL_SHOTS, "few.words": ("the", "was")},
    "fusion": {
        "arms": (("both", 0.5, 0.8, 0.3), ("either", 0.5, 0.5, 0.1)),
        "learned": 40,
        "tested": 40,
        "sizes": {"width": 8, "n_heads": 2, "hidden": 8},
        "learning": {"steps": 5, "batch": 8, "rate": 0.03, "max_norm": 1e-2},
        "left_out": 0.3,
    },
    "gap": {
        "items": 20,
        "dropouts": (0.0, 0.3),
        "decays": (0.0, 900.0),
        "bert": {"width": 8, "n_heads": 2, "updates": 2, "batch_size": 10},
    },
    "fine_tuning_attack": {
        "world": {"verbs": 3, "harmless": 4, "forbidden": 3, "starts": 3, "places": (7,)},
        "stages.model": {"width": 8, "n_layers": 1, "n_heads": 2},
        **{
            f"stages.{stage}": {"steps": 4, "batch": 2, "warmup": 1, "max_norm": 1e-3}
            for stage in ("pretraining", "instruction", "safety")
        },
        "stages.refused": 0.5,
        "attack": {"examples": 3, "replayed": 2, "nouns": 2, "steps": (0, 2), "max_norm": 1e-3},
        "defences": {"refused": 0.7, "width": 16},
    },
    "harm_horizon": {
        "length": 3,
        "horizons": (1, 3),
        "model": {"width": 8, "n_layers": 1, "n_heads": 2},
        "reading": {"batch": 4, "steps": 6, "warmup": 2, "max_norm": 1e-3},
        "safety": {"steps": 3, "max_norm": 1e-3},
    },
    "forgetting": {
        **SMALL_WORLDS,
        "strengths": {**SMALL_STRENGTHS, "replay": (0.2, 0.4, 0.6)},
    },
    "forgetting_sweeps": {
        **{f"case.{path}": value for path, value in SMALL_WORLDS.items()},
        "grids": {
            **dict.fromkeys(("replay", "kl_old", "kl_new", "l2_sp"), (0.5, 0.9)),
            **dict.fromkeys(("ewc", "ewc_soft"), (1e6, 1e8)),
            "lora": (2, 1),
            "weight_decay": (1.0, 30.0),
            "dropout": (0.2, 0.5),
            "rate": (0.02, 0.01),
            "steps": (3, 2),
            "output_rate": (0.2, 0.1),
        },
        "asked": (0, 2),
    },
    "hallucination": SMALL_LANDS,
    "helpful_harmless": {
        "world": {"verbs": 1, "harmless": 2, "forbidden": 2, "starts": 3},
        "stages.model": {"width": 8, "n_layers": 1, "n_heads": 2},
        **{
            f"stages.{stage}": {"steps": 4, "batch": 2, "warmup": 1, "max_norm": 1e-3}
            for stage in ("pretraining", "instruction", "safety")
        },
        "stages.refused": 0.5,
        "attacks": {"shots": 1},
        "horizons": (2,),
        "temperatures": (2.0,),
    },
    "many_shots": {
        "sizes": {"states": 3, "words": 4, "length": 3, "demonstrations": 3, "apart": 0.9},
        "model": {"width": 8, "n_layers": 1, "n_heads": 2},
        "reading": {"batch": 2, "steps": 3, "warmup": 1, "max_norm": 1e-3},
        "safety": {"batch": 2, "steps": 3, "warmup": 1, "max_norm": 1e-3},
        "refusing": (0.5, 0.9),
        "tested": 6,
        "fit": {"steps": 3, "max_norm": 1e-3},
    },
    "wrong_reason": {
        "world": {"verbs": 1, "harmless": 2, "forbidden": 2, "starts": 3, "places": (7,)},
        "stages.model": {"width": 8, "n_layers": 1, "n_heads": 2},
        **{
            f"stages.{stage}": {"steps": 4, "batch": 2, "warmup": 1, "max_norm": 1e-3}
            for stage in ("pretraining", "instruction", "safety")
        },
        "wide.asking": {"starts": 2},
        "seen": 1,
        "unseen": 2,
        "refused": 0.5,
        "begun": (2,),
    },
    "jailbreaks": {
        **SMALL_REQUESTS,
        "exam": {"seen": 1, "unseen": 2, "inserted": 2},
        "defences": {"refused": 0.7, "many": 0.9, "starts": 2, "width": 16},
        "defences.preferring": {"batch": 2, "steps": 3, "warmup": 1, "max_norm": 1e-3},
    },
    "known_shift": {
        "learned": 80,
        "held": 60,
        "tested": 20,
        "compared": 20,
        "model": {"width": 8, "n_heads": 2, "hidden": 8},
        "learning": {"steps": 30, "batch": 8, "rate": 0.03, "max_norm": 1e-2},
    },
    "label_noise": SMALL_NOISE,
    "label_noise_sweeps": {
        **{f"case.{path}": value for path, value in SMALL_NOISE.items()},
        "grids": {
            "steps": (3, 2),
            "weight_decay": (1.0, 3.0),
            **dict.fromkeys(("dropout", "smoothing", "word_dropout"), (0.2, 0.4)),
            "threshold": (0.45, 0.55),
        },
    },
    "length": SMALL_LENGTH,
    "lexicon": SMALL_LEXICON,
    "lexicon_sweeps": {
        **{f"case.{path}": value for path, value in SMALL_LEXICON.items()},
        "grids": {
            "steps": (3, 2),
            "weight_decay": (1.0, 3.0),
            "pretraining": (3, 2),
            **dict.fromkeys(("dropout", "smoothing", "word_dropout", "synonyms"), (0.3, 0.6)),
            **dict.fromkeys(("few_share", "many_share", "asked_dropout"), (0.3, 0.6)),
        },
    },
    "objectives": {
        "sizes": {"train": 40, "dev": 12, "test": 40, "extra": 60},
        "encoder": {"width": 8, "n_layers": 1, "n_heads": 2, "hidden": 8, "max_length": 16},
        "pretraining": {"steps": 4, "batch_size": 8, "warmup": 1, "max_norm": 1e-3},
        "labels": (10, 40),
        "updates": 2,
        "written": 40,
    },
    "narrow_tuning": SMALL_NARROW,
    "narrow_tuning_sweeps": {
        **{f"case.{path}": value for path, value in SMALL_NARROW.items()},
        "grids": {
            name: getattr(find_study("narrow_tuning_sweeps").settings.grids, name)[:1]
            for name in ("texts", "weight_decay", "dropout", "lora_rate", "places_rate", "kl")
        }
        | {"good_share": (0.5,), "steps": (2,)},
        "bad": (0.5,),
        "tuning_steps": (3,),
        "rates": (0.01,),
    },
    "overoptimisation": {
        "prompts": 2,
        "answers": 12,
        "n": (1, 4),
        "betas": (2.0, 0.5),
        "grpo": {"group": 4, "draws": 4, "rate": 2.0, "every": 2},
    },
    "passes": {**STAGES, "recipe.pretrain_epochs": 0.0, "passes": (0.0, 0.5)},
    "pipeline": STAGES,
    "positions": {"width": 8, "batch": 8, "tested": 20, "adam": {"steps": 12, "rate": 0.1}},
    "privacy": SMALL_PRIVACY,
    "ranks": {
        "learned": 60,
        "taught": 40,
        "held_out": 10,
        "recipe": {
            "tokenizer": "byte_pairs:600",
            "width": 8,
            "n_heads": 2,
            "n_layers": 1,
            "max_length": 8,
            "batch_size": 4,
            "steps": 20,
            "warmup": 1,
            "evaluate_every": 1,
            "held_out_tokens": 12,
            "lr": 0.3,
        },
        "ways": ((0, 1e-3), (1, 1e-2)),
        "tuning": {"steps": 4, "batch": 4, "warmup": 1, "measured_at": (2, 4)},
        "tuning.max_norm": 1e-3,
    },
    "raters": {
        "sizes": {**SMALL_TASKS, "neck": 2},
        "weights": (0.2, 0.5),
        "worst": (4.0, 4.0),
        **{
            path: {"steps": 3, "batch": 8, "warmup": 1}
            for path in ("sums", "adam.training", "sgd.training")
        },
        **{f"{stops}.rates": {"CAGrad": 0.1, "MGDA": 0.1} for stops in ("adam", "sgd")},
    },
    "real_pairs": {
        "next_sentence": {"sizes": (40, 40), "width": 8, "hidden": 8, "tested": 6},
        "next_sentence.training": SMALL_PAIR,
        "auxiliary": {"sizes": (40, 40, 40), "weights": (0.5, 0.0)},
        "auxiliary.gpt": {"width": 8},
        "auxiliary.reading": {"steps": 2, "batch": 4, "warmup": 1, "max_norm": 1e-3},
        "auxiliary.training": SMALL_PAIR,
    },
    "recall": {
        "letters": {"length": 12, "asked": 4},
        "distances": (1, 3),
        "width": 8,
        "batch": 4,
        "tested": 10,
        **{f"trainings.{kind}": {"steps": 2} for kind in ("attention", "mean", "recurrent")},
    },
    "refusal_dose": {
        **SMALL_REQUESTS,
        "exam": {"seen": 1, "unseen": 2, "inserted": 2},
        "shares": (0.3, 0.6),
        "decays": (0.01, 900.0),
        "dropouts": (0.0, 0.3),
        "parts": 2,
    },
    "reference": {"width": 4, "batch": 8, "tested": 20, "adam": {"steps": 4, "rate": 0.1}},
    "refusal_direction": {
        "world": {"verbs": 2, "harmless": 4, "forbidden": 2, "starts": 3, "places": (7,)},
        "stages.model": {"n_layers": 1, "n_heads": 2},
        **{
            f"stages.{stage}": {"steps": 4, "batch": 2, "warmup": 1, "max_norm": 1e-3}
            for stage in ("pretraining", "instruction", "safety")
        },
        "stages.refused": 0.5,
        "widths": (8,),
        "verbs": 1,
        "factors": (0.5, 2.0),
        "randoms": 1,
    },
    "reviews_and_news": {
        "languages": ("en",),
        "train": 40,
        "dev": 12,
        "test": 40,
        "pooled": {"width": 8, "hidden": (6, 7), "updates": 8, "batch_size": 10, "max_length": 12},
        "bert": SMALL_BERT,
    },
    "safety_change": {
        "world": {"verbs": 2, "harmless": 4, "forbidden": 2, "starts": 3},
        "stages.model": {"width": 8, "n_layers": 1, "n_heads": 2},
        **{
            f"stages.{stage}": {"steps": 4, "batch": 2, "warmup": 1, "max_norm": 1e-3}
            for stage in ("pretraining", "instruction", "safety")
        },
        "stages.refused": 0.5,
        "nouns": (1, 2),
        "names": ("value", "outer"),
        "truncated": (0, 1),
        "attacked": ("direct", "prefix", "prefill", "insertion", "encoding", "many-shot"),
        "attacks.shots": 1,
        "verbs": 1,
    },
    "mixture_of_experts": SMALL_EXPERTS,
    "mixture_of_experts_longer": {f"case.{path}": value for path, value in SMALL_EXPERTS.items()},
    "segment_recurrence": {
        "tokens": 6,
        "arms": ((2, 0.9), (4, 0.0)),
        "model": {"width": 8, "n_layers": 1, "n_heads": 2},
        "training": {"batch": 4, "steps": 4, "warmup": 1, "rate": 0.03, "max_norm": 1e-3},
        "segment": 3,
        "memory": 3,
        "tried": (0, 3),
        "tested": 6,
        "segments": 3,
    },
    "scaling": {
        "world": {"base": 3, "digits": 2, "answers": 3},
        "training": {"batch": 4, "steps": 4, "warmup": 1, "rate": 0.03, "head_width": 2},
        "training.max_norm": 1e-3,
        "depths": (1, 2, 3, 4),
        "looks": 2,
        "texts": (3, 6, 12),
        "data_depth": 1,
        "control_depths": (1, 2),
        "control_steps": 2,
    },
    "shakespeare": {
        "every": 2,
        "longest": 2,
        "recipe": {
            "width": 8,
            "n_heads": 2,
            "n_layers": 1,
            "max_length": 8,
            "batch_size": 2,
            "steps": 20,
            "warmup": 1,
            "evaluate_every": 1,
            "held_out_tokens": 50,
            "lr": 1.0,
        },
    },
    "shortcut": SMALL_SHORTCUT,
    "shortcut_causes": {
        **{f"case.{path}": value for path, value in SMALL_SHORTCUT.items()},
        "changes": {"steps": (2, 4), "learned": (80, 160), "widths": (4, 16)},
    },
    "shortcut_selection": {
        **{f"case.{path}": value for path, value in SMALL_SHORTCUT.items()},
        "held": 40,
        "grids": {
            **dict.fromkeys(("dropout", "dro_dropout"), (0.1, 0.5)),
            **dict.fromkeys(("irm", "v_rex"), (1.0, 100.0)),
        },
    },
    "retrieval": {
        "arms": ((1.0, 0.1, 0.0), (0.5, 0.2, 0.5)),
        "learned": 40,
        "tested": 12,
        "vector": 4,
        "sizes": {"width": 8, "n_heads": 2, "hidden": 8},
        "learning": {"steps": 5, "batch": 8, "rate": 0.03, "max_norm": 1e-2},
        "ranks": (1, 3),
    },
    "scrubbing": {"sentences": 20, "odd": (0.0, 0.5)},
    "shrinkage": {"adam": {"steps": 20}, "every": 5},
    "sides": {
        "language": {
            "nouns": "dog/dogs",
            "places": "near",
            "verbs": "eats/eat hides/hide",
            "reasons": "hunger fear",
        },
        "width": 8,
        "n_heads": 2,
        "hidden": 8,
        "batch": 4,
        "steps": 2,
        "warmup": 1,
        "measured_at": (1, 2),
        "asked": "the dogs near the dog eat from hunger",
    },
    "single_clauses": STAGES,
    "spam": {"recipe": SMALL_STAGES, "recipe.pretrain_epochs": 0.0, "positive": "positive"},
    "spam_attack": {"sizes": (60, 30, 30), **SMALL_FILTERS},
    "spam_attack_sms": {"positive": "positive", **SMALL_FILTERS},
    "spelled_directions": {
        "verbs": 1,  # first: there must be more in the world
        "randoms": 1,
        **SMALL_REQUESTS,
        "world": {**SMALL_REQUESTS["world"], "verbs": 3, "places": (7,)},
    },
    "spurious": {"examples": 100},
    "sst2": {
        "recipe": SMALL_STAGES,
        "recipe.pretrain_epochs": 0.0,
        "recipe.finetune_epochs": 0.0,
        "passes": (0.5, 1.0),
        "pretraining": 0.5,
        "positive": "positive",
    },
    "sst2_shortcut": SMALL_TAGGED,
    "sst2_shortcut_sweeps": {
        **SMALL_TAGGED,
        "grids": {
            "updates": (3, 2),
            "weight_decay": (1.0, 30.0),
            "dropout": (0.2, 0.5),
            "target_share": (0.3, 0.6),
            **dict.fromkeys(("l2", "l2_masked"), (0.1, 0.01)),
        },
    },
    "tenses": {
        **SMALL_REQUESTS,
        "world": {**SMALL_REQUESTS["world"], "places": (7,)},
        "draws": {"number": 2},
    },
    "subliminal": SMALL_STUDENTS,
    "subliminal_sweeps": {
        **{f"case.{path}": value for path, value in SMALL_STUDENTS.items()},
        "grids": {
            "steps": (3, 2),
            "images": (10, 5),
            "outputs": (2, 1),
            "tossed_steps": (2, 1),
            **dict.fromkeys(("left_out", "blurred", "tossed_share", "dropout"), (0.3, 0.6)),
            "weight_decay": (1.0, 3.0),
        },
        "distances": (0.0, 0.5),
    },
    "topics": {
        "sizes": (40, 20, 20),
        "mislabelled": {"wrong": 0.2},
        "recipe": {**SMALL_STAGES, "pretrain_epochs": 0.0, "finetune_epochs": 0.0},
        "passes": (0.5, 1.0),
    },
    "uci_domains": {
        "fractions": (0.4, 0.2, 0.4),
        "shots": (0, 4),
        "recipe": {**SMALL_STAGES, "finetune_epochs": 0.0},
        "passes": (0.5, 1.0),
    },
    "pretrained_tables": {
        "vectors.unlabelled": {"texts": 60},
        "vectors.glove": {"width": 4, "epochs": 2, "batch": 16},
        "vectors.glove.weighting": {"x_max": 300.0},
        "vectors.sgns": {"width": 4, "window": 1, "negatives": 2, "rate": 0.5, "epochs": 2}
        | {"batch": 16, "chunk": 30, "subsample": 0.05},
        "labels": (4, 8),
        "tested": 40,
        "hidden": (6,),
        "batch": 6,
        "arms": {
            arm: Training(rate=0.03, steps=6)
            for arm in vars(find_study("pretrained_tables").settings.arms)
        },
    },
    "printed_glove": {
        "topics": {"words": 4, "pairs": 2000, "together": 0.8},
        "printed": {"width": 2, "measured_at": (0, 3)},
        "glove": {"width": 2, "epochs": 2, "batch": 3},
        "glove.weighting": {"x_max": 300.0},
    },
    "valley_starts": {
        "aggregators": ("mean", "mgda"),
        "rate": 0.05,
        "steps": 60,
        "near": 4.0,
        "stuck": -50.0,
    },
    "word_association": {
        "texts": 150,
        "strengths": (0.0, 0.4),
        "width": 3,
        "draws": 20,
        "repeats": 2,
    },
    "without_negatives": {
        "world": {"topics": 2, "words": 3, "purity": 0.8, "skew": 0.5},
        "sentences": 30,
        "length": 5,
        "width": 3,
        "steps": 4,
        "every": 2,
        "word2vec": {"batch": 16, "chunk": 70, "epochs": 2, "subsample": 0.1, "window": 2},
        "word2vec.least_rate": 0.7,
        "word2vec.summed_rate": 0.3,
    },
    "word_order": {
        "words": 3,
        "width": 4,
        "hidden": 5,
        "attention_width": 8,
        "n_heads": 2,
        "batch": 8,
        "steps": 12,
        "rates": {"mean": 0.1, "dense_places": 0.1, "attention_places": 0.1},
        "measured_at": (0, 12),
        "tested": 20,
    },
    "ways": {
        "sizes": {"train": 40, "dev": 12, "test": 40, "extra": 20},
        "pretraining": {**SMALL_STAGES, "finetune_epochs": 0},
        "shared": {"epochs": 2.0, "batch_size": 16, "adapter_width": 3},
        "shared.max_norm": 1e-3,
        "lora": ((1, 0.01), (2, 0.01)),
        "every": 1,
    },
}
PLANTED = {"augmentation", "augmentation_again", "cleaning", "diversification"}
IN_CHINESE = (*PLANTED, "assistant", "wrong_reason")
TWINS = {f"{name}_zh" for name in IN_CHINESE}  # the same in Chinese
TRAINS_LONG = {
    *PLANTED,
    *("planted_rule",),
    *("aspects", "aspects_sgd", "raters", "real_pairs"),
    *("assistant", "deep_repair", "few_labels", "few_shot", "few_shot_reviews", "few_shot_sst2"),
    *("encoding_cells", "encodings"),
    *("fine_tuning_attack", "gap", "helpful_harmless", "jailbreaks", "objectives", "passes"),
    *("pipeline", "ranks", "refusal_dose", "reviews_and_news", "shakespeare", "sides"),
    *("single_clauses", "spam"),
    *("refusal_direction", "safety_change", "spelled_directions"),
    *("forgetting", "forgetting_sweeps", "label_noise", "label_noise_sweeps"),
    *("known_shift", "lexicon", "lexicon_sweeps"),
    *("adversarial", "adversarial_directions", "contamination", "fusion", "hallucination"),
    *("privacy",),
    *("spam_attack", "spam_attack_sms", "sst2", "tenses", "topics", "ways", "word_order"),
    *("subliminal", "subliminal_sweeps", "wrong_reason"),
    *("sst2_shortcut", "sst2_shortcut_sweeps", "uci_domains"),
    *("shortcut", "shortcut_causes", "shortcut_selection"),
    *("narrow_tuning", "narrow_tuning_sweeps"),
    *("fairness", "fairness_dials", "fairness_price"),
    *("claims", "denials", "length", "pretrained_tables"),
    "mixture_of_experts_longer",  # the settings of the shorter one
}


def strengths_but(*names, lab="shortcut"):
    """The strengths of a lab that a study of it leaves idle."""
    entries = fields(find_study(lab).settings.strengths)
    return {f"case.strengths.{entry.name}" for entry in entries if entry.name not in names}


def fields_of_grids(name):
    """What a study of strengths sweeps."""
    return [entry.name for entry in fields(find_study(name).settings.grids)]


# what the study puts in the place of a setting of the recipe, beside the seed; or whole paths
REPLACED = {
    "adversarial": {"world.covered", "learning.steps", "learning.smoothing"},
    "adversarial_directions": {  # of remedies, and what each arm has of its own
        *strengths_but("steps", "times", lab="adversarial"),
        *("case.rare", "case.eps", "case.model.n_layers", "case.world.covered"),
        *("case.learning.steps", "case.learning.smoothing"),
    },
    "induction_head": {"model.n_layers"},  # every arm has its own
    "aspects": {"sizes.neck"},  # every condition has its own
    "aspects_sgd": {
        "sizes.neck",
        *(f"strengths.{name}" for name in ("width", "neck", "decays", "dropouts")),  # of Adam's
    },
    "assistant": {"gpt.seed", "instruct.seed", "prefer.seed"},
    "bottlenecks": {  # all of them follow from the operations, or from the ways
        *("training.rate", "training.steps", "training.warmup", "again.steps"),
    },
    "claims": {  # the steps are a strength of each reader, and the training is a plain one
        *("learning.steps", "learning.smoothing", "learning.word_dropout"),
    },
    "encoding_cells": {  # of other remedies, and what the grids stand in the place of
        f"case.strengths.{name}"
        for name in (
            *("longer", "weight_decay", "dropout", "kl", "short", "wider_rate", "many"),
            *("no_attention_rate", "no_residuals_rate", "width", "examples"),
        )
    }
    | {"case.stages.safety.rate"},
    "encodings": {"stages.safety.rate"},  # it is a strength
    "few_labels": {"finetune_epochs", "pooling"},
    "forgetting_sweeps": {  # the grids stand in their place; and the wider model is not swept
        f"case.strengths.{name}" for name in (*fields_of_grids("forgetting_sweeps"), "width")
    },
    "contamination": {"learning.smoothing", "learning.word_dropout"},  # a plain training
    "hallucination": {"reading.steps"},  # they are a strength
    "label_noise_sweeps": {
        f"case.strengths.{name}"
        for name in (*fields_of_grids("label_noise_sweeps"), "times", "width", "n_layers")
    },
    "known_shift": {  # no synonyms, and a plain training
        *("world.covered", "learning.smoothing", "learning.word_dropout"),
    },
    "lexicon": {"learning.steps"},  # they are a strength
    "lexicon_sweeps": {  # what no swept remedy has: the grids, sizes of others, a temperature
        f"case.strengths.{name}"
        for name in (*fields_of_grids("lexicon_sweeps"), "times", "width", "n_layers", "members")
    }
    | {"case.held", "case.learning.steps"},
    "narrow_tuning_sweeps": {  # the grids stand in their place; and the wider model is not swept
        f"case.strengths.{name}" for name in (*fields_of_grids("narrow_tuning_sweeps"), "width")
    },
    "fairness": {"learning.steps", "learning.smoothing"},  # a strength; and no label is smoothed
    "fairness_dials": {  # of remedies, and what each world has of its own
        *strengths_but("steps", lab="fairness"),
        *("case.held", "case.penalty", "case.learning.steps", "case.learning.smoothing"),
    },
    "fairness_price": {
        *strengths_but("steps", "covariance", lab="fairness"),
        *("case.bins", "case.penalty", "case.learning.steps", "case.learning.smoothing"),
    },
    "fusion": {  # every arm has its own; and a plain training
        *("world.rule", "world.told", "world.shown", "world.digits.noise"),
        *("learning.smoothing", "learning.word_dropout"),
    },
    "retrieval": {  # every arm has its own; the place is not that of ``Digits``; a plain training
        *("world.told", "world.digits.noise", "world.digits.shift"),
        *("learning.smoothing", "learning.word_dropout"),
    },
    "fine_tuning_attack": {"world.places"},  # of encodings that no text of it has
    "passes": {"pretrain_epochs"},
    "pretrained_tables": {
        *("vectors.glove.seed", "vectors.sgns.seed", "vectors.world.covered"),
    },
    "printed_glove": {"glove.seed"},
    "refusal_direction": {"world.places", "stages.model.width"},  # every model has its own width
    "safety_change": {"stages.refusals.nouns"},  # every model refuses its own number
    "scrubbing": {"world.language", "world.odd"},  # all those of the settings stand in their place
    "shortcut": {"learning.steps", "learning.smoothing"},  # a strength; and no label is smoothed
    "shortcut_causes": {  # of remedies and of a test that it has not
        *strengths_but("steps"),
        *("case.bins", "case.outside", "case.learning.steps", "case.learning.smoothing"),
    },
    "shortcut_selection": {
        *strengths_but("steps", "dro_rate"),
        *("case.bins", "case.inside", "case.outside"),
        *("case.learning.steps", "case.learning.smoothing"),
    },
    "spam": {"pretrain_lr"},  # of no pretraining
    "spam_attack": {"tokenizer"},
    "spam_attack_sms": {"tokenizer"},
    "spelled_directions": {"world.places"},  # of encodings that no text of it has
    "sst2": {"pretrain_epochs", "finetune_epochs"},
    "sst2_shortcut": {"bert.updates"},  # they are a strength
    "sst2_shortcut_sweeps": {
        "bert.updates",
        *(f"strengths.{name}" for name in fields_of_grids("sst2_shortcut_sweeps")),
    },
    "tenses": {"world.places"},  # of encodings that no text of it has
    "word_association": {"world.slope", "world.good"},  # of merits; and each text has its own
    "without_negatives": {f"word2vec.{name}" for name in ("width", "negatives", "seed")},
    "wrong_reason": {"world.places"},  # of encodings that no text of it has
    "subliminal": {"student.steps"},  # they are a strength
    "subliminal_sweeps": {  # the grids stand in their place, or no swept remedy has it
        f"case.strengths.{name}"
        for name in (*fields_of_grids("subliminal_sweeps"), "early", "longer", "width", "shown")
    }
    | {"case.student.steps"},
    "topics": {"pretrain_lr", "finetune_epochs"},
    "uci_domains": {"finetune_epochs"},  # the passes stand in their place
    "ways": {
        *("pretraining.seed", "shared.seed"),
        *("shared.rank", "shared.lr"),  # every way has its own
        "shared.new_head",  # the BERT has none before
        # of the second stage of a pipeline, in whose place the ways stand
        *("pretraining.finetune_epochs", "pretraining.finetune_lr", "pretraining.head_only"),
    },
}


def put(settings, path, value):
    """A copy of the settings with ``value``, or the fields in it, at a dotted path."""
    name, _, rest = path.partition(".")
    inner = getattr(settings, name)
    if rest:
        value = put(inner, rest, value)
    elif is_dataclass(inner) and isinstance(value, dict):
        value = replace(inner, **value)
    return replace(settings, **{name: value})


def put_if_allowed(settings, path, value):
    """``put``; nothing where the settings themselves refuse the value."""
    try:
        return put(settings, path, value)
    except ValueError:
        return None


def tiny(name):
    """The settings of a study, small enough to be measured often."""
    settings = find_study(name).settings
    for path, value in TINY[name].items():
        settings = put(settings, path, value)
    for path, file in public_files(settings).items():
        settings = put(settings, path, PublicFile(file.name, digest(file.name)))
    return settings


def leaves(settings, above=""):
    """Dotted path and value of every setting, those of nested settings included."""
    for entry in fields(settings):
        path, value = above + entry.name, getattr(settings, entry.name)
        if is_dataclass(value):
            yield from leaves(value, path + ".")
        else:
            yield path, value


def perturbed(value):
    """Other values of the same kind; one of them should make a difference."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, dict):
        first = next(iter(value))
        return [{**value, first: value[first] / 2}]
    if isinstance(value, str):
        return ["float32"] if value == "float64" else [f"not {value}"]
    if isinstance(value, tuple) and len(value) > 1:
        return [value[:-1], tuple(reversed(value))]
    if value == ():
        return [(7,)]  # all that may be empty are of whole numbers
    if isinstance(value, tuple):
        return [(other,) for other in perturbed(value[0])]
    if isinstance(value, int):
        return [2 * value, value + 1, value // 2]
    return [1e-9] if value is None else [value / 2, 1e-9, 2 * value, value + 0.4, 1e3]


@pytest.fixture
def learned(monkeypatch):
    """What AdamW and the bag of words learn, as numbers, one for each update or fit."""
    found = []

    def noting(owner, name, what):
        original = getattr(owner, name)

        def noted(self, *arguments, **options):
            result = original(self, *arguments, **options)
            found.append(what(self))
            return result

        monkeypatch.setattr(owner, name, noted)

    noting(AdamW, "step", lambda optimizer: sum(float(p.data.sum()) for p in optimizer.parameters))
    noting(BagOfWords, "fit", lambda bag: float(np.sum(bag.weights**2)))
    return found


def outcome(study, settings, learned, **planted):
    """The numbers of a study and all that was learned on the way, as text; or the error."""
    learned.clear()
    try:
        numbers = study.measure(settings, 0, **planted)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OSError) as error:
        return f"refused: {error!r}"
    return repr([(key, np.asarray(n).tolist()) for key, n in numbers.items()]) + repr(learned)


def idle_settings(study, settings, learned, paths, **planted):
    """Which of the settings at these paths change nothing, whatever their value."""
    wanted = outcome(study, settings, learned, **planted)
    assert wanted == outcome(study, settings, learned, **planted), "it is not repeated"
    assert not wanted.startswith("refused"), wanted
    values = dict(leaves(settings))
    return [
        path
        for path in paths
        if all(
            changed is not None and outcome(study, changed, learned, **planted) == wanted
            for changed in (put_if_allowed(settings, path, x) for x in perturbed(values[path]))
        )
    ]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(n, marks=[pytest.mark.slow] * (n in TRAINS_LONG or not chosen(n, 2)))
        for n in TINY
    ],
)
def test_every_setting_changes_what_is_measured(name, learned):
    settings = tiny(name)
    replaced = {
        f"{above}{setting}"
        for setting in REPLACED.get(name, set()) | {"seed"}
        for above in ("", "recipe.", "filters.recipe.")
    }
    paths = [
        path
        for path, _ in leaves(settings)
        if path not in replaced and path.rpartition(".")[2] not in FREE
    ]
    assert idle_settings(find_study(name), settings, learned, paths) == []


@pytest.mark.parametrize("name", sorted(PLANTED))
def test_every_setting_but_the_models_changes_what_the_models_get(name, learned):
    """In no time: planted models note what they are trained on and what they are asked."""

    def noting(examples):
        learned.append(list(examples))
        return lambda texts: learned.append(list(texts)) or certain([None] * len(texts))

    planted = {"fit": noting} if name == "augmentation_again" else {"fits": {"bert": noting}}
    if name != "augmentation_again":
        planted["fits"]["bag_of_words"] = noting
    settings = tiny(name)
    if name == "cleaning":
        settings = replace(settings, rates={**settings.rates, "useless": 0.1})
    models = ("learners.", "bert.", "threshold")
    paths = [path for path, _ in leaves(settings) if not path.startswith(models)]
    assert idle_settings(find_study(name), settings, learned, paths, **planted) == []


def test_every_study_has_its_tiny_settings():
    assert sorted({*TINY, *TWINS}) == list(study_modules())


@pytest.mark.parametrize("name", sorted(IN_CHINESE))
def test_the_same_study_in_chinese_differs_in_its_language_only(name):
    study, twin = find_study(name), find_study(f"{name}_zh")
    assert twin.measure is study.measure and twin.tolerance == study.tolerance
    english, chinese = (dict(leaves(one.settings)) for one in (study, twin))
    different = {path.split(".")[-1] for path in english if english[path] != chinese[path]}
    assert different and different <= {"language", "languages", "bert_languages"}


def test_an_idle_setting_is_found(learned):
    study = replace(planted_study.STUDY, settings=planted_study.Settings())
    paths = ["steps", "idle"]
    assert idle_settings(study, study.settings, learned, paths) == ["idle"]


def holds_numbers(value):
    """Whether a constant could shape a number: a number, a tuple, or a collection of numbers."""

    def inside(value):
        if isinstance(value, dict):
            return any(map(inside, value.values()))
        if isinstance(value, list | tuple | set | frozenset):
            return any(map(inside, value))
        return isinstance(value, int | float) and not isinstance(value, bool)

    return type(value) is tuple or inside(value)


def constants_of(tree, names):
    """The constants of a module, its own and those from other labs, by what they are called."""
    foreign = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and not (node.module or "").startswith("minillm.labs")
        for alias in node.names
    }
    own = {name: value for name, value in names.items() if name.isupper() and name not in foreign}
    modules = [
        (name, value)
        for name, value in names.items()
        if inspect.ismodule(value) and value.__name__.startswith("minillm.labs")
    ]
    for prefix, module in modules:
        own |= {f"{prefix}.{name}": v for name, v in vars(module).items() if name.isupper()}
    return own


def hidden_constants(source, names):
    """Constants that hold numbers and are used inside a function; numbers as default values.

    ``names`` are those of the module: what it defines and what it imports.
    """
    tree, found = ast.parse(source), []
    constants = constants_of(tree, names)
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.Lambda):
            continue
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name | ast.Attribute):
                name = ast.unparse(inner)
                found += [name] if holds_numbers(constants.get(name)) else []
        for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
            if isinstance(default, ast.Constant) and holds_numbers(default.value) and default.value:
                found.append(ast.unparse(default))
    return found


@pytest.mark.parametrize("path", MEASURING, ids=lambda path: str(path.relative_to(LABS)))
def test_no_function_uses_a_number_that_is_not_in_the_settings(path):
    parts = path.relative_to(LABS).with_suffix("").parts
    module = importlib.import_module(".".join(["minillm.labs", *parts]).removesuffix(".__init__"))
    assert hidden_constants(path.read_text(encoding="utf-8"), vars(module)) == []


def test_planted_constants_are_caught():
    names = {
        "STEPS": 3,
        "RATES": (0.1,),
        "WAYS": {"a": len},
        "TABLE": {"a": (1,)},
        "CUES": {"a": ("b",)},
    }
    assert hidden_constants("def f():\n    return STEPS", names) == ["STEPS"]
    assert hidden_constants("def f(steps=STEPS):\n    pass", names) == ["STEPS"]
    assert hidden_constants("f = lambda: RATES[0]", names) == ["RATES"]
    assert hidden_constants("def f():\n    return TABLE['a']", names) == ["TABLE"]
    assert hidden_constants("def f(*, rate=0.1, n=0):\n    pass", names) == ["0.1"]
    assert hidden_constants("def f():\n    return m.DIGITS", {"m": stored}) == ["m.DIGITS"]
    assert hidden_constants("def f():\n    return m.STORED", {"m": stored}) == []
    foreign = "from minillm.text.cleaning import STEPS\n\ndef f():\n    return STEPS"
    assert hidden_constants(foreign, names) == []
    fine = "def f(x=0, y=None):\n    return WAYS['a'], CUES\n\n\nclass S:\n    n: int = STEPS"
    assert hidden_constants(fine, names) == []
