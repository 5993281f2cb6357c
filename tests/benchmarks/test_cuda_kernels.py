"""Every CUDA kernel compiles for every architecture, and keeps its numbers in registers."""

import json

import pytest

from tests.benchmarks import cuda_kernels
from tests.cuda_on_host import nvrtc
from tests.cuda_on_host.compiler import kernels_of

STORED = json.loads(cuda_kernels.RESULTS.read_text(encoding="utf-8"))
WANTED = {
    (f"{name}.cu", kernel, dtype, arch)
    for name in cuda_kernels.names()
    for kernel in kernels_of(cuda_kernels.launching.source(name))
    for dtype in cuda_kernels.DTYPES
    for arch in nvrtc.ARCHITECTURES
}


def check(rows):
    """Every kernel is there, none spills, and a block of 256 threads fits on any device."""
    assert {(r["file"], r["kernel"], r["dtype"], r["arch"]) for r in rows} == WANTED
    assert len(rows) == len(WANTED)
    for row in rows:
        assert (row["spill_bytes"], row["stack_bytes"]) == (0, 0), row
        assert 0 < row["registers"] * 256 <= 65536, row
        assert row["shared_bytes"] <= 48 * 1024, row


def test_the_stored_table_is_of_these_kernels_and_none_spills():
    assert STORED["sources"] == cuda_kernels.sources(), "python -m tests.benchmarks.cuda_kernels"
    assert STORED["options"] == list(cuda_kernels.launching.OPTIONS)
    check(STORED["rows"])


@pytest.mark.slow  # every kernel is compiled six times, in 20 s
@nvrtc.needs_nvrtc
def test_every_kernel_compiles_for_every_architecture_without_a_spill():
    rows = list(cuda_kernels.rows())
    check(rows)
    if nvrtc.version() == STORED["versions"]["nvrtc"]:
        assert rows == STORED["rows"]


@nvrtc.needs_nvrtc
def test_a_kernel_that_does_not_compile_is_told_in_the_compilers_words():
    with pytest.raises(RuntimeError, match=r"sm_80.*identifier .no_such. is undefined"):
        nvrtc.compiled('extern "C" __global__ void f(int *x) { *x = no_such; }', (), "sm_80")


@nvrtc.needs_nvrtc
def test_a_kernel_that_spills_is_seen():
    lines = "".join(f"float a{i} = x[{i}*n];" for i in range(120))
    added = "+".join(f"a{i}*a{119 - i}" for i in range(120))
    body = f"{lines} for (int k = 0; k < n; k++) {{ __syncthreads(); "
    body += "".join(f"a{i} = x[(int)a{(i + 7) % 120}];" for i in range(120)) + "}"
    head = 'extern "C" __global__ void __launch_bounds__(1024) f(float *x, int n)'
    source = f"{head} {{ {body} x[0] = {added}; }}"
    (row,) = nvrtc.compiled(source, (), "sm_80")
    assert row["spill_bytes"] > 0
    with pytest.raises(AssertionError):
        check([row | {"file": "f.cu", "dtype": "float32"}])
