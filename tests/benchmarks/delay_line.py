"""A cable between two network namespaces that takes its time: each packet leaves it later.

``python -m tests.benchmarks.delay_line PID PID NAME SECONDS`` gives the namespaces of two processes
a device ``NAME`` each, says so, and carries packets between both until it is ended.  It is for
kernels that lack netem, and needs root and /dev/net/tun.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import struct
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000  # linux/if_tun.h
PACKET = 65536  # bytes, more than any has
AT_ONCE = 64  # packets that are read before others are passed on


class Cable:
    """What is under way between two ends; what is given to one leaves at the other."""

    def __init__(self, delay: float):
        self.delay = delay
        self.under_way: tuple[deque[tuple[float, bytes]], ...] = (deque(), deque())

    def take(self, end: int, packet: bytes, now: float) -> None:
        """A packet that is given to ``end``, 0 or 1, at the time ``now``."""
        self.under_way[1 - end].append((now + self.delay, packet))

    def due(self) -> float | None:
        """When the next packet leaves; ``None`` if there is none."""
        return min((waiting[0][0] for waiting in self.under_way if waiting), default=None)

    def leaving(self, now: float) -> Iterator[tuple[int, bytes]]:
        """The packets that leave until ``now``, each with its end, in the order they came."""
        for end, waiting in enumerate(self.under_way):
            while waiting and waiting[0][0] <= now:
                yield end, waiting.popleft()[1]


def tap(name: str) -> int:
    """A new network device, which is there while the file is open."""
    file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(file, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return file


def packets(file: int) -> Iterator[bytes]:
    """What a device sent."""
    for _ in range(AT_ONCE):
        try:
            yield os.read(file, PACKET)
        except BlockingIOError:
            return


def carry(files: Sequence[int], cable: Cable, clock: Callable[[], float] = time.monotonic) -> None:
    """Pass on packets for ever."""
    while True:
        due = cable.due()
        wait = None if due is None else max(0.0, due - clock())
        for file in select.select(files, [], [], wait)[0]:
            now = clock()
            for packet in packets(file):
                cable.take(files.index(file), packet, now)
        for end, packet in cable.leaving(clock()):
            try:
                os.write(files[end], packet)
            except OSError as error:
                if error.errno != errno.EIO:  # nobody is there yet: a cable loses it
                    raise


def main(one: str, other: str, name: str, seconds: str) -> None:
    """Lay the cable; say so; carry."""
    files = []
    for place, pid in enumerate((one, other)):
        own = f"cable{place}"
        files.append(tap(own))
        subprocess.run(["ip", "link", "set", own, "netns", pid, "name", name], check=True)
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))  # before all that compute
    print("laid", flush=True)
    carry(files, Cable(float(seconds)))


if __name__ == "__main__":
    main(*sys.argv[1:])
