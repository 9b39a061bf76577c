"""The terminal never loads torch: what a static contract cannot see (a deferred import, a re-export) shows here."""

import subprocess
import sys

LIGHT = """
import importlib, pkgutil, sys
import unroll.cli, unroll.permalink, unroll.client, unroll.protocol, unroll.tty, unroll.terminal
for package in (unroll.client, unroll.protocol, unroll.tty, unroll.terminal):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
print(*sorted({name.partition(".")[0] for name in sys.modules} & {"torch", "numpy", "safetensors"}))
"""
SMALLEST = (
    "import sys, unroll.client.client; print(*{'textual', 'plotext', 'rich', 'click', 'torch'} & set(sys.modules))"
)


def printed(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip()


def test_the_terminal_and_the_client_load_no_torch() -> None:
    assert printed(LIGHT) == ""


def test_the_client_loads_no_screen() -> None:
    assert printed(SMALLEST) == ""
