"""Two ranks on two hosts: what a sum and a step take there, beside the formula; and a training.

``python -m tests.benchmarks.two_hosts`` makes the hosts, which are namespaces of this machine (see
``hosts``, which says what that needs), and writes ``results/network/two_hosts.json``; ``--table``
prints what is stored.  It takes six to eight minutes.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from minillm.backend import load_arrays, write_atomically
from minillm.backend.machine import processor
from minillm.commands.bench_ranks import CHUNK, launcher
from minillm.commands.bench_ranks import missing as missing_mpi
from minillm.commands.bench_steps import SIZES
from minillm.training import read_record
from tests.benchmarks.hosts import NAMES, Host, Shape, checked, linked, missing, two_hosts
from tests.benchmarks.two_hosts_report import report

RESULTS = Path(__file__).with_name("results") / "network" / "two_hosts.json"
LINKS = (Shape(1e9), Shape(1e8, 1e-3))
# how MPICH sends large messages: asks the receiver first (rendezvous), its own choice; or does not
SENDING = {"rendezvous": {}, "eager": {"UCX_RNDV_THRESH": "inf"}}
BUFFERS = (400_000, 4_000_000, 40_000_000)  # bytes
STEPS = ("tiny", "course")
ROUNDS = 7
TOGETHER = ("-hosts", ",".join(NAMES), "-ppn", "1", "-n", "2")
SMALL = ["--documents", "lines", "--width", "32", "--n-heads", "2", "--n-layers", "2"]
SMALL += ["--max-length", "16", "--batch-size", "15", "--dropout", "0.1", "--seed", "1"]
UPDATES = 200

Hosts = tuple[Host, Host]


def ranks(hosts: Hosts, *module: str, **variables: str) -> list[str]:
    """The command line that runs a module of ours as one rank on each host."""
    given = [f"{name}={value}" for name, value in variables.items()]
    program = [sys.executable, "-m", "mpi4py", "-m", *module]
    return hosts[0].words("env", *given, str(launcher()), *TOGETHER, *program)


def asked(hosts: Hosts, task: str, of: Any, **variables: str) -> Any:
    """What ``bench --parts ranks`` finds for one task, here between two hosts."""
    settings = json.dumps({"of": of, "rounds": ROUNDS})
    child = "minillm.commands.bench_ranks_child"
    return json.loads(checked(ranks(hosts, child, task, settings, **variables)))


def measured(hosts: Hosts, shape: Shape) -> dict[str, Any]:
    """One link: what it is like, and what sums and steps take over it."""
    with linked(hosts, shape):
        found: dict[str, Any] = asdict(shape) | {"load": os.getloadavg()[0], "sending": {}}
        for name, variables in SENDING.items():
            found["sending"][name] = {
                "wire": asked(hosts, "wire", CHUNK, **variables),
                "sums": asked(hosts, "sums", BUFFERS, **variables),
            }
        found["steps"] = {name: asked(hosts, "steps", asdict(SIZES[name])) for name in STEPS}
    return found


def examples() -> str:
    """A text in which everything can be foretold but a few words."""
    words = [each.split() for each in ("old new big red", "cat dog fox owl", "sun moon sea sky")]
    lines = (f"the {a} {b} saw the {c} ." for a in words[0] for b in words[1] for c in words[2])
    return "\n".join(lines) + "\n"


def trained(hosts: Hosts, folder: Path) -> dict[str, float]:
    """How far a training by both hosts is from that of one process, and what the link carried."""
    text, one, two = folder / "texts.txt", folder / "one", folder / "two"
    text.write_text(examples(), encoding="utf-8")
    words = ["minillm", "pretrain", str(text), *SMALL, "--steps", str(UPDATES), "--out"]
    checked([sys.executable, "-m", *words, str(one)])
    with linked(hosts, LINKS[0]):
        before = hosts[1].carried()
        checked(ranks(hosts, *words, str(two), "--data-parallel"))
        carried = hosts[1].carried() - before
    losses = [np.array([e["loss"] for e in read_record(f / "record.jsonl")[1]]) for f in (one, two)]
    weights = [load_arrays(f / "model.safetensors")[0] for f in (one, two)]
    return {
        "updates": len(losses[0]),
        "loss": float((np.abs(losses[1] - losses[0]) / losses[0]).max()),
        "weights": max(float(np.abs(weights[1][n] - w).max()) for n, w in weights[0].items()),
        "parameters": sum(w.size for w in weights[0].values()),
        "carried": carried,
    }


def killed(hosts: Hosts, folder: Path) -> dict[str, float]:
    """How a training ends whose rank on the second host is killed: exit code, seconds, remains."""
    text, out = folder / "texts.txt", folder / "killed"
    words = ["minillm", "pretrain", str(text), *SMALL, "--steps", "100000", "--out", str(out)]
    with linked(hosts, LINKS[0]), open(folder / "said", "w", encoding="utf-8") as said:
        run = subprocess.Popen(ranks(hosts, *words, "--data-parallel"), stdout=said, stderr=said)
        while not (record := out / "record.jsonl").exists() or record.stat().st_size < 4000:
            if run.poll() is not None:
                raise RuntimeError(f"the training ended: {(folder / 'said').read_text()}")
            time.sleep(0.01)
        hosts[1].run("pkill", "-KILL", "-f", "--", "-m mpi4py")
        start = time.monotonic()
        code, seconds = run.wait(timeout=60), time.monotonic() - start
        time.sleep(1)
        left = sum("mpi4py" in each.run("ps", "-ax", "-o", "args") for each in hosts)
    return {"code": code, "seconds": seconds, "hosts where a rank is left": left}


def everything() -> dict[str, Any]:
    """All that is kept."""
    found: dict[str, Any] = {"processor": processor(), "numpy": np.__version__}
    found |= {"mpich": version("mpich"), "rounds": ROUNDS, "links": []}
    with two_hosts() as hosts, tempfile.TemporaryDirectory() as name:
        found["equal"] = trained(hosts, Path(name))
        found["killed"] = killed(hosts, Path(name))
        for shape in LINKS:
            found["links"].append(measured(hosts, shape))
    return found


def main(arguments: list[str]) -> None:
    """Measure, keep, and print; or print what was kept."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the hosts end, too
    if arguments != ["--table"]:
        if reason := missing() or missing_mpi():
            sys.exit(f"two_hosts: {reason}")
        write_atomically(RESULTS, (json.dumps(everything(), indent=1) + "\n").encode("utf-8"))
    print(report(stored()))


def stored() -> Mapping[str, Any]:
    """What was measured last."""
    found: Mapping[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
