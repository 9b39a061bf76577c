"""A Textual output and input stage for thin lines."""
