"""The processor that plays a device: it must find what goes wrong on one, or it proves nothing."""

import numpy as np
import pytest

from tests.cuda_on_host import raw_module
from tests.cuda_on_host.compiler import Parameter, kernels_of
from tests.cuda_on_host.raw_module import RawModule, needs_gxx
from tests.strict import strict

pytestmark = needs_gxx
TYPES = "typedef REAL real; typedef long long whole; typedef bool flag;\n"
KERNEL = 'extern "C" __global__ void planted(real *y, const real *x, whole n)'
N = 8


def ran(body, *arguments, blocks=1, threads=N, how=0):
    """What a planted kernel has written into ``y``."""
    y, x = strict.asarray(np.zeros(N)), strict.asarray(np.arange(N) + 1.0)
    raw_module.ORDER["how"] = how
    try:
        module = RawModule(code=f"{TYPES}{KERNEL} {{\n{body}\n}}", options=("-DREAL=double",))
        given = arguments or (y, x, np.int64(N))
        module.get_function("planted")((blocks,), (threads,), given)
    finally:
        raw_module.ORDER["how"] = 0
    return y._host.tolist()


ME = "whole i = (whole)blockIdx.x * blockDim.x + threadIdx.x;"
REVERSED = f"""{ME}
__shared__ real part[8];
part[i] = x[i];
SYNC
y[i] = part[n - 1 - i];"""


@pytest.mark.parametrize("how", [0, 1, 5])
def test_threads_meet_at_a_barrier(how):
    found = ran(REVERSED.replace("SYNC", "__syncthreads();"), how=how)
    assert found == [8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0]


def test_a_missing_barrier_shows_in_the_result():
    """Shared memory begins as NaN, so that what is read too early is seen."""
    for how in (0, 1, 5):
        assert np.isnan(ran(REVERSED.replace("SYNC", ""), how=how)).any()


def test_a_race_shows_in_the_order_of_threads():
    body = f"{ME}\nif (x[i] > 0) y[0] = x[i];"
    assert ran(body)[0] == 8.0
    assert ran(body, how=1)[0] == 1.0
    assert {ran(body, how=seed)[0] for seed in range(2, 9)} - {1.0, 8.0}


def test_the_order_of_blocks_changes_too():
    body = "y[0] = x[blockIdx.x];"
    assert [ran(body, blocks=8, threads=1, how=how)[0] for how in (0, 1)] == [8.0, 1.0]


@pytest.mark.parametrize(
    "body",
    [
        f"{ME} if (i < 4) __syncthreads();",
        f"{ME} if (i < 4) return;\n__syncthreads();",
        f"{ME} if (i < 4)\n__syncthreads();\nelse\n__syncthreads();",
    ],
)
def test_threads_that_part_at_a_barrier_are_found(body):
    for how in (0, 1, 5):
        with pytest.raises(RuntimeError, match=r"^planted: its threads part at a barrier$"):
            ran(body, how=how)
    assert ran(f"{ME} y[i] = 3;") == [3.0] * N  # and the next kernel runs


def test_a_write_beside_an_array_is_found_and_a_read_gives_nan():
    for place in ("n", "-1"):
        with pytest.raises(RuntimeError, match=r"planted wrote beside an array of shape \(8,\)"):
            ran(f"y[{place}] = 1;")
        assert np.isnan(ran(f"y[0] = x[{place}];")[0])


def test_what_is_read_only_stays_as_it_is():
    x = strict.asarray(np.ones(N))
    body = "((real *)x)[0] = 7;"
    ran(body, strict.asarray(np.ones(N)), x, np.int64(N))
    assert x._host.tolist() == [1.0] * N


@pytest.mark.parametrize(
    ("place", "wrong", "message"),
    [
        (0, np.zeros(N), "is not on the device"),
        (1, strict.asarray(np.zeros(N, np.float32)), "float64 in one piece is needed, got float32"),
        (1, strict.asarray(np.zeros((N, 2)))[:, 0], "float64 in one piece is needed"),
        (2, 8, "a number int64 is needed, got 8"),
        (2, np.int32(8), "a number int64 is needed"),
        (2, np.float64(8), "a number int64 is needed"),
    ],
)
def test_an_argument_of_another_kind_is_refused(place, wrong, message):
    given = [strict.asarray(np.zeros(N)), strict.asarray(np.zeros(N)), np.int64(N)]
    given[place] = wrong
    with pytest.raises(TypeError, match=message):
        ran("y[0] = 1;", *given)


def test_too_few_arguments_and_grids_that_cuda_does_not_have_are_refused():
    with pytest.raises(TypeError, match="planted takes 3 arguments, got 1"):
        ran("", np.int64(1))
    for blocks, threads in ((0, 1), (1, 0), (1, 1025), (2**31, 1)):
        with pytest.raises(ValueError, match="CUDA has no grid"):
            ran("", blocks=blocks, threads=threads)


def test_the_parameters_are_read_from_the_source():
    source = TYPES + KERNEL + '{}\nextern "C" __global__ void other(flag *a,\n  const whole b) {}'
    assert kernels_of(source) == {
        "planted": [
            Parameter("real", True, False), Parameter("real", True, True),
            Parameter("whole", False, False),
        ],
        "other": [Parameter("flag", True, False), Parameter("whole", False, True)],
    }  # fmt: skip
