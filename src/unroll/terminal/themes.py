"""The themes: one accent, calm surfaces, thin borders."""

from textual.theme import BUILTIN_THEMES, Theme

DARK = Theme(
    name="unroll-dark",
    primary="#f0a030",
    accent="#f0a030",
    secondary="#3b8eea",
    success="#7fb069",
    warning="#e0b040",
    error="#e5646e",
    foreground="#d8dce2",
    background="#12151a",
    surface="#12151a",
    panel="#1b2027",
    dark=True,
)
LIGHT = Theme(
    name="unroll-light",
    primary="#a85a00",
    accent="#a85a00",
    secondary="#1f5fae",
    success="#3d7a26",
    warning="#8a6500",
    error="#b3323d",
    foreground="#22262c",
    background="#fbfaf7",
    surface="#fbfaf7",
    panel="#efede7",
    dark=False,
)
ANSI = Theme(
    name="unroll-ansi",
    ansi=True,
    primary="ansi_yellow",
    accent="ansi_yellow",
    secondary="ansi_blue",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    dark=True,
    variables=BUILTIN_THEMES["ansi-dark"].variables,
)
"""The terminal's own sixteen colours."""
THEMES = (DARK, LIGHT, ANSI)
