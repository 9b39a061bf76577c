"""The commands, one file each: they parse, call and print. What is heavy is imported inside the command."""
