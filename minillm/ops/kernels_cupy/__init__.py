"""Faster forms of rules in CUDA C, for arrays of CuPy; optional (``pip install cupy-cuda12x``).

Nobody needs to read them to understand the rules.  Each idea is a pair of files: ``softmax.cu``,
plain CUDA C with its formulas, and ``softmaxes.py``, which checks, makes room and launches.  They
are for float32 and float64, and refuse other dtypes.  What else is not plain goes to the rule.

Nothing looks at a value, so the host never waits.  Nothing is added up in an order that differs
from run to run: equal inputs give equal bits.  Blocks have 256 threads; a row that is worked on by
a block is read by its threads side by side.

They have been run on a processor, every one against its rule (``tests/cuda_on_host``), and
compiled for devices, but not yet run on one: so they are in force only at the level ``device``.
"""

from __future__ import annotations

from types import ModuleType

from minillm.backend.kernel_switch import Kernels
from minillm.ops.activations import gelu, gelu_tanh
from minillm.ops.attention import scaled_dot_product_attention
from minillm.ops.lookup import embedding
from minillm.ops.losses import cross_entropy
from minillm.ops.normalization import layer_norm, rms_norm
from minillm.ops.probabilities import log_softmax, softmax


def kernels() -> Kernels:
    """Each with the table of the op that it belongs to.

    Raises:
        ImportError: CuPy is not there.
    """
    return kernels_for(required_cupy())


def kernels_for(library: ModuleType) -> Kernels:
    """The same for a library that has what they use of CuPy."""
    from minillm.ops.kernels_cupy.attentions import attention_on_device
    from minillm.ops.kernels_cupy.cross_entropies import cross_entropy_on_device
    from minillm.ops.kernels_cupy.embeddings import embedding_on_device
    from minillm.ops.kernels_cupy.gelus import gelu_on_device, gelu_tanh_on_device
    from minillm.ops.kernels_cupy.normalizations import layer_norm_on_device, rms_norm_on_device
    from minillm.ops.kernels_cupy.softmaxes import log_softmax_on_device, softmax_on_device

    return [
        (softmax.kernels, library, softmax_on_device),
        (log_softmax.kernels, library, log_softmax_on_device),
        (layer_norm.kernels, library, layer_norm_on_device),
        (rms_norm.kernels, library, rms_norm_on_device),
        (gelu.kernels, library, gelu_on_device),
        (gelu_tanh.kernels, library, gelu_tanh_on_device),
        (cross_entropy.kernels, library, cross_entropy_on_device),
        (embedding.kernels, library, embedding_on_device),
        (scaled_dot_product_attention.kernels, library, attention_on_device),
    ]


def required_cupy() -> ModuleType:
    """CuPy, imported when its kernels are asked for.

    Raises:
        ImportError: it is not there.
    """
    try:
        import cupy
    except ImportError as error:
        raise ImportError(
            f'kernels "device" need CuPy: .venv/bin/pip install -e ".[cuda12x]" ({error})'
        ) from error
    return cupy
