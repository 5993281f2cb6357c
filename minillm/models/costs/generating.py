"""What writing word by word costs, with and without a cache of keys and values."""

from __future__ import annotations

from minillm.models.costs.flops import gpt_flops
from minillm.models.costs.shapes import block_shape, check_counts, check_length, require_config
from minillm.models.gpt_config import GptConfig


def kv_cache_bytes(config: GptConfig, batch: int, length: int, *, itemsize: int = 4) -> int:
    """The memory of keys and values of ``length`` positions in all blocks::

        2 L B S K G bytes_of_a_number        K G = D where no heads share keys

    Raises:
        ValueError, TypeError: as ``gpt_flops``.
    Source: Shazeer 2019, "Fast Transformer Decoding: One Write-Head is All You Need",
        arXiv:1911.02150, where G is 1.
    Guide: 8.2.1 (G53).
    """
    require_config("kv_cache_bytes", config, GptConfig)
    check_counts("kv_cache_bytes", batch=batch, length=length, itemsize=itemsize)
    check_length(config, length)
    return 2 * config.n_layers * batch * length * block_shape(config).keys * itemsize


def generation_flops(
    config: GptConfig, prompt: int, new: int, *, cached: bool = True, batch: int = 1
) -> list[int]:
    """The operations of each of ``new`` tokens behind a prompt of P tokens::

        with a cache      F(P), then F(1 token behind P), F(1 behind P + 1), ...
        without one       F(P), F(P + 1), F(P + 2), ...            F: ``gpt_flops``

    With a cache a token costs a little more than the one before, by attention alone; without, as
    much as all before it together.

    Raises:
        ValueError: no prompt, more positions than ``max_length``; as ``gpt_flops``.
    Guide: 8.2.1 (G53).
    """
    require_config("generation_flops", config, GptConfig)
    check_counts("generation_flops", least=1, prompt=prompt, batch=batch)
    check_counts("generation_flops", new=new)
    check_length(config, prompt + new)
    lengths = range(prompt, prompt + new)
    if not cached:
        return [gpt_flops(config, batch, length).total for length in lengths]
    later = [gpt_flops(config, batch, 1, before=length - 1).total for length in lengths[1:]]
    return [gpt_flops(config, batch, prompt).total, *later][:new]
