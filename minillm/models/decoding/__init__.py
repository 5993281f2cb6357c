"""Writing with a GPT or an encoder-decoder: filters, choices, streams, beams, and caches."""

from minillm.models.decoding.beam import Hypothesis, beam_search, beam_searches, length_penalty
from minillm.models.decoding.choosing import composed, filtering, greedy, sampling
from minillm.models.decoding.filters import min_p, repetition_penalty, temperature, top_k, top_p
from minillm.models.decoding.generation import Text, Written, generate, stream_tokens
from minillm.models.decoding.lean import LeanReader
from minillm.models.decoding.prompts import aligned
from minillm.models.decoding.readers import CachedReader, Reader, RecomputingReader
from minillm.models.decoding.source_reader import SourceReader
from minillm.models.decoding.stopping import before_stop, stop_at, stream_text

__all__ = [
    "CachedReader",
    "Hypothesis",
    "LeanReader",
    "Reader",
    "RecomputingReader",
    "SourceReader",
    "Text",
    "Written",
    "aligned",
    "beam_search",
    "beam_searches",
    "before_stop",
    "composed",
    "filtering",
    "generate",
    "greedy",
    "length_penalty",
    "min_p",
    "repetition_penalty",
    "sampling",
    "stop_at",
    "stream_text",
    "stream_tokens",
    "temperature",
    "top_k",
    "top_p",
]
