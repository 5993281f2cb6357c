"""One table with a row for every op: samples, a naive reference, and what must be refused.

``python -m tests.ops.samples`` prints how many of each there are.
"""

from collections.abc import Iterator

from tests.ops import (
    arithmetic_samples,
    attention_samples,
    balance_samples,
    class_loss_samples,
    contraction_samples,
    function_samples,
    layer_samples,
    loss_samples,
    pooling_samples,
    reduction_samples,
    shaping_samples,
)
from tests.ops.table import Row, Sample

OPS: dict[str, Row] = {
    **arithmetic_samples.OPS,
    **function_samples.OPS,
    **reduction_samples.OPS,
    **layer_samples.OPS,
    **attention_samples.OPS,
    **contraction_samples.OPS,
    **shaping_samples.OPS,
    **loss_samples.OPS,
    **class_loss_samples.OPS,
    **pooling_samples.OPS,
    **balance_samples.OPS,
}


def cases() -> Iterator[tuple[str, int, Sample]]:
    """Every sample, with the name of its op and its place among the op's samples."""
    for name, row in OPS.items():
        for i, one in enumerate(row.samples):
            yield name, i, one


def count() -> dict[str, int]:
    """How many ops, samples, gradient checks and refused calls the table has."""
    samples = [one for _, _, one in cases()]
    return {
        "ops": len(OPS),
        "samples": len(samples),
        "gradient checks": sum(len(one.operands) for one in samples if one.smooth),
        "refused calls": sum(len(row.refused) for row in OPS.values()),
    }


if __name__ == "__main__":
    print(", ".join(f"{number} {what}" for what, number in count().items()))
