"""The command line, one file per command; ``arguments.py`` lists them all."""
