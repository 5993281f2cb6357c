"""Language models from scratch in NumPy.

Read from the bottom up: ``backend``, ``autograd``, ``ops``, ``nn``, ``optim``, ``text``,
``models``, ``training``, ``tasks``, ``labs``, ``course``, ``commands``.  Each package imports only
those before it.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 (it runs from a clone, before it is installed)
    needed = "minillm needs Python 3.11 or newer; this is Python " + sys.version.split()[0]
    raise (SystemExit if sys.argv[:1] == ["-m"] else ImportError)(needed)

from minillm import launching

if launching.others_wait():  # first: the imports below may be what fails
    launching.watch_errors()

from minillm import autograd, backend, nn, ops, optim
from minillm.autograd import Parameter, Tensor, check_module, check_vjp, gradients_of, no_grad
from minillm.backend import (
    CheckpointError,
    DeviceError,
    kernels,
    kernels_in_force,
    stream,
    to_device,
    to_numpy,
    use_kernels,
)
from minillm.training import fit

__version__ = "0.1.0"

__all__ = [
    "CheckpointError",
    "DeviceError",
    "Parameter",
    "Tensor",
    "autograd",
    "backend",
    "check_module",
    "check_vjp",
    "fit",
    "gradients_of",
    "kernels",
    "kernels_in_force",
    "nn",
    "no_grad",
    "ops",
    "optim",
    "stream",
    "to_device",
    "to_numpy",
    "use_kernels",
]
