"""In a browser: JupyterLab's terminal in a headless Chromium, driven as a person would.

Runs where `pip install -e '.[dev,browser]'` was made and a Chromium is installed; it is skipped elsewhere.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pty_kit import TIMEOUT_S, UNROLL, wait_for

BROWSER = next((found for name in ("chromium", "google-chrome") if (found := shutil.which(name))), None)
pytest.importorskip("jupyterlab", reason="JupyterLab is not installed: pip install -e '.[dev,browser]'")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium")
ROWS = "() => [...document.querySelectorAll('.xterm-accessibility-tree > div')].map(row => row.textContent).join('\\n')"
"""What xterm.js tells a screen reader: with a screen reader in mind JupyterLab has every row as text."""
SETTINGS = "lab/user-settings/@jupyterlab/terminal-extension/plugin.jupyterlab-settings"
SIZE = {"width": 1200, "height": 800}


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    """The address of a JupyterLab of this test alone."""
    (tmp_path / SETTINGS).parent.mkdir(parents=True)
    (tmp_path / SETTINGS).write_text(json.dumps({"screenReaderMode": True}))
    places = dict.fromkeys(("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "HOME"), str(tmp_path))
    given = ["--no-browser", "--ip=127.0.0.1", "--port=0", "--IdentityProvider.token=t", "--allow-root"]
    given += ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *given, f"--ServerApp.root_dir={tmp_path}"],
        env={**os.environ, **places, "UNROLL_STATE_DIR": str(tmp_path / "state")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: list(tmp_path.glob("jpserver-*.json")))
        yield json.loads(next(tmp_path.glob("jpserver-*.json")).read_text())["url"] + "lab?token=t"
    finally:
        server.terminate()
        server.wait(TIMEOUT_S)


class Page:
    """A terminal in JupyterLab in which `unroll` was started."""

    def __init__(self, page: Any, address: str) -> None:
        self.page = page
        page.goto(address)
        page.locator(".jp-LauncherCard", has_text="Terminal").click(timeout=1000 * TIMEOUT_S)
        self.focus()
        page.keyboard.type(shlex.join(UNROLL) + "\n")

    def focus(self) -> None:
        """Click on the terminal, once it is there."""
        self.page.locator(".xterm-screen").click(timeout=1000 * TIMEOUT_S)

    def shows(self, *words: str) -> None:
        """Wait until all of these stand on the screen."""
        self.page.wait_for_function(
            f"(words) => {{ const text = ({ROWS})(); return words.every(word => text.includes(word)); }}",
            arg=list(words),
            timeout=1000 * TIMEOUT_S,
        )

    def press(self, key: str) -> None:
        """Press a key, as the browser names it."""
        self.page.keyboard.press(key)


def test_a_lesson_in_jupyterlab(lab: str) -> None:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        tab = Page(browser.new_page(viewport=SIZE), lab)
        tab.shows("epoch  0/25", "space train")
        tab.press("Space")
        tab.shows("epoch 25/25", "after 10 it expects 11")
        tab.press("ArrowLeft")
        tab.shows("step 3/4: after 9 it expects 10")
        tab.press("X")
        tab.shows("memory erased")
        tab.page.set_viewport_size({"width": 1400, "height": 900})
        tab.shows("memory erased", "Lens")
        tab.page.reload()
        tab.focus()
        tab.shows("epoch 25/25", "memory erased", "step 3/4: after 9 it expects 10")
        tab.press("u")
        tab.shows("nothing is done to the network")
        browser.close()
