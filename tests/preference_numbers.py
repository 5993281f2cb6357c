"""The tables of preferences.md: ``python -m tests.preference_numbers``."""

import numpy as np

from minillm.labs.preferences.assistant import transcript
from minillm.labs.stored import read_settings, read_study
from minillm.labs.study import find_study
from tests.finetuning_numbers import with_interval
from tests.readme_numbers import rows
from tests.told import print_page

STAGES = {
    "pretrained": "pretrained",
    "instructed": "instructed",
    "preferred": "instructed, then DPO",
    "continued": "instructed, then the preferred answers",
    "clean": "instructed by right answers only",
}
TAILS = {"normal": "normal", "student": "heavy"}
N = (1, 16, 256, 16384)


def stages_of(name):
    """What every stage of the assistant adds."""
    found = read_study(name)
    percent = {"right": 1, "exact": 1, "repetition": 1, "distinct": 1}
    lines = []
    for place, told in enumerate(STAGES.values()):
        cells = [with_interval(100 * found[key][:, place], n) for key, n in percent.items()]
        cells += [
            with_interval(found["log_right"][:, place]),
            with_interval(found["log_worse"][:, place]),
        ]
        cells.append(with_interval(found["drift"][:, place]) if place > 1 else "")
        lines.append([told, *cells])
    header = ["%", "probability of the right answer", "exact", "repetition", "distinct pairs"]
    return rows([*header, "ln p, right", "ln p, worse", "KL from instructed"], lines)


def english():
    """The assistant in English."""
    return stages_of("assistant")


def chinese():
    """The assistant in Chinese."""
    return stages_of("assistant_zh")


def pair(points):
    """Distance, proxy and true reward, means over the seeds with their intervals."""
    points = np.round(points, 9) + 0.0  # no -0.00
    return [with_interval(x, n) for x, n in zip(points.T, (2, 1, 2), strict=True)]


def proxies():
    """What a proxy and the true reward come to, by tail and way."""
    found, settings = read_study("overoptimisation"), read_settings("overoptimisation")
    lines = []
    for n in N:
        place = settings["n"].index(n)
        cells = [cell for tail in TAILS for cell in pair(found[f"best_of_n_{tail}"][:, place])]
        lines.append([f"best of {n:,}", *cells])
    for beta in settings["grpo"]["betas"]:
        cells = [cell for tail in TAILS for cell in pair(found[f"grpo_{tail}_{beta}"][:, -1])]
        lines.append([f"GRPO, β = {beta:g}", *cells])
    header = [""]
    for told in TAILS.values():
        header += [f"{told} tail: KL", "proxy", "true"]
    return rows(header, lines)


def displaced():
    """The first step of DPO under tied and orthogonal output vectors."""
    found, lines = read_study("displacement"), []
    for kind in ("tied", "orthogonal"):
        first, expected = found[f"first_{kind}"], found[f"closed_form_{kind}"]
        off = np.abs(first - expected).max(axis=1) / np.abs(expected).max(axis=1)
        fell = found[f"first_{kind}"] < 0
        lines.append(
            [
                kind,
                with_interval(100 * off),
                with_interval(100 * fell[:, ::2].mean(axis=1), 1),
                with_interval(100 * fell[:, 1::2].mean(axis=1), 1),
                with_interval(found[f"rank_first_{kind}"]),
                with_interval(found[f"rank_of_alike_{kind}"]),
            ]
        )
    header = ["output vectors", "off the closed form, %", "alike pairs that lose, %"]
    header += ["other pairs that lose, %", "rank correlation", "among alike pairs"]
    return rows(header, lines)


def gains():
    """Differences of two stages in the probability of the right answer, in points, by name."""
    places, found = list(STAGES), {}
    for study in ("assistant", "assistant_zh"):
        right = 100 * read_study(study)["right"]
        exact = 100 * read_study(study)["exact"]
        told = exact[:, places.index("preferred")] - exact[:, places.index("instructed")]
        found[f"{study}: exact, preferred - instructed"] = with_interval(told, 1)
        for more, less in (
            ("preferred", "instructed"),
            ("continued", "preferred"),
            ("clean", "preferred"),
            ("clean", "continued"),
        ):
            difference = right[:, places.index(more)] - right[:, places.index(less)]
            found[f"{study}: {more} - {less}"] = with_interval(difference, 1)
    return found


def falls():
    """What best-of-n and the penalties come to under a heavy tail, by name."""
    found, settings = read_study("overoptimisation"), read_settings("overoptimisation")
    true = found["best_of_n_student"][:, :, 2]
    peak, last = settings["n"].index(16), len(settings["n"]) - 1
    best = found["optimum_student"][:, :, 2].max(axis=1)
    told = {
        "best of 16 - best of 16,384": with_interval(true[:, peak] - true[:, last]),
        "best of 16 - best penalty": with_interval(true[:, peak] - best),
    }
    for tail in TAILS:
        held, free = found[f"grpo_{tail}_1.0"][:, -1], found[f"grpo_{tail}_0.0"]
        there = [
            np.interp(x, path[:, 0], path[:, 2]) for path, x in zip(free, held[:, 0], strict=True)
        ]
        told[f"penalty, GRPO, {tail}"] = with_interval(held[:, 2] - np.array(there))
    return told


def said(name):
    """What is answered to the first test questions of seed 0 in every stage."""
    study = find_study(name)
    told = transcript(study.settings, 0, 4)
    lines = [[row["asked"], *(row[stage][:40] for stage in STAGES)] for row in told]
    return rows(["asked", *STAGES.values()], lines)


TABLES = (english, chinese, proxies, displaced)


if __name__ == "__main__":
    print_page(TABLES, gains() | falls())
