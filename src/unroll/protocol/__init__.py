"""The messages between terminal and engine: one JSON object a line, every bound in a type."""
