"""`python -m unroll` is `unroll`."""

import sys

if not sys.flags.safe_path:
    del sys.path[0]  # the current folder: a file in it must not stand in for a module

from unroll.cli import main

main()
