"""Where a student's notebook runs: a home of its own, and, where bubblewrap runs, a fence.

Behind the fence there are the system and the library to read, one folder to write, no other file
of the account, no network, and no process but its own; what it starts ends with it.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import site
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from minillm.course.execute import first_line, private_sockets
from minillm.course.places import PROJECT

KEPT = (  # of the environment: where programs and libraries are, language
    *("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ"),
    *("SYSTEMROOT", "WINDIR", "COMSPEC", "PATHEXT", "NUMBER_OF_PROCESSORS"),
)
SETTINGS = {
    "PIP_NO_INDEX": "1",
    "PIP_DRY_RUN": "1",
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "UV_OFFLINE": "1",
    "CONDA_OFFLINE": "true",
}
SYSTEM = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/nix", "/gnu"),
    *(f"/etc/{name}" for name in ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives")),
    *(f"/etc/{name}" for name in ("localtime", "fonts", "passwd", "group", "nsswitch.conf")),
)
OURS = "minillm", "pyproject.toml", "figures"  # lessons read what studies have measured
OPEN = (
    "notebooks can read and write the files of this account, use the network and start processes "
    "that go on"
)
TRIAL = "import ipykernel, numpy, minillm; open('trial', 'w').close()"


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """A folder that goes; its name is short enough for sockets, where that can be."""
    long = not private_sockets(Path(tempfile.gettempdir()) / "mark-12345678")
    place = "/tmp" if long and Path("/tmp").is_dir() else None
    with tempfile.TemporaryDirectory(
        prefix="mark-", dir=place, ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder).resolve()


def surroundings(folder: Path) -> dict[str, str]:
    """The environment of a notebook whose places are all in ``folder``, which are made."""
    names = ("home", "work", "tmp", "ipython", "jupyter", "matplotlib")
    home, work, tmp, ipython, jupyter, matplotlib = (str(folder / name) for name in names)
    for name in names:
        (folder / name).mkdir(exist_ok=True)
    return {name: os.environ[name] for name in KEPT if name in os.environ} | {
        **SETTINGS,
        **threads(),
        **dict.fromkeys(("HOME", "USERPROFILE", "APPDATA"), home),
        **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), tmp),
        **dict.fromkeys(("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"), jupyter),
        "IPYTHONDIR": ipython,
        "MPLCONFIGDIR": matplotlib,
        "MINILLM_FIGURES": work,
        "PYTHONPATH": os.pathsep.join([str(PROJECT), *more_packages()]),
    }


def threads() -> dict[str, str]:
    """One BLAS thread, unless told otherwise: of many each takes memory from what is allowed."""
    names = "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"
    return {name: os.environ.get(name, "1") for name in names}


def more_packages() -> list[str]:
    """Folders with packages that an empty home would hide."""
    own = site.getusersitepackages()
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    found = [*given, own] if own in sys.path else given
    return [str(Path(path).resolve()) for path in found if path and Path(path) != PROJECT]


def fence(folder: Path) -> list[str]:
    """The words before a command that let it see ``folder`` and, to read, what it needs."""
    prefixes = sys.prefix, sys.base_prefix, sys.exec_prefix, str(Path(sys.executable).parent)
    libraries = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    ours = [str(PROJECT / name) for name in OURS]
    words = [shutil.which("bwrap") or "bwrap", "--unshare-all", "--die-with-parent"]
    words += ["--new-session", "--cap-drop", "ALL", "--proc", "/proc", "--dev", "/dev"]
    words += ["--tmpfs", "/tmp"]
    for path in dict.fromkeys([*SYSTEM, *prefixes, *more_packages(), *libraries, *ours]):
        words += ["--ro-bind-try", path, path] if path not in ("", "/") else []
    words += ["--bind", str(folder), str(folder), "--chdir", str(folder / "work")]
    return [*words, "--remount-ro", "/", "--unsetenv", "JPY_PARENT_PID", "--"]


@functools.cache
def why_no_fence() -> str:
    """Why notebooks cannot run behind the fence, or nothing: found by trying."""
    if shutil.which("bwrap") is None:
        return "bubblewrap is not here"
    with private_folder() as folder:
        environment = surroundings(folder)
        if not private_sockets(folder):
            return "the folder for temporary files has too long a name"
        command = [*fence(folder), sys.executable, "-c", TRIAL]
        try:
            trial = subprocess.run(
                command, env=environment, capture_output=True, text=True, timeout=60, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"bubblewrap does not run here ({first_line(error)})"
    why = last_line(trial.stderr) or f"it ends with {trial.returncode}"
    return f"bubblewrap does not run here ({why})" if trial.returncode else ""


def last_line(text: str) -> str:
    """Where an error says what it is."""
    return text.strip().rpartition("\n")[2]


@functools.cache
def font_list() -> Path | None:
    """Matplotlib's list of fonts: a new home without it would look for fonts for seconds."""
    try:
        import matplotlib
        from matplotlib import font_manager
    except ImportError:
        return None
    name = f"fontlist-v{font_manager.FontManager.__version__}.json"
    path = Path(matplotlib.get_cachedir()) / name
    return path if path.is_file() else None
