"""The level ``compiled``: with numba it gives loops, without it says what is missing."""

import subprocess
import sys

WITHOUT_NUMBA = """
import sys
sys.modules["numba"] = None  # what `import numba` meets where it is not installed
import minillm
from minillm.backend import kernels_in_force
try:
    minillm.use_kernels("compiled")
except ImportError as error:
    print(error)
print(kernels_in_force())
print(*[kernel.__module__ for kernel in minillm.ops.gelu.kernels.values()])
"""


def printed(program: str, **options) -> list[str]:
    """What a program prints in a process of its own."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        **options,
    ).stdout.splitlines()


def test_without_numba_it_says_what_is_missing_and_the_level_stays():
    message, level, module = printed(WITHOUT_NUMBA)
    assert message == 'kernels "compiled" need numba: pip install "minillm[fast]"'
    assert level == "numpy"
    assert module == "minillm.ops.kernels_numpy.gelus"
