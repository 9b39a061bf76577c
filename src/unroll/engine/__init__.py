"""The process that owns the networks, and the line over which the terminal talks to it."""
