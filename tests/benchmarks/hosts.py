"""Two hosts of one machine: Linux namespaces with a network, a name and an sshd for each.

Needs root, iproute2, util-linux, procps and openssh-server.  Nothing has a name outside the
namespaces: links and processes of a host end with the process that holds it, and that with ours.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

NAMES = ("first", "second")
ADDRESSES = ("10.77.0.1", "10.77.0.2")
TOOLS = (
    *("ip", "tc", "unshare", "nsenter", "setpriv", "mount", "pkill", "ps"),
    *("ssh", "sshd", "ssh-keygen"),
)
WITH_US = ("setpriv", "--pdeathsig", "KILL")  # what is started ends when we do, however that is
WIRE = "wire"  # the device of either host
BURST = "72k"  # just above the 64 KiB that the kernel hands over at once: less, and it cuts them
PATIENCE = 20  # seconds until a host is there
LONGEST = 600  # seconds of a command
# what a host is: files of its own on top of the machine's, and an sshd as its process 1
BECOME = """
set -e
hostname {name}
mount -t tmpfs none /run && mkdir /run/sshd
mount -t sysfs none /sys
mount -t tmpfs none /dev/shm
mount --bind {folder}/hosts /etc/hosts
mount --bind {folder}/ssh_config /etc/ssh/ssh_config
ip link set lo up
exec {sshd} -D -f {folder}/sshd_config
"""
HOSTS = "127.0.0.1 localhost\n" + "".join(
    f"{address} {name}\n" for address, name in zip(ADDRESSES, NAMES, strict=True)
)
SSHD = """
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
PidFile none
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
"""
SSH = """
IdentityFile {folder}/user_key
UserKnownHostsFile /dev/null
StrictHostKeyChecking no
BatchMode yes
LogLevel ERROR
"""


@dataclass(frozen=True)
class Shape:
    """What a link lets through: bits per second, and seconds that a packet is under way."""

    rate: float
    delay: float = 0.0


@dataclass(frozen=True)
class Host:
    """A host by its name, and the process that holds its namespaces."""

    name: str
    pid: int

    def words(self, *command: str) -> list[str]:
        """The command line that runs ``command`` on this host."""
        spaces = ("--net", "--uts", "--mount", "--pid", "--ipc")
        return ["nsenter", "--target", str(self.pid), *spaces, f"--wd={os.getcwd()}", *command]

    def run(self, *command: str) -> str:
        """What a command that must succeed prints."""
        return checked(self.words(*command))

    def is_linked(self) -> bool:
        """Whether its link carries something by now."""
        return self.run("cat", f"/sys/class/net/{WIRE}/operstate").strip() in ("up", "unknown")

    def carried(self) -> int:
        """The bytes that its link sent and received until now."""
        files = [f"/sys/class/net/{WIRE}/statistics/{way}_bytes" for way in ("rx", "tx")]
        return sum(int(each) for each in self.run("cat", *files).split())


def checked(words: Sequence[str]) -> str:
    """What a command prints.

    Raises:
        RuntimeError: it fails; with what it said.
    """
    done = subprocess.run(words, capture_output=True, text=True, timeout=LONGEST)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def missing() -> str | None:
    """Why there can be no hosts here; ``None`` where they can."""
    if sys.platform != "linux":
        return "two hosts are namespaces of Linux"
    if os.geteuid() != 0:
        return "namespaces and links need root"
    if absent := [name for name in TOOLS if shutil.which(name) is None]:
        return f"not installed: {', '.join(absent)} (iproute2, util-linux, procps, openssh-server)"
    return None


@contextmanager
def host(name: str, folder: Path) -> Iterator[Host]:
    """A host with an sshd, and no link; at the end all that ran on it is gone."""
    become = BECOME.format(name=name, folder=folder, sshd=shutil.which("sshd"))
    spaces = ("--net", "--uts", "--mount", "--ipc", "--pid", "--fork", "--mount-proc")
    holder = subprocess.Popen([*WITH_US, "unshare", *spaces, "--kill-child", "sh", "-c", become])
    try:
        yield Host(name, wait_for(lambda: sshd_of(holder), f"host {name}"))
    finally:
        for pid in [] if holder.poll() is not None else children(holder):
            os.kill(pid, signal.SIGTERM)  # as process 1 it takes all others of the host along
        holder.wait()


def wait_for(look: Callable[[], int], what: str) -> int:
    """What ``look`` gives once it is not 0.

    Raises:
        RuntimeError: that does not come.
    """
    end = time.monotonic() + PATIENCE
    while not (found := look()):
        if time.monotonic() > end:
            raise RuntimeError(f"{what} did not come up within {PATIENCE} s")
        time.sleep(0.01)
    return found


def children(process: subprocess.Popen) -> list[int]:
    """The processes that a process started."""
    file = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(each) for each in file.read_text().split()]


def sshd_of(holder: subprocess.Popen) -> int:
    """The sshd that waits for somebody, or 0 if it is not that far.

    Raises:
        RuntimeError: the host has ended.
    """
    if holder.poll() is not None:
        raise RuntimeError(f"a host ended with {holder.returncode}: see what it said above")
    for pid in children(holder):
        if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"sshd: "):
            return pid
    return 0


@contextmanager
def two_hosts() -> Iterator[tuple[Host, Host]]:
    """Both hosts, which know each other's names and keys; ``linked`` connects them."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        for key in ("host_key", "user_key"):
            checked(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)])
        (folder / "hosts").write_text(HOSTS)
        (folder / "sshd_config").write_text(SSHD.format(folder=folder))
        (folder / "ssh_config").write_text(SSH.format(folder=folder))
        one, other = (stack.enter_context(host(each, folder)) for each in NAMES)
        yield one, other


@contextmanager
def linked(hosts: tuple[Host, Host], shape: Shape) -> Iterator[None]:
    """A link between both, each end of which sends no faster than ``shape`` says."""
    with (delayed if shape.delay else direct)(hosts, shape):
        for each, address in zip(hosts, ADDRESSES, strict=True):
            each.run("ip", "address", "add", f"{address}/24", "dev", WIRE)
            each.run("ip", "link", "set", WIRE, "up")
            rate = ("rate", f"{shape.rate:.0f}bit", "burst", BURST, "latency", "50ms")
            each.run("tc", "qdisc", "add", "dev", WIRE, "root", "tbf", *rate)
        for each in hosts:  # before that, MPI would not see the link
            wait_for(each.is_linked, f"the link of {each.name}")
        yield


@contextmanager
def direct(hosts: tuple[Host, Host], _: Shape) -> Iterator[None]:
    """The two ends of a veth pair, without a delay but that of the kernel."""
    one, other = (str(each.pid) for each in hosts)
    ends = ("name", WIRE, "netns", one, "type", "veth", "peer", "name", WIRE, "netns", other)
    checked(["ip", "link", "add", *ends])
    try:
        yield
    finally:
        hosts[0].run("ip", "link", "delete", WIRE)


@contextmanager
def delayed(hosts: tuple[Host, Host], shape: Shape) -> Iterator[None]:
    """The two ends of a ``delay_line``.

    Raises:
        RuntimeError: it cannot be laid; it has said why.
    """
    words = [*(str(each.pid) for each in hosts), WIRE, str(shape.delay)]
    line = subprocess.Popen(
        [*WITH_US, sys.executable, "-m", "tests.benchmarks.delay_line", *words],
        stdout=subprocess.PIPE,
    )
    with line:
        try:
            if not line.stdout or not line.stdout.readline():
                raise RuntimeError("the delay line was not laid: see what it said above")
            yield
        finally:
            line.kill()
