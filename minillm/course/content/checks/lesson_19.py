"""Exercises of lesson 19: operations of a block, floor and exponent of losses, bytes of a cache."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from minillm.autograd import no_grad
from minillm.course.content.checks.common import Function, close, shaped, told
from minillm.course.content.checks.floors_and_exponents import FLOORS_AND_EXPONENTS
from minillm.course.exercises import Exercise, Property
from minillm.models import Gpt, GptConfig
from minillm.nn.cache import KeyValueCache
from minillm.ops.flops import count_flops

FLOPS, BYTES = ("the operations", "运算量"), ("the bytes", "字节数")
DTYPES = ("float64", "float32", "float16", "int8")


def whole(name: tuple[str, str], found: object, wanted: int) -> None:
    """Refuse what is not this number, where it is small to the last digit."""
    told(
        not isinstance(found, bool | np.bool_),
        f"{name[0]}: a number is needed, got {found!r}",
        f"{name[1]}应当是一个数，得到的却是 {found!r}",
    )
    close(name, shaped(name, found, ()), np.array(float(wanted)), rtol=1e-12, atol=0.0)


def counted(batch: int, new: int, seen: int, config: GptConfig) -> int:
    """The operations of a block while it runs, behind ``seen - new`` positions in its cache."""
    model = Gpt(config, rng=np.random.default_rng(0)).eval()
    ids, caches = np.zeros((batch, seen), np.int64), [KeyValueCache()]
    with no_grad():
        if seen > new:
            model.hidden(ids[:, : seen - new], caches=caches)
        with count_flops() as flops:
            model.hidden(ids[:, seen - new :], caches=caches)
    return flops.forward


def same_as_counted(
    block_flops: Function, batch: int, new: int, cached: int, sizes: tuple[int, int, int], f: int
) -> None:
    """Run a block of these sizes, and count."""
    sharing, key_heads, head_width = sizes
    heads = sharing * key_heads
    width = heads * head_width
    config = GptConfig(
        2, width=width, n_layers=1, n_heads=heads, n_key_heads=key_heads, hidden=f,
        max_length=new + cached,
    )  # fmt: skip
    wanted = counted(batch, new, new + cached, config)
    whole(FLOPS, block_flops(batch, new, new + cached, width, heads, key_heads, f), wanted)


def of_a_whole_text(
    block_flops: Function, batch: int, new: int, heads: int, head_width: int, f: int
) -> None:
    """Nothing is in a cache, and each head has its own keys."""
    same_as_counted(block_flops, batch, new, 0, (1, heads, head_width), f)


def behind_a_cache(block_flops: Function, batch: int, new: int, cached: int, width: int) -> None:
    """The queries of the new positions are multiplied with the keys of all."""
    same_as_counted(block_flops, batch, new, cached, (1, 1, width), 2 * width)


def with_shared_keys(
    block_flops: Function, new: int, sharing: int, key_heads: int, head_width: int
) -> None:
    """Several heads of queries share a head of keys: its projections are smaller."""
    same_as_counted(block_flops, 2, new, 1, (sharing, key_heads, head_width), 3)


def of_a_large_one(block_flops: Function, thousands: int) -> None:
    """As wide as the largest, on as many texts as a step of theirs has: beyond 32 bits."""
    b, t, d, f = 1000 * thousands, 2048, 12_288, 49_152
    product = sum([4 * d * d, 2 * d * f, 2 * t * d])  # q, k, v, o; up and down; scores and values
    whole(FLOPS, block_flops(b, t, t, d, 96, 96, f), 2 * b * t * product)


def arrays(
    layers: int, batch: int, length: int, sizes: tuple[int, int, int], dtype: str
) -> tuple[int, int, int]:
    """The bytes of such arrays, made one by one; the width, and how many heads it has."""
    sharing, key_heads, head_width = sizes
    total = 0
    for _ in range(layers):
        for _ in ("keys", "values"):
            total += np.zeros((batch, key_heads, length, head_width), dtype).nbytes
    return total, sharing * key_heads * head_width, sharing * key_heads


def same_as_arrays(
    cache_bytes: Function, layers: int, batch: int, length: int, sizes: tuple[int, int, int],
    dtype: str,
) -> None:  # fmt: skip
    """Keys and values are made, and their bytes added up."""
    wanted, width, heads = arrays(layers, batch, length, sizes, dtype)
    whole(BYTES, cache_bytes(layers, batch, length, width, heads, sizes[1], dtype), wanted)


def of_one_head(cache_bytes: Function, layers: int, length: int, width: int) -> None:
    """One text, one head, float32."""
    same_as_arrays(cache_bytes, layers, 1, length, (1, 1, width), "float32")


def of_shared_keys(
    cache_bytes: Function, layers: int, batch: int, length: int, sharing: int, key_heads: int,
    head_width: int,
) -> None:  # fmt: skip
    """Heads of keys are kept, not those of queries."""
    same_as_arrays(cache_bytes, layers, batch, length, (sharing, key_heads, head_width), "float32")


def of_any_dtype(cache_bytes: Function, layers: int, batch: int, length: int, dtype: str) -> None:
    """A number may have one byte, or eight."""
    same_as_arrays(cache_bytes, layers, batch, length, (2, 1, 3), dtype)


def of_a_large_cache(cache_bytes: Function, thousands: int) -> None:
    """As a large model has it: beyond 32 bits."""
    wanted = 2 * 80 * 64 * 1000 * thousands * 8 * 128 * 2
    found = cache_bytes(80, 64, 1000 * thousands, 8192, 64, 8, "float16")
    whole(BYTES, found, wanted)


FEW = st.integers(1, 4)
CHECKS = {
    "19.1": Exercise(
        Property(
            "a whole text: as many as are counted in a block that runs",
            "读整段文本：等于运行一个块时数出来的",
            of_a_whole_text,
            {"batch": FEW, "new": FEW, "heads": FEW, "head_width": FEW, "f": st.integers(1, 20)},
        ),
        Property(
            "new positions behind a cache: their queries meet the keys of all that are seen",
            "前面有缓存：新位置的查询要与看得到的所有键相乘",
            behind_a_cache,
            {"batch": FEW, "new": FEW, "cached": st.integers(0, 5), "width": st.integers(1, 6)},
        ),
        Property(
            "heads that share keys: fewer numbers in two of the matrices, as many scores",
            "几个头共用键：有两个矩阵变小，分数的个数不变",
            with_shared_keys,
            {"new": FEW, "sharing": FEW, "key_heads": FEW, "head_width": FEW},
        ),
        Property("a block of the largest size", "最大的那种块", of_a_large_one, {"thousands": FEW}),
    ),
    "19.2": FLOORS_AND_EXPONENTS,
    "19.3": Exercise(
        Property(
            "one head: keys and values of every layer",
            "一个头：每一层的键和值",
            of_one_head,
            {"layers": FEW, "length": st.integers(1, 9), "width": st.integers(1, 6)},
        ),
        Property(
            "heads that share keys, and several texts",
            "几个头共用键，几段文本",
            of_shared_keys,
            {
                **dict.fromkeys(("layers", "batch", "sharing", "key_heads", "head_width"), FEW),
                "length": st.integers(0, 9),
            },
        ),
        Property(
            "bytes of a number: as its dtype has them",
            "一个数占几个字节，由 dtype 决定",
            of_any_dtype,
            {
                **dict.fromkeys(("layers", "batch"), FEW),
                "length": st.integers(1, 9),
                "dtype": st.sampled_from(DTYPES),
            },
        ),
        Property(
            "the cache of a large model: more bytes than 32 bits count",
            "大模型的缓存：字节数超出 32 位整数",
            of_a_large_cache,
            {"thousands": FEW},
        ),
    ),
}
