"""What goes to standard output besides tables."""

from __future__ import annotations

import click


def print_json(value: object) -> None:
    """One JSON value on a line."""
    import msgspec

    click.echo(msgspec.json.encode(value).decode())
