"""Measure a study, seed by seed or several seeds at once."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from minillm.backend import kernels_in_force, use_kernels
from minillm.backend.files import require_folder
from minillm.backend.progress import progress_bar
from minillm.backend.threads import limit_threads
from minillm.labs.kept import cells, seed_measured_or_kept
from minillm.labs.stored import STORED, write_study
from minillm.labs.study import Study


def run_study(study: Study, seeds: Sequence[int], folder: Path = STORED, *, jobs: int = 1) -> Path:
    """Measure every seed under a progress bar and write the file; its path.

    ``jobs`` processes measure at the same time; the numbers are those of one.  Each seed is kept
    in a file of ``NAME.cells`` as soon as it is measured, and taken from there by the next run,
    if neither settings nor study have changed; at the end these files are removed.

    Raises:
        ValueError: no seeds, one that is negative or given twice, ``jobs`` below 1, or a measured
            number that is not finite; nothing is written.
        NotADirectoryError: ``folder`` is a file; known before the first seed is measured.
    """
    check_run(study, seeds, folder, jobs)
    with cells(folder, study.name) as place:
        resuming = replace(study, measure=partial(seed_measured_or_kept, study, place))
        return write_study(study, seeds, measured_seeds(resuming, seeds, jobs), folder)


def check_run(study: Study, seeds: Sequence[int], folder: Path, jobs: int) -> None:
    """Refuse what cannot be run, before anything is measured.

    Raises:
        ValueError, NotADirectoryError: as ``run_study``.
    """
    if len(seeds) == 0:
        raise ValueError(f"study {study.name} needs at least one seed")
    if min(seeds) < 0 or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds must be different and at least 0, got {list(seeds)}")
    if jobs < 1:
        raise ValueError(f"--jobs must be at least 1, got {jobs}")
    require_folder(folder)


def measured_seeds(study: Study, seeds: Sequence[int], jobs: int) -> list[Any]:
    """The numbers of every seed, with a progress bar."""
    measure_all = in_this_process if jobs == 1 else in_processes
    return measure_all(study, seeds, jobs)


def in_this_process(study: Study, seeds: Sequence[int], _: int) -> list[Any]:
    """The numbers of every seed, one after another."""
    bar = progress_bar(seeds, desc=study.name, unit="seed")
    return [study.measure(study.settings, seed) for seed in bar]


def in_processes(study: Study, seeds: Sequence[int], jobs: int) -> list[Any]:
    """The numbers of every seed, measured by ``jobs`` processes, in the order of the seeds.

    Where one fails, or Ctrl-C ends the wait, the others are stopped at once.
    """
    others = set(multiprocessing.active_children())
    workers = ProcessPoolExecutor(
        min(jobs, len(seeds)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=prepare_worker,
        initargs=(kernels_in_force(),),
    )
    try:
        waiting = [workers.submit(study.measure, study.settings, seed) for seed in seeds]
        with progress_bar(total=len(seeds), desc=study.name, unit="seed") as bar:
            for done in as_completed(waiting):
                done.result()
                bar.update()
        return [done.result() for done in waiting]
    except BaseException:
        for child in set(multiprocessing.active_children()) - others:
            child.terminate()
        raise
    finally:
        workers.shutdown(cancel_futures=True)  # waits until the processes are gone


def prepare_worker(kernels: str) -> None:
    """One BLAS thread and the same kernels for each process; Ctrl-C is the parent's to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit_threads(1)
    use_kernels(kernels)
