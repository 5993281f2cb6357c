"""What the course says: checks of its exercises, rows of its tables, words of its pages."""
