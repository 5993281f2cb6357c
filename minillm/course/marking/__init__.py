"""What students hand in: each notebook run from top to bottom, its exercises judged outside it.

``python -m minillm course mark NOTEBOOK...`` prints a row for each exercise.  Each notebook has a
process of its own (``worker``), which judges, and a kernel behind a fence (``fence``), which runs
the cells.  It goes on after a wrong answer, a cell that raises, hangs or kills the kernel, and a
file that is not a notebook.
"""
