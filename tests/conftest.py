"""One BLAS thread, one derandomised Hypothesis profile, for every test."""

import os

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before NumPy is imported: two workers share two cores

import numpy as np
import pytest
from hypothesis import Phase, settings

settings.register_profile("ci", derandomize=True, max_examples=50, deadline=None, print_blob=True)
FINDING = [Phase.explicit, Phase.generate]  # and not shrunk: for runs whose examples nobody reads
settings.register_profile("unshrunk", settings.get_profile("ci"), phases=FINDING)
settings.load_profile(os.environ.get("MINILLM_HYPOTHESIS", "ci"))


@pytest.fixture
def rng():
    """A generator with a fixed seed."""
    return np.random.default_rng(20240229)
