"""The driver between Textual and the terminal: Textual's own, in what this program needs otherwise."""

from __future__ import annotations

from textual.drivers.linux_driver import LinuxDriver

from unroll.terminal import splash


class Driver(LinuxDriver):
    """Takes the terminal over from the splash, whose frame stands until the first live one is painted over it."""

    def start_application_mode(self) -> None:
        """Start as ever; what is restored in the end is what the splash found."""
        super().start_application_mode()
        found = splash.take_over()
        if found is not None:
            self.attrs_before = found

    def write(self, data: str) -> None:
        """Write, but do not turn to the alternate screen where the splash already stands: that would blank it."""
        if not (data == splash.ENTER and splash.is_shown()):
            super().write(data)
