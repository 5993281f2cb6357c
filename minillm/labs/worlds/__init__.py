"""Data of which the truth is known: what a study of them finds can be held against it."""
