"""What the answers to the exercises must have: one file per lesson, imported when checked."""
