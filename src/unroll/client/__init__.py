"""The other end of an engine's line: starts one, here or by any command, and speaks with it. No Textual, no torch."""
