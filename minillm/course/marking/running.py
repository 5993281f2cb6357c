"""The cells of a notebook, run one after another in a kernel that is not trusted."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from minillm.course.execute import first_line, private_sockets
from minillm.course.judge.words import Both
from minillm.course.marking.fence import fence, surroundings

GRACE = 5  # seconds for a cell to end after it was interrupted
LAUNCH = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
STARTED: set[int] = set()  # groups of processes


async def run_cells(
    notebook: Any,
    folder: Path,
    environment: dict[str, str],
    *,
    limit: int,
    whole: int,
    fenced: bool,
) -> tuple[int, Both | None]:
    """Run all cells in a fresh kernel; number and fault of the cell that ended it early.

    A cell over the limit is interrupted, and the next one runs.  One that goes on all the same,
    kills the kernel, or ends after ``whole`` seconds for all, is the last.  Of the outputs only
    the first error of a cell is kept.
    """
    end = time.monotonic() + whole
    try:
        async with kernel(notebook, folder, environment, fenced=fenced) as client:
            for index, cell in enumerate(notebook.cells):
                left = end - time.monotonic()
                if left < 1:
                    return max(index - 1, 0), Both(
                        f"was the last in {whole} s", f"是 {whole} 秒内运行的最后一个"
                    )
                client.timeout = int(min(limit, left))
                fault = await run_cell(client, cell, index)
                if fault:
                    return index, fault
    except RuntimeError as error:
        why = first_line(error)
        return 0, Both(f"the kernel did not start: {why}", f"内核没有启动：{why}")
    return len(notebook.cells), None


async def run_cell(client: Any, cell: Any, index: int) -> Both | None:
    """Run one cell; why it was the last, if it was."""
    from nbclient.exceptions import DeadKernelError

    start = time.monotonic()
    try:
        await asyncio.wait_for(client.async_execute_cell(cell, index), client.timeout + GRACE)
    except (DeadKernelError, TimeoutError):
        slow = time.monotonic() - start > client.timeout
        if slow:
            seconds = client.timeout
            return Both(f"did not stop after {seconds} s", f"运行 {seconds} 秒后无法中止")
        return Both("killed the kernel", "使内核崩溃")
    except Exception as error:  # a kernel can send anything
        return Both(
            f"made the kernel speak nonsense: {first_line(error)}", "使内核发出无法理解的消息"
        )
    return None


@contextlib.asynccontextmanager
async def kernel(
    notebook: Any, folder: Path, environment: dict[str, str], *, fenced: bool
) -> AsyncIterator[Any]:
    """A client with a fresh kernel, which is ended with all its processes.

    Raises:
        RuntimeError: it does not start.
    """
    from nbclient import NotebookClient

    quiet = logging.getLogger(f"{__name__}.kernel")
    quiet.disabled = True
    client = NotebookClient(
        notebook,
        resources={"metadata": {"path": str(folder / "work")}},
        interrupt_on_timeout=True,
        allow_errors=True,
        shutdown_kernel="immediate",
        log=quiet,
    )
    client.output = keep_first_error  # type: ignore[assignment, method-assign]
    client.km = manager(folder, fenced=fenced)
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    given = {**surroundings(folder), **environment}
    try:
        async with client.async_setup_kernel(env=given, **silent):
            STARTED.add(getattr(client.km.provisioner, "pgid", None) or 0)
            yield client
    finally:
        atexit.unregister(client._cleanup_kernel)
        end_processes()


def manager(folder: Path, *, fenced: bool) -> Any:
    """Starts this Python as a kernel, whatever kernels the account has, and no other."""
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager

    class OwnKernel(KernelSpecManager):
        """Knows one kernel."""

        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            """Interrupted by a message where signals do not pass the fence."""
            return KernelSpec(
                argv=[*(fence(folder) if fenced else []), *LAUNCH],
                display_name=kernel_name,
                language="python",
                interrupt_mode="message" if fenced else "signal",
            )

    return AsyncKernelManager(
        kernel_name="python3",
        kernel_spec_manager=OwnKernel(),
        connection_file=str(folder / "connection.json"),
        config=private_sockets(folder),
    )


def keep_first_error(outputs: list[Any], message: dict[str, Any], *_: object) -> None:
    """All that is kept of what a cell puts out."""
    from nbformat.v4 import output_from_msg

    if message["msg_type"] == "error" and not outputs:
        outputs.append(output_from_msg(message))


def end_processes() -> None:
    """End what is left of all kernels, and what they started, as far as it did not flee."""
    while STARTED:
        group = STARTED.pop()
        with contextlib.suppress(OSError):
            if group > 1 and hasattr(os, "killpg"):
                os.killpg(group, signal.SIGKILL)
