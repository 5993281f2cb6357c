<<<<<<< HEAD
"""Experiments on the parts of a Transformer: positions, masks, heads, distance."""
=======
"""What the parts of a Transformer layer are for, by leaving them out."""
>>>>>>> l07
