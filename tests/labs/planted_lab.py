"""A lab that is measured in no time: a "model" is a number, and every attempt is noted."""

from dataclasses import dataclass

from minillm.labs.compare import Case, Control, Lab, Measure, compared

TRIED = []  # (remedy, seed) of every attempt


@dataclass(frozen=True)
class Settings:
    strength: float = 0.5
    fail: tuple[str, int] | None = None


def attempt(name, case, value):
    TRIED.append((name, case.seed))
    if case.settings.fail == (name, case.seed):
        raise KeyboardInterrupt
    return case.shared("base", lambda: 0.2) + 0.01 * case.seed + value


def nothing(case):
    return attempt("nothing", case, 0.0)


def strong(case):
    return attempt("strong", case, case.settings.strength)


def idle(case):
    return attempt("idle", case, 0.0)


def never(case):
    TRIED.append(("control", case.seed))
    return 0.0


def evaluate(case, model):
    return {"share": model, "curve": [model, 2 * model], "other": -model}


def measure(settings, seed):
    return compared(STUDY, settings, seed)


TEMPLATE = 'LAB = "planted_lab"\n\n\ndef remedy(case):\n    return 0.9\n'
STUDY = Lab(
    name="planted_lab",
    question="Which one works?",
    settings=Settings(),
    measure=measure,
    seeds=[0, 1, 2],
    case=Case,
    evaluate=evaluate,
    measures={"share": Measure(1, items=40, headline=True), "other": Measure(-1, items=40)},
    remedies={"nothing": nothing, "strong": strong, "idle": idle},
    controls={"never": Control(never, items=40)},
    protocol="nothing was chosen",
    template=TEMPLATE,
    model=float,
)
