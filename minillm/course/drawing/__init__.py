"""Small helpers that draw what lessons show: one idea a file, each on axes that it is given."""
