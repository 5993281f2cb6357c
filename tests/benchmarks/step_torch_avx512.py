"""The step of PyTorch again, for a process in which MKL takes its best kernels."""

from tests.benchmarks.step_torch import prepared

__all__ = ["prepared"]
