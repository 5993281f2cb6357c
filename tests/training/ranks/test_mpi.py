"""Real processes, where there is an MPI: the ring by hand beside Allreduce, and equal training."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MPIEXEC = shutil.which("mpiexec", path=str(Path(sys.executable).parent))
pytestmark = [
    pytest.mark.slow,  # starts worlds of up to five processes
    pytest.mark.skipif(
        importlib.util.find_spec("mpi4py") is None or MPIEXEC is None,
        reason="needs the extra cluster: mpi4py and an MPI with mpiexec beside this Python",
    ),
]
RING = """
import numpy as np
from mpi4py import MPI
from minillm.training.ranks import ring_all_reduce
world = MPI.COMM_WORLD
n, rank = world.Get_size(), world.Get_rank()
for dtype in (np.float32, np.float64):
    for length in (0, 1, 2, 3, 5, 64, 1001, 100_000):
        rng = np.random.default_rng([rank, length])
        own = rng.standard_normal(length).astype(dtype)
        whole = rng.integers(-1000, 1000, size=length).astype(dtype)
        for values, exact in ((own, False), (whole, True)):
            ring, theirs = values.copy(), np.empty_like(values)
            sent = ring_all_reduce(world, ring)
            world.Allreduce(values, theirs)
            assert np.array_equal(ring, theirs) if exact else np.allclose(ring, theirs, atol=1e-5)
            assert sum(world.allgather(sent)) == 2 * (n - 1) * values.nbytes
            assert len(set(world.allgather(ring.tobytes()))) == 1
            assert len(set(world.allgather(theirs.tobytes()))) == 1
print("done" if rank == 0 else "", end="")
"""
TRAINING = """
import numpy as np
from minillm.training import mean_gradients
from minillm.training.data_parallel import DataParallelGradients
from minillm.training.ranks import open_ranks
from tests.training.test_data_parallel import count, trained
ranks = open_ranks()
losses, weights = trained(DataParallelGradients(ranks, count))
alone = trained(mean_gradients)
np.testing.assert_allclose(losses, alone[0], rtol=1e-10)
for name, array in alone[1].items():
    np.testing.assert_allclose(weights[name], array, rtol=1e-10, atol=1e-10)
print("done" if ranks.rank == 0 else "", end="")
"""


@pytest.mark.parametrize(("program", "size"), [(RING, 2), (RING, 3), (RING, 5), (TRAINING, 2)])
def test_processes_agree(program, size):
    words = [MPIEXEC, "-n", str(size), sys.executable, "-m", "mpi4py", "-c", program]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "done"), done.stderr
