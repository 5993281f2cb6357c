"""Exercises judged outside the notebook that answers them.

Whoever marks a notebook runs a judge (``judging``): it makes the cases, sends each to the student's
function over a socket, and looks at what comes back.  In the notebook ``check`` only serves these
calls (``answering``).  What is sent is text, never a program (``encoding``).
"""
