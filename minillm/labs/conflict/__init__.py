"""Objectives that pull against each other, and what is left of each."""
