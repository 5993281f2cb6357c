"""Experiments on the parts of a Transformer: positions, masks, heads, distance."""
