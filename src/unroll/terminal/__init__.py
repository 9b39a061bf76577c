"""The screen: Textual and plotext, never torch."""
