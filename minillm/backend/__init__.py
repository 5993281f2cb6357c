"""Arrays and their libraries, devices, random streams, the allocator, files."""

from minillm.backend.allocator import ALLOCATOR
from minillm.backend.array_files import load_arrays, read_safetensors, reading, save_arrays
from minillm.backend.arrays import (
    Array,
    array_module,
    is_array,
    on_host,
    quiet,
    scatter_add,
    to_numpy,
    where_or_0,
)
from minillm.backend.counts import least_count
from minillm.backend.cuda_probe import probe_cuda
from minillm.backend.devices import DEVICES, moved_like, require_device, to_device
from minillm.backend.dtypes import as_number, check_one_dtype, column_sums, wide_dtype, wide_sum
from minillm.backend.errors import CheckpointError, DeviceError, naming
from minillm.backend.files import write_atomically
from minillm.backend.ids import check_ids
from minillm.backend.kernel_switch import kernels, kernels_in_force, use_kernels
from minillm.backend.lengths import directions_and_lengths
from minillm.backend.randomness import check_rng, counted_words, stream
from minillm.backend.special import erf
from minillm.backend.weight_files import WeightFiles, open_weights
from minillm.backend.weight_writing import write_weights

__all__ = [
    "ALLOCATOR",
    "DEVICES",
    "Array",
    "CheckpointError",
    "DeviceError",
    "WeightFiles",
    "array_module",
    "as_number",
    "check_ids",
    "check_one_dtype",
    "check_rng",
    "column_sums",
    "counted_words",
    "directions_and_lengths",
    "erf",
    "is_array",
    "kernels",
    "kernels_in_force",
    "least_count",
    "load_arrays",
    "moved_like",
    "naming",
    "on_host",
    "open_weights",
    "probe_cuda",
    "quiet",
    "read_safetensors",
    "reading",
    "require_device",
    "save_arrays",
    "scatter_add",
    "stream",
    "to_device",
    "to_numpy",
    "use_kernels",
    "where_or_0",
    "wide_dtype",
    "wide_sum",
    "write_atomically",
    "write_weights",
]
