"""Studies of objectives that conflict."""
