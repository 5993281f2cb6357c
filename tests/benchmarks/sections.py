"""What can be measured: each section gives its records, one after another."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from minillm.commands import bench_steps
from tests.benchmarks import costs
from tests.benchmarks.asking import ROOT, environment
from tests.benchmarks.contests import Contest, Entry, Row, held
from tests.benchmarks.finetuning_minillm import WAYS
from tests.benchmarks.growth import fitted_exponent, last_exponent
from tests.benchmarks.sizes import GROWTH, INFERENCE, OPS, Size
from tests.benchmarks.variants import Variant

SIZES = {name: Size(**asdict(size)) for name, size in bench_steps.SIZES.items()}


@dataclass(frozen=True)
class Plan:
    """What the command line asks for."""

    variants: list[Variant]
    sizes: dict[str, Size]
    rounds: int
    clock: str = "cpu"
    threads: int = 1
    label: str = "now"

    @property
    def ours(self) -> list[Variant]:
        """This project with the exact GELU, by level."""
        return [v for v in self.variants if v.module == "minillm"]

    @property
    def torch(self) -> list[Variant]:
        """PyTorch as it comes, and where its best kernels must be forced, with them."""
        return [v for v in self.variants if v.module == "torch" and not v.heap]

    def record(self, section: str, case: str, rows: list[Row], settings: Any = None) -> Row:
        """What is kept of one case."""
        return {
            "section": section, "case": case, "clock": self.clock, "threads": self.threads,
            "label": self.label, "rounds": self.rounds, "settings": settings, "rows": rows,
        }  # fmt: skip

    def held(self, section: str, contest: Contest) -> Row:
        """The record of a contest."""
        rows = held(contest, self.rounds, self.clock)
        return self.record(section, contest.case, rows, contest.settings)


def step_contest(name: str, size: Size, variants: list[Variant], threads: int) -> Contest:
    """A training step by all that there are."""
    settings = {"size": asdict(size), "threads": threads}
    entries = [Entry(v.name, v, f"step_{v.module}", settings, v.gelu) for v in variants]
    return Contest(name, entries, size.steps, size.tokens, asdict(size))


def step(plan: Plan) -> Iterator[Row]:
    """A training step at three sizes, beside all peers."""
    for name, size in plan.sizes.items():
        yield plan.held("step", step_contest(name, size, plan.variants, plan.threads))


def ops(plan: Plan) -> Iterator[Row]:
    """Every op with a kernel, and some without, beside PyTorch's."""
    for name, case in OPS.items():
        entries = [
            Entry(v.name, v, f"op_{v.module}", {"case": asdict(case)})
            for v in [*plan.ours, *plan.torch]
        ]
        yield plan.held("ops", Contest(name, entries, settings=asdict(case)))


def inference(plan: Plan) -> Iterator[Row]:
    """Two layers of BERT's width over padded sentences."""
    entries = [
        Entry(v.name, v, f"inference_{v.module}", {"size": asdict(INFERENCE)})
        for v in [*plan.ours, *plan.torch]
    ]
    contest = Contest("encoder", entries, INFERENCE.steps, INFERENCE.tokens, asdict(INFERENCE))
    yield plan.held("inference", contest)


def writing(plan: Plan) -> Iterator[Row]:
    """A text of ``course`` token by token: with a cache and without, beside PyTorch's."""
    size = replace(SIZES["course"], batch=1)
    readers = {"minillm": ("lean", "cached", "recomputing"), "torch": ("cached", "recomputing")}
    entries = [
        Entry(f"{v.name}, {how}", v, f"writing_{v.module}", {"size": asdict(size), "reader": how})
        for v in [plan.ours[-1], *plan.torch]
        for how in readers[v.module]
    ]
    against = entries[0].name
    contest = Contest("course, one text", entries, 3, size.tokens, asdict(size), against)
    yield plan.held("writing", contest)


def finetuning(plan: Plan) -> Iterator[Row]:
    """An update of a BERT's classifier, by what of it is trained; all beside full fine-tuning."""
    best = plan.ours[-1]
    for name in ("course", "mid"):
        size = SIZES[name]
        entries = [
            Entry(way, best, "finetuning_minillm", {"size": asdict(size), "way": way}, kind=way)
            for way in WAYS
        ]
        contest = Contest(
            f"{name}, {best.name}", entries, size.steps, size.tokens, asdict(size), "full"
        )
        yield plan.held("finetuning", contest)


def growth(plan: Plan) -> Iterator[Row]:
    """How time and memory grow with each size of ``course``; all points are asked in turn."""
    variants = [plan.ours[-1], *plan.torch]
    for letter, (name, values) in GROWTH.items():
        entries = [
            replace(entry, name=f"{entry.name} {value}", kind=str(value))
            for value in values
            for entry in step_contest(
                letter, replace(SIZES["course"], **{name: value}), variants, plan.threads
            ).entries
        ]
        rows = held(Contest(letter, entries, steps=2), plan.rounds, plan.clock)
        found = {v.name: rows[i :: len(variants)] for i, v in enumerate(variants)}
        yield plan.record("growth", letter, [grown(n, values, r) for n, r in found.items()])


def grown(name: str, values: list[int], rows: list[Row]) -> Row:
    """Least times and peaks along one axis, with the exponents of the times.

    The least: a busy moment would bend the curve, and a median of few rounds has some in it.
    """
    ms = [row["least_ms"] for row in rows]
    return {
        "name": name,
        "at": values,
        "ms": ms,
        "peak_mb": [row.get("peak_mb") for row in rows],
        "last_exponent": round(last_exponent(values, ms), 2),
        "fitted_exponent": round(fitted_exponent(values, ms), 2),
    }


def leave_one_out(plan: Plan) -> Iterator[Row]:
    """A step of ``course`` with all kernels, and with all but one.

    Kernels that the model has no use for, as ``rms_norm``'s, show the noise.
    """
    size, best = SIZES["course"], plan.ours[-1]
    entries = [
        Entry(name, best, "without_minillm", {"size": asdict(size), "without": name})
        for name in ["nothing", *kernel_names(best)]
    ]
    contest = Contest(
        f"course, {best.name}", entries, size.steps, size.tokens, asdict(size), against="nothing"
    )
    yield plan.held("leave_one_out", contest)


def kernel_names(variant: Variant) -> list[str]:
    """The kernels that a variant has in force."""
    program = "from tests.benchmarks import without_minillm as w; print(*w.names(), sep=',')"
    done = subprocess.run(
        [variant.python, "-c", program], cwd=ROOT, env=environment(variant, 1), check=True,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return done.stdout.strip().split(",")


SECTIONS: dict[str, Callable[[Plan], Iterator[Row]]] = {
    "step": step,
    "ops": ops,
    "inference": inference,
    "writing": writing,
    "finetuning": finetuning,
    "growth": growth,
    "leave_one_out": leave_one_out,
    "import": costs.imports,
    "memory_after": costs.memory_after,
    "denormals": costs.denormals,
}
SHARED = ("step", "growth")  # sections in which several threads share the work
